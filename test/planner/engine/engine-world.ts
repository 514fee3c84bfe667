import type { PushTable } from '../../../src/cache/push/push-table.ts'
import { Lanes } from '../../../src/lanes/lanes.ts'
import { DEFAULT_LANES, type LanesOptions } from '../../../src/lanes/options.ts'
import { type Coverage, type CoverageRun, NO_COVERAGE, RAW_NEWEST } from '../../../src/model/coverage.ts'
import type {
  CatalogVersion,
  DatasetDefinition,
  MetricDefinition,
  RollupVersion,
} from '../../../src/model/definition.ts'
import { LanewayError } from '../../../src/model/errors.ts'
import { EVERYTHING } from '../../../src/model/filter.ts'
import type { LabelFrame, StateFrame } from '../../../src/model/frame.ts'
import { bucketEnd, bucketsOf, DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/model/granularity.ts'
import { floorTo, type Interval } from '../../../src/model/interval.ts'
import { measureKey, type StateMeasure } from '../../../src/model/measure.ts'
import type { WrittenState } from '../../../src/model/records.ts'
import { atBaseStep, encodeState } from '../../../src/model/written-state.ts'
import { createEngine, DEFAULT_QUERY_LIMITS, type Engine, type EngineParts } from '../../../src/planner/engine.ts'
import type { Scan, Source } from '../../../src/ports/source.ts'
import { PushSource } from '../../../src/sources/push/push-source.ts'
import { deliver, LATENESS_MS, minute, rolledUp, rollupOf, T0, tableOf } from '../../cache/push/push-fixture.ts'
import { foldRaw, type RawData, type RawSeries } from '../memory-raw.ts'

export const bytes: StateMeasure = {
  metric: 'bytes',
  type: 'COUNTER_INT64',
  unit: 'By',
  space: 'SUM',
  missing: 'absent',
}
export const lag: StateMeasure = { metric: 'lag', type: 'GAUGE_INT64', unit: '1', space: 'SUM', missing: 'zero' }

/** By minute and topic, sums of both metrics; partitions are folded. */
export const TOPIC_1M = rollupOf({ measures: [bytes, lag] })

function metricOf({ metric, type, unit, missing }: StateMeasure, labels: readonly string[]): MetricDefinition {
  const rest = { resources: [], exportable: true, lifecycle: 'GENERAL_AVAILABILITY', from: null } as const
  return {
    dataset: 'cloud',
    name: metric,
    type,
    unit,
    missing,
    description: '',
    labels,
    selfRegistered: false,
    ...rest,
  }
}

export const METRICS = [metricOf(bytes, ['cluster', 'topic']), metricOf(lag, ['cluster', 'partition', 'topic'])]

export function datasetOf(
  rollups: readonly RollupVersion[],
  changes: Partial<DatasetDefinition> = {},
): DatasetDefinition {
  return {
    name: 'cloud',
    stepMs: MINUTE_MS,
    latenessMs: LATENESS_MS,
    dedupeMs: HOUR_MS,
    retentionRawMs: 7 * DAY_MS,
    strict: false,
    match: null,
    resources: new Map(),
    labels: new Map(),
    metrics: new Map(METRICS.map((metric) => [metric.name, metric])),
    rollups: new Map(rollups.map((rollup) => [rollup.name, rollup])),
    ...changes,
  }
}

export const catalogWith = (...datasets: DatasetDefinition[]): CatalogVersion => ({
  version: 412,
  datasets: new Map(datasets.map((dataset) => [dataset.name, dataset])),
})

const LABELS = [
  { cluster: 'c1', topic: 'a' },
  { cluster: 'c1', topic: 'b' },
  { cluster: 'c2', topic: 'a' },
]

/** An hour and a half of three topics; topic c2/a is silent every third minute. All points arrive in their step. */
export function usualData(steps = 90): RawData {
  const metrics = METRICS.map(({ name, type, missing }) => ({ name, type, missing }))
  const series = metrics.flatMap((metric) =>
    LABELS.map((labels, i): RawSeries => {
      const isThere = (step: number) => i < 2 || step % 3 !== 0
      const values = Array.from({ length: steps }, (_, step) => (isThere(step) ? (i + 1) * 100 + step : undefined))
      const arrivedMs = Array.from({ length: steps }, (_, step) => minute(step) + 30_000)
      return { metric, labels: metric.name === 'lag' ? { ...labels, partition: '0' } : labels, values, arrivedMs }
    }),
  )
  return { start: T0, stepMs: MINUTE_MS, steps, series }
}

/** Enough for push to be cheaper wherever it covers. */
const ROWS_PER_MINUTE = 100

/** Raw points on the far side of the port: `asOf`, edge and failures are set by hand; a gate holds runs back. */
export class HandRaw implements Source {
  readonly id = 'duckdb'
  readonly scans: Scan[] = []
  data: RawData
  edge = T0 - DAY_MS
  asOf: () => number
  version = 0
  failure: LanewayError | null = null
  gate: Promise<void> = Promise.resolve()
  running = 0
  runningMost = 0

  constructor(data: RawData, asOf: () => number) {
    this.data = data
    this.asOf = asOf
  }

  coverage(_dataset: string, version: string): Coverage {
    if (version !== 'raw') return NO_COVERAGE
    const asOf = this.asOf()
    const watermark = Math.max(this.edge, floorTo(asOf - LATENESS_MS, MINUTE_MS))
    const run = (start: number, end: number, settled: boolean): CoverageRun => {
      const rows = (ROWS_PER_MINUTE * (Math.min(end, asOf) - start)) / MINUTE_MS
      return { interval: { start, end }, settled, dirty: false, raw: RAW_NEWEST, through: asOf, rows }
    }
    const runs = [run(this.edge, watermark, true), run(watermark, 8.64e15, false)]
    return { asOf, runs }
  }

  run(scan: Scan & { readonly kind: 'states' }, signal: AbortSignal): Promise<StateFrame>
  run(scan: Scan & { readonly kind: 'labels' }, signal: AbortSignal): Promise<LabelFrame>
  async run(scan: Scan, signal: AbortSignal): Promise<StateFrame | LabelFrame> {
    this.scans.push(scan)
    this.runningMost = Math.max(this.runningMost, ++this.running)
    try {
      await Promise.race([this.gate, gone(signal)])
    } finally {
      this.running--
    }
    if (this.failure) throw this.failure
    const rows = foldRaw(this.data, scan, this.asOf())
    const { measures, groupBy: labels } = scan
    return { kind: 'states', labels, measures, rows, rowsRead: rows.length, raw: this.version, asOf: this.asOf() }
  }
}

const gone = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

export const broken = (detail = 'duckdb could not answer'): LanewayError =>
  new LanewayError('SOURCE_FAILED', { detail })

export interface EngineWorld {
  readonly engine: Engine
  readonly raw: HandRaw
  readonly table: PushTable
  readonly lanes: Lanes
  readonly clock: { nowMs: number }
}

export interface WorldOptions {
  readonly data?: RawData
  readonly rollups?: readonly RollupVersion[]
  readonly lanes?: Partial<LanesOptions>
  readonly parts?: Partial<EngineParts>
  /** How far push and raw are behind the clock. */
  readonly pushLagMs?: number
  readonly rawLagMs?: number
}

/** A real push table, lanes and engine; raw by hand; now is 11:00:30. */
export function engineWorld(options: WorldOptions = {}): EngineWorld {
  const { data = usualData(), rollups = [TOPIC_1M], lanes, parts, pushLagMs = 0, rawLagMs = 0 } = options
  const clock = { nowMs: minute(60) + 30_000 }
  const now = () => clock.nowMs
  const table = tableOf(rollups)
  const raw = new HandRaw(data, () => now() - rawLagMs)
  const admission = new Lanes({ ...DEFAULT_LANES, ...lanes }, now)
  const catalog = catalogWith(datasetOf(rollups))
  const engine = createEngine({
    sources: [new PushSource({ table, appliedMs: () => now() - pushLagMs }), raw],
    places: [
      { source: 'push', serves: 'rollups' },
      { source: 'duckdb', serves: 'raw' },
    ],
    catalog: { current: () => catalog },
    lanes: admission,
    clock: now,
    limits: DEFAULT_QUERY_LIMITS,
    ...parts,
  })
  return { engine, raw, table, lanes: admission, clock }
}

export interface RollUp {
  readonly rollup?: RollupVersion
  /** Moment up to whose arrivals a window shows everything; settled unless said. */
  readonly through?: (window: Interval) => number
  readonly epoch?: number
  readonly raw?: number
}

/** Rolls windows up as a worker does, from what had arrived by `through`. */
export function rollUp(table: PushTable, data: RawData, interval: Interval, options: RollUp = {}): void {
  const { rollup = TOPIC_1M, epoch = 1, raw = 0 } = options
  const through = options.through ?? ((window: Interval) => window.end + rollup.latenessMs)
  for (const bucket of bucketsOf(rollup.grain, interval)) {
    const window = { start: bucket, end: bucketEnd(rollup.grain, bucket) }
    const rows = windowRows(data, rollup, window, through(window))
    deliver(table, rolledUp({ bucket, epoch, raw, through: through(window), rows }, rollup))
  }
}

function windowRows(data: RawData, rollup: RollupVersion, window: Interval, untilMs: number) {
  const measures = rollup.measures.map((measure) => ({ ...measure, time: 'EVERY' as const }))
  const shape = { granularity: rollup.grain, allStart: 0, groupBy: rollup.labels, filter: EVERYTHING, measures }
  return foldRaw(data, { intervals: [window], ...shape }, untilMs).map(({ group, states }) => {
    const written: Record<string, WrittenState> = {}
    for (const [i, state] of states.entries()) {
      if (state) written[measureKey(measures[i]!)] = encodeState(state, measures[i]!, atBaseStep(rollup))
    }
    return [group, written] as const
  })
}

export const never = new AbortController().signal
