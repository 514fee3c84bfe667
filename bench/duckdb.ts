/**
 * Speed of the embedded raw store, in a folder under the system's own, removed at the end.
 *
 * Method: 1,000 series (20 clusters × 50 topics) send one point a minute for HOURS hours, in order of time, in commits
 * of 1,000 points that each also change 1,000 stream readings of 20,000 streams, so that sweeps happen as in service.
 * Appends are timed from call to acknowledgement, one after the other; making the points is left out. Then each question
 * is asked READS times on one connection, over the hour in the middle: one cluster by topic, and all clusters, for a
 * counter (SUM) and for the same numbers read as a gauge (MAX of latest readings). Then the counter's question while
 * appends go on. Single run, no warm-up but the first read; figures differ by a tenth from run to run.
 * usage: node bench/duckdb.ts
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatasetDefinition } from '../src/model/definition.ts'
import { EVERYTHING, type Filter } from '../src/model/filter.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../src/model/granularity.ts'
import type { MeasureRef } from '../src/model/measure.ts'
import type { Point, StreamReading } from '../src/model/point.ts'
import { type DuckDbStore, openDuckDb } from '../src/sources/duckdb/open.ts'

const HOURS = 16
const CLUSTERS = 20
const TOPICS = 50
const STREAMS = 20_000
const READS = 30
const T0 = Date.UTC(2026, 10, 21, 10)
const MIDDLE = T0 + (HOURS / 2) * HOUR_MS
const METRIC = 'received_bytes'

const DATASET: DatasetDefinition = {
  name: 'cloud',
  stepMs: MINUTE_MS,
  latenessMs: 90_000,
  dedupeMs: HOUR_MS,
  retentionRawMs: 7 * DAY_MS,
  strict: false,
  match: null,
  resources: new Map(),
  labels: new Map(),
  metrics: new Map(),
  rollups: new Map(),
}

const SERIES = Array.from({ length: CLUSTERS * TOPICS }, (_, i) => ({
  'resource.kafka.id': `lkc-${Math.floor(i / TOPICS)}`,
  'metric.topic': `orders.topic-${i % TOPICS}`,
}))

const pointsOf = (step: number): Point[] =>
  SERIES.map((labels, i) => ({
    dataset: 'cloud',
    metric: METRIC,
    type: 'COUNTER_INT64',
    labels,
    stepMs: T0 + step * MINUTE_MS,
    readingMs: T0 + step * MINUTE_MS + i,
    value: (i * 7_919 + step * 104_729) % 1_000_003,
  }))

const readingsOf = (step: number): StreamReading[] =>
  SERIES.map((_, i) => ({
    hash: `t${String((step * SERIES.length + i) % STREAMS).padStart(34, 'x')}`,
    startNs: String(BigInt(T0) * 1_000_000n),
    timeNs: String(BigInt(T0 + step * MINUTE_MS) * 1_000_000n),
    value: step * i,
    seenMs: T0 + step * MINUTE_MS,
  }))

const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}
const spread = (values: readonly number[]): string =>
  `p50 ${percentile(values, 0.5).toFixed(1)} ms, p99 ${percentile(values, 0.99).toFixed(1)} ms`
const say = (what: string, figure: string): void => console.log(`${what.padEnd(66)} ${figure}`)

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

async function append(store: DuckDbStore, step: number): Promise<number> {
  const streams = { readings: readingsOf(step), identities: [] }
  const batch = { points: pointsOf(step), arrivedMs: T0 + step * MINUTE_MS }
  return await timed(() => store.writer.append(batch, streams, []))
}

interface Asked {
  readonly filter: Filter
  readonly groupBy: readonly string[]
  readonly measure: Pick<MeasureRef, 'type' | 'space' | 'time'>
}

async function ask(store: DuckDbStore, { filter, groupBy, measure }: Asked): Promise<number> {
  const scan = {
    kind: 'states' as const,
    dataset: 'cloud',
    version: 'raw' as const,
    rollup: null,
    intervals: [{ start: MIDDLE, end: MIDDLE + HOUR_MS }],
    granularity: 'PT1M' as const,
    allStart: MIDDLE,
    groupBy,
    pinned: {},
    filter,
    measures: [{ ...measure, metric: METRIC, unit: 'By', missing: 'absent' as const }],
  }
  return await timed(() => store.source.run(scan, new AbortController().signal))
}

async function askOften(store: DuckDbStore, asked: Asked): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < READS; i++) times.push(await ask(store, asked))
  return times
}

const ONE: Filter = { kind: 'eq', label: 'resource.kafka.id', value: 'lkc-3' }
const SUM = { type: 'COUNTER_INT64', space: 'SUM', time: 'SUM' } as const
const LATEST = { type: 'GAUGE_INT64', space: 'MAX', time: 'MAX' } as const

const folder = mkdtempSync(join(tmpdir(), 'laneway-bench-'))
const path = join(folder, 'raw.duckdb')
const options = {
  path,
  memoryBytesMax: 1024 ** 3,
  clock: () => T0 + HOURS * HOUR_MS,
  asOf: () => T0 + HOURS * HOUR_MS,
  catalog: { current: () => ({ version: 1, datasets: new Map([['cloud', DATASET]]) }) },
}
let store = await openDuckDb(options)
try {
  const times: number[] = []
  for (let step = 0; step < HOURS * 60; step++) times.push(await append(store, step))
  const total = times.reduce((sum, each) => sum + each, 0)
  const rate = Math.round((times.length * SERIES.length) / total)
  say(
    `append ${times.length} commits of 1,000 points and 1,000 readings`,
    `${rate} k points/s, a commit ${spread(times)}`,
  )
  const opened = await timed(async () => {
    await store.close()
    store = await openDuckDb(options)
  })
  const { points } = store.stats()
  const bytes = (statSync(path).size / points).toFixed(1)
  say(
    `close and open again with ${points} points`,
    `${opened.toFixed(0)} ms; ${bytes} bytes a point on disk, state included`,
  )
  for (const [name, filter, groupBy] of [
    ['one cluster by topic', ONE, ['metric.topic']],
    ['all clusters by cluster', EVERYTHING, ['resource.kafka.id']],
  ] as const) {
    say(`one hour of ${name}: counter`, spread(await askOften(store, { filter, groupBy, measure: SUM })))
    say(`one hour of ${name}: gauge`, spread(await askOften(store, { filter, groupBy, measure: LATEST })))
  }
  let step = HOURS * 60
  let isAsking = true
  const appending = (async () => {
    while (isAsking) await append(store, step++)
  })()
  const beside = await askOften(store, { filter: ONE, groupBy: ['metric.topic'], measure: SUM })
  isAsking = false
  await appending
  say('one hour of one cluster by topic, beside appends', spread(beside))
} finally {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
}
