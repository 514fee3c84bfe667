import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CatalogVersion, DatasetDefinition } from '../../../src/model/definition.ts'
import { EVERYTHING } from '../../../src/model/filter.ts'
import type { LabelFrame, StateFrame } from '../../../src/model/frame.ts'
import { HOUR_MS, MINUTE_MS } from '../../../src/model/granularity.ts'
import type { Interval } from '../../../src/model/interval.ts'
import type { LabelSet } from '../../../src/model/label.ts'
import { defaultTime, type MeasureRef, type MetricType } from '../../../src/model/measure.ts'
import type { Num } from '../../../src/model/number.ts'
import type { Point, PointIdentity, StepRef, StreamReading } from '../../../src/model/point.ts'
import type { CatalogView } from '../../../src/ports/catalog.ts'
import type { Scan } from '../../../src/ports/source.ts'
import { type DuckDbOptions, type DuckDbStore, openDuckDb } from '../../../src/sources/duckdb/open.ts'
import { datasetOf } from '../../ingest/otlp/memory-catalog.ts'

/** 2026-11-21T10:00:00Z, a Saturday. */
export const T0 = Date.UTC(2026, 10, 21, 10)
export const minute = (n: number): number => T0 + n * MINUTE_MS
export const minutes = (from: number, to: number): Interval => ({ start: minute(from), end: minute(to) })
export const NOW = minute(90)
export const MIB = 1024 * 1024
export const never = new AbortController().signal

export interface PointOptions {
  readonly dataset?: string
  readonly metric?: string
  readonly type?: MetricType
  readonly labels?: LabelSet
  /** Minutes after T0. */
  readonly at?: number
  /** Milliseconds after the step's start. */
  readonly readAfterMs?: number
}

export function point(value: Num, options: PointOptions = {}): Point {
  const { dataset = 'cloud', metric = 'bytes_in', type = 'COUNTER_INT64', labels = {}, at = 0 } = options
  const stepMs = minute(at)
  return { dataset, metric, type, labels, stepMs, readingMs: stepMs + (options.readAfterMs ?? 0), value }
}

export const reading = (hash: string, value: Num, over: Partial<StreamReading> = {}): StreamReading => ({
  hash,
  startNs: '1763719200000000000',
  timeNs: '1763719260000000000',
  value,
  seenMs: T0,
  ...over,
})

export const identity = (hash: string, over: Partial<PointIdentity> = {}): PointIdentity => ({
  hash,
  startNs: '',
  timeNs: '1763719260000000000',
  seenMs: T0,
  ...over,
})

export const measureOf = (over: Partial<MeasureRef> = {}): MeasureRef => {
  const { type = 'COUNTER_INT64' } = over
  return { metric: 'bytes_in', type, unit: 'By', space: 'SUM', missing: 'absent', time: defaultTime(type), ...over }
}

export const scanOf = <Kind extends Scan['kind']>(kind: Kind, over: Partial<Scan> = {}): Scan & { kind: Kind } => ({
  dataset: 'cloud',
  version: 'raw',
  rollup: null,
  intervals: [minutes(0, 60)],
  granularity: 'ALL',
  allStart: minute(0),
  groupBy: [],
  pinned: {},
  filter: EVERYTHING,
  measures: [measureOf()],
  ...over,
  kind,
})

/** A catalog whose datasets a test may change. */
export interface HandCatalog extends CatalogView {
  set(...datasets: readonly DatasetDefinition[]): void
}

export function handCatalog(...datasets: readonly DatasetDefinition[]): HandCatalog {
  let version: CatalogVersion = { version: 0, datasets: new Map() }
  const set = (...all: readonly DatasetDefinition[]) => {
    version = { version: version.version + 1, datasets: new Map(all.map((each) => [each.name, each])) }
  }
  set(...datasets)
  return { current: () => version, set }
}

/** An open store in a folder of its own; `now` may be moved. */
export interface StoreWorld {
  readonly path: string
  readonly catalog: HandCatalog
  now: number
  store: DuckDbStore
  append(points: readonly Point[], late?: readonly StepRef[]): Promise<number>
  states(over?: Partial<Scan>): Promise<StateFrame>
  labels(over?: Partial<Scan>): Promise<LabelFrame>
  /** Closes and opens the same file. */
  reopen(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export const optionsFor = (path: string, over: Partial<DuckDbOptions> = {}): DuckDbOptions => ({
  path,
  memoryBytesMax: 256 * MIB,
  clock: () => NOW,
  asOf: () => NOW,
  catalog: handCatalog(datasetOf('cloud')),
  ...over,
})

/** A folder under the system's own, gone with the scope. */
export function folderOf(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'laneway-duckdb-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export async function openWorld(over: Partial<DatasetDefinition> = {}): Promise<StoreWorld> {
  const folder = folderOf()
  const path = join(folder.path, 'raw.duckdb')
  const catalog = handCatalog(datasetOf('cloud', { retentionRawMs: 24 * HOUR_MS, ...over }))
  const options = optionsFor(path, { clock: () => world.now, asOf: () => world.now, catalog })
  const world: StoreWorld = {
    path,
    catalog,
    now: NOW,
    store: undefined as unknown as DuckDbStore,
    append: (points, late = []) =>
      world.store.writer.append({ points, arrivedMs: world.now }, { readings: [], identities: [] }, late),
    states: (scan) => world.store.source.run(scanOf('states', scan), never),
    labels: (scan) => world.store.source.run(scanOf('labels', scan), never),
    async reopen() {
      await world.store.close()
      world.store = await openDuckDb(options)
    },
    async [Symbol.asyncDispose]() {
      await world.store.close()
      folder[Symbol.dispose]()
    },
  }
  world.store = await openDuckDb(options)
  return world
}

/** `{a: 1}`: sums by the first group label. */
export const sumsIn = (frame: StateFrame): Record<string, unknown> =>
  Object.fromEntries(frame.rows.map((row) => [String(row.group[0]), row.states[0]?.sum]))
