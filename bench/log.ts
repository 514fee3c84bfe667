import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { PushTable } from '../src/cache/push/push-table.ts'
import { openPushApply } from '../src/ingest/apply.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../src/ingest/log/embedded/open.ts'
import type { CatalogVersion, RollupVersion } from '../src/model/definition.ts'
import { EVERYTHING } from '../src/model/filter.ts'
import { DAY_MS, MINUTE_MS } from '../src/model/granularity.ts'
import { partitionOf } from '../src/model/murmur2.ts'
import { type AggregateRecord, encodeRecord } from '../src/model/records.ts'
import type { LogRecord, LogSink } from '../src/ports/log.ts'

// Method: one process, a file under the system's temporary folder, wall clock; the worst pause is the longest time
// between two turns of the event loop while the work runs. Single runs: repeat before believing a difference.
const SERIES = 16_667
const WINDOWS = 12
const PARTITIONS = 4
const TOPIC = 'aggregates'
const T0 = Date.UTC(2026, 10, 21, 10)

const rollup: RollupVersion = {
  dataset: 'cloud',
  name: 'bench',
  id: 'cloud/bench',
  defHash: 'aaaaaaaaaaaaaaaa',
  labels: ['resource.kafka.id', 'metric.topic'],
  filter: EVERYTHING,
  grain: 'PT1M',
  stepMs: MINUTE_MS,
  latenessMs: 90_000,
  measures: [{ metric: 'received_bytes', type: 'COUNTER_INT64', unit: 'By', space: 'SUM', missing: 'absent' }],
  keep: { pushMs: DAY_MS, druidMs: null },
}

function recordOf(partition: number, record: AggregateRecord): LogRecord {
  const { key, value } = encodeRecord(record)
  return { topic: TOPIC, partition, key: Buffer.from(key), value: Buffer.from(value), timestampMs: T0 }
}

/** One roll-up of one window, as a worker writes it. */
function windowRecords(window: number, epoch: number): LogRecord[] {
  const head = { rollup: rollup.id, defHash: rollup.defHash, bucket: T0 + window * MINUTE_MS, epoch }
  const keys = new Array<number>(PARTITIONS).fill(0)
  const records = Array.from({ length: SERIES }, (_, series) => {
    const group = [`lkc-${series % 17}`, `orders.topic-${series}`]
    const partition = partitionOf(JSON.stringify(group), PARTITIONS)
    keys[partition]!++
    return recordOf(partition, {
      kind: 'aggregate',
      ...head,
      group,
      measures: { 'SUM:received_bytes': [series + epoch] },
    })
  })
  const seals = keys.map((count, partition) =>
    recordOf(partition, {
      kind: 'seal',
      ...head,
      partition,
      keys: count,
      of: PARTITIONS,
      raw: 1,
      through: T0 + DAY_MS,
    }),
  )
  return [...records, ...seals]
}

interface Timed {
  readonly ms: number
  readonly worstPauseMs: number
}

async function timed(work: () => Promise<unknown>): Promise<Timed> {
  let worstPauseMs = 0
  let isDone = false
  const watch = async () => {
    for (let last = performance.now(); !isDone; ) {
      await setImmediate()
      const now = performance.now()
      worstPauseMs = Math.max(worstPauseMs, now - last)
      last = now
    }
  }
  const watching = watch()
  const started = performance.now()
  await work()
  const ms = performance.now() - started
  isDone = true
  await watching
  return { ms, worstPauseMs }
}

function say(what: string, records: number, { ms, worstPauseMs }: Timed): void {
  const rate = `${Math.round(records / ms)} k records/s`
  console.log(
    `${what.padEnd(52)} ${rate.padStart(18)}   ${Math.round(ms)} ms, worst pause ${worstPauseMs.toFixed(1)} ms`,
  )
}

async function readAll(log: EmbeddedLog): Promise<number> {
  const { partitions } = await log.tail(TOPIC).describe()
  const positions = new Map<number, bigint>()
  const ended = new AbortController()
  let records = 0
  const sink: LogSink = {
    onRecords(partition, batch, next) {
      records += batch.length
      positions.set(partition, next)
      if (partitions.every(({ partition: each, end }) => positions.get(each) === end)) ended.abort()
    },
    onOutOfRange: () => ended.abort(),
    onTopicChanged: () => ended.abort(),
    onPartitionsAdded: () => undefined,
  }
  await log.tail(TOPIC).run(new Map(), sink, ended.signal)
  return records
}

async function measureAppends(log: EmbeddedLog): Promise<void> {
  const { writer } = log
  const small = windowRecords(0, 1)
  for (const [size, count] of [
    [1, 300],
    [10, 300],
    [100, 100],
  ] as const) {
    const time = await timed(async () => {
      for (let i = 0; i < count; i++) await writer.append(small.slice(i, i + size))
    })
    say(`appends of ${size}, one after the other`, size * count, time)
  }
}

async function measureRollUps(log: EmbeddedLog): Promise<number> {
  const { writer } = log
  let ms = 0
  let worstPauseMs = 0
  let records = 0
  for (let window = 0; window < WINDOWS; window++) {
    const batch = windowRecords(window, 2)
    const time = await timed(() => writer.append(batch))
    ms += time.ms
    worstPauseMs = Math.max(worstPauseMs, time.worstPauseMs)
    records += batch.length
  }
  say(`appends of one window each (${SERIES} groups)`, records, { ms, worstPauseMs })
  return records
}

function openApply(log: EmbeddedLog, folder: string) {
  const catalog: CatalogVersion = {
    version: 1,
    datasets: new Map([['cloud', { rollups: new Map([['bench', rollup]]) } as never]]),
  }
  return openPushApply({
    table: new PushTable({ bytesMax: 1024 ** 3 }),
    tail: log.tail(TOPIC),
    catalog: { current: () => catalog },
    snapshotPath: join(folder, 'push.snapshot'),
    clock: () => T0 + 3_600_000,
    snapshotPeriodMs: DAY_MS,
    bootstrapMsMax: DAY_MS,
  })
}

async function measureApply(log: EmbeddedLog, folder: string, records: number): Promise<void> {
  const first = openApply(log, folder)
  const fromLog = await timed(async () => {
    first.start(new AbortController().signal)
    await first.bootstrapped
  })
  say('push table read from the log', records, fromLog)
  say('snapshot written', records, await timed(() => first.snapshot()))
  if (first.stats().snapshotFailures > 0) console.log(first.health.status().detail)
  await first.close()
  const second = openApply(log, folder)
  const fromSnapshot = await timed(async () => {
    second.start(new AbortController().signal)
    await second.bootstrapped
  })
  say('push table restored from the snapshot', records, fromSnapshot)
  await second.close()
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'laneway-bench-'))
  const path = join(folder, 'log.sqlite')
  const topics = [
    { name: TOPIC, partitions: PARTITIONS, cleanup: 'compact,delete', retentionMs: 10_000 * DAY_MS },
  ] as const
  const log = openEmbeddedLog({ path, clock: Date.now, topics })
  try {
    await measureAppends(log)
    const records = await measureRollUps(log)
    say('read by a tail', records, await timed(() => readAll(log)))
    await measureApply(log, folder, records)
    say('compacted, every key new', records, await timed(() => log.maintain(T0)))
    const again = await measureRollUps(log)
    say('compacted, every key replaced', again, await timed(() => log.maintain(T0)))
    console.log(`${'file'.padEnd(52)} ${Math.round(statSync(path).size / 1024 ** 2)} MiB`)
  } finally {
    await log.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

await main()
