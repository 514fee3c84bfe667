/**
 * The push table by itself: memory, records per second, reads, snapshot. Method: one process, records made up as workers
 * write them (SERIES series, WINDOWS windows, PARTITIONS partitions), making them left out of every time. Memory is what
 * heap and array buffers grow by, after collections on both sides. P6 fills TABLES tables, and as many Maps that hold the
 * same numbers (a key text a bucket, an array of five states), one after the other, each dropped before the next.
 * usage: node bench/push-table.ts [p6]
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { PushTable } from '../src/cache/push/push-table.ts'
import type { RollupVersion } from '../src/model/definition.ts'
import { EVERYTHING } from '../src/model/filter.ts'
import { DAY_MS, fixedMs, type Grain, type Granularity, HOUR_MS } from '../src/model/granularity.ts'
import { type AggregateRecord, decodeRecord, encodeRecord, type WrittenRecord } from '../src/model/records.ts'
import { line, ratiosOf } from './figures.ts'

const SERIES = 16_667
const WINDOWS = 60
const PARTITIONS = 4
const TOPICS_PER_CLUSTER = 1000
const READS = 300
const TABLES = 3
const T0 = Date.UTC(2026, 10, 21, 10)

const rollupOf = (grain: Grain): RollupVersion => ({
  dataset: 'cloud',
  name: 'bench',
  id: 'cloud/bench',
  defHash: `bench-${grain}`,
  labels: ['resource.kafka.id', 'metric.topic'],
  filter: EVERYTHING,
  grain,
  stepMs: 60_000,
  latenessMs: 90_000,
  measures: [{ metric: 'received_bytes', type: 'COUNTER_INT64', unit: 'By', space: 'SUM', missing: 'absent' }],
  keep: { pushMs: DAY_MS, druidMs: null },
})

const clusterOf = (series: number): string => `lkc-${Math.floor(series / TOPICS_PER_CLUSTER)}`

/** All records of one window at one epoch, as a worker writes them: partition by partition, seal last. */
function* windowRecords(rollup: RollupVersion, window: number, epoch: number): Generator<[number, AggregateRecord]> {
  const width = fixedMs(rollup.grain)!
  const bucket = T0 + window * width
  const head = { rollup: rollup.id, defHash: rollup.defHash, bucket, epoch }
  for (let partition = 0; partition < PARTITIONS; partition++) {
    let keys = 0
    for (let series = partition; series < SERIES; series += PARTITIONS, keys++) {
      const x = series * 31 + window * 7 + epoch
      const state = width === rollup.stepMs ? [x] : [x * 5, 5, x - 2, x + 2, bucket + 240_000, x + 1]
      const group = [clusterOf(series), `orders.topic-${series}`]
      yield [partition, { kind: 'aggregate', ...head, group, measures: { 'SUM:received_bytes': state } }]
    }
    yield [partition, { kind: 'seal', ...head, partition, keys, of: PARTITIONS, raw: 1, through: bucket + HOUR_MS }]
  }
}

function collectGarbage(): number {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let i = 0; i < 4; i++) gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Fills a table and returns how many records it took per second, encoding and garbage of the bench left out. */
function fill(table: PushTable, rollup: RollupVersion, epoch: number): number {
  let records = 0
  let ms = 0
  for (let window = 0; window < WINDOWS; window++) {
    const batch = [...windowRecords(rollup, window, epoch)]
    const started = performance.now()
    for (const [partition, record] of batch) table.apply(partition, record)
    ms += performance.now() - started
    records += batch.length
  }
  return (records / ms) * 1000
}

/** Same from the JSON text of the topic. */
function fillFromText(table: PushTable, rollup: RollupVersion, epoch: number): number {
  let records = 0
  let ms = 0
  for (let window = 0; window < WINDOWS; window++) {
    const batch = [...windowRecords(rollup, window, epoch)].map(([partition, record]): [number, WrittenRecord] => [
      partition,
      encodeRecord(record),
    ])
    const started = performance.now()
    for (const [partition, { key, value }] of batch) table.apply(partition, decodeRecord(key, value))
    ms += performance.now() - started
    records += batch.length
  }
  return (records / ms) * 1000
}

function tableOf(rollup: RollupVersion): PushTable {
  const table = new PushTable({ bytesMax: 1024 ** 3 })
  table.define([rollup])
  return table
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!

/** One hour of minutes of one cluster, by topic, out of 17 clusters. */
function timeReads(table: PushTable, rollup: RollupVersion, granularity: Granularity): { line: string; rows: number } {
  const request = {
    defHash: rollup.defHash,
    intervals: [{ start: T0, end: T0 + HOUR_MS }],
    granularity,
    allStart: T0,
    groupBy: ['metric.topic'],
    pinned: {},
    filter: { kind: 'eq', label: 'resource.kafka.id', value: 'lkc-3' } as const,
    measures: [{ ...rollup.measures[0]!, time: 'SUM' as const }],
  }
  const times: number[] = []
  let rows = 0
  for (let i = 0; i < READS; i++) {
    const started = performance.now()
    rows = table.read(request, T0 + DAY_MS).rows.length
    times.push(performance.now() - started)
  }
  times.sort((a, b) => a - b)
  return { line: `p50 ${percentile(times, 0.5).toFixed(2)} ms, p99 ${percentile(times, 0.99).toFixed(2)} ms`, rows }
}

const say = (what: string, figure: string): void => console.log(`${what.padEnd(58)} ${figure}`)
const perSecond = (records: number): string => `${Math.round(records / 1000)} k records/s`

/** Bytes per bucket of what `make` makes and holds. */
function bytesPerBucket(make: () => { readonly rows: number; readonly held: unknown }): number {
  const before = collectGarbage()
  const made = make()
  const bytes = collectGarbage() - before
  return made.held === null ? Number.NaN : bytes / made.rows
}

function filledTable(rollup: RollupVersion) {
  const table = tableOf(rollup)
  fill(table, rollup, 1)
  return { rows: table.stats().rows, held: table }
}

/** The same numbers as a program would keep them that does not think about it. */
function filledMap(rollup: RollupVersion) {
  const map = new Map<string, number[]>()
  for (let window = 0; window < WINDOWS; window++) {
    for (const [, record] of windowRecords(rollup, window, 1)) {
      if (record.kind !== 'aggregate') continue
      map.set(`${record.bucket}|${record.group.join('|')}`, record.measures['SUM:received_bytes'] as number[])
    }
  }
  return { rows: map.size, held: map }
}

function measureMemory(): void {
  const rollup = rollupOf('PT5M')
  const [table, map]: [number[], number[]] = [[], []]
  for (let i = 0; i < TABLES; i++) {
    table.push(bytesPerBucket(() => filledTable(rollup)))
    map.push(bytesPerBucket(() => filledMap(rollup)))
  }
  console.log(
    line({
      figure: 'P6 memory of a stored bucket of five states, index included',
      unit: 'bytes',
      ours: { name: 'push table', samples: table },
      theirs: { name: 'Map of arrays', samples: map },
      ratios: ratiosOf(table, map),
      rows: `${SERIES * WINDOWS} buckets of ${SERIES} series`,
      want: '≤ 64 bytes',
    }),
  )
}

function measureStates(): void {
  const rollup = rollupOf('PT5M')
  const table = tableOf(rollup)
  const rate = fill(table, rollup, 1)
  const { rows, bytes: counted } = table.stats()
  say('five states: memory per series-bucket as the table counts it', `${(counted / rows).toFixed(1)} bytes`)
  say('five states: decoded records applied, first epoch', perSecond(rate))
  say('five states: decoded records applied, second epoch', perSecond(fill(table, rollup, 2)))
  say('five states: JSON records decoded and applied', perSecond(fillFromText(table, rollup, 3)))
  const started = performance.now()
  const snapshot = table.snapshot()
  const written = performance.now()
  tableOf(rollup).restore(snapshot)
  say(
    `P5 snapshot of ${rows} aggregates, ${Math.round(snapshot.length / 1024 ** 2)} MiB`,
    `written in ${Math.round(written - started)} ms, restored in ${Math.round(performance.now() - written)} ms`,
  )
}

function measureSteps(): void {
  const rollup = rollupOf('PT1M')
  const before = collectGarbage()
  const table = tableOf(rollup)
  fill(table, rollup, 1)
  const bytes = collectGarbage() - before
  const { rows } = table.stats()
  say('base step: memory per series-bucket, index included', `${(bytes / rows).toFixed(1)} bytes`)
  for (const granularity of ['PT1M', 'ALL'] as const) {
    const { line, rows: answered } = timeReads(table, rollup, granularity)
    say(`read 1 h of minutes × 1,000 topics by ${granularity} (${answered} rows)`, line)
  }
}

measureMemory()
if (process.argv[2] !== 'p6') {
  measureStates()
  measureSteps()
}
