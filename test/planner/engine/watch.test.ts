import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LanewayError } from '../../../src/model/errors.ts'
import { type Scope, UNSCOPED } from '../../../src/model/scope.ts'
import {
  completenessOf,
  DEFAULT_WATCH_LIMITS,
  type QueryRequest,
  type Watched,
  type WatchLimits,
  type WatchOptions,
} from '../../../src/planner/engine.ts'
import type { WindowChange } from '../../../src/ports/changes.ts'
import { minute, minutes, rollupOf } from '../../cache/push/push-fixture.ts'
import type { RawData } from '../memory-raw.ts'
import { broken, bytes, type EngineWorld, engineWorld, rollUp, TOPIC_1M, usualData } from './engine-world.ts'
import { HandTimers } from './hand-timers.ts'

const PERIOD_MS = DEFAULT_WATCH_LIMITS.periodMsMin
const TAIL_MS = DEFAULT_WATCH_LIMITS.tailPeriodMs

const HOUR = '2026-11-21T10:00:00Z/PT1H'

const question = (changes: Partial<QueryRequest> = {}): QueryRequest => ({
  dataset: 'cloud',
  aggregations: [{ metric: 'bytes' }],
  groupBy: ['topic'],
  granularity: 'PT5M',
  intervals: [HOUR],
  ...changes,
})

interface WatchWorld extends EngineWorld {
  readonly timers: HandTimers
  /** Askings that reached the engine, whoever is told. */
  readonly asked: { count: number }
  readonly listeners: { count: number }
  watch(changes?: Partial<QueryRequest>, options?: Partial<WatchOptions>): Reading
}

/** What one reader was told, and how it ended. */
interface Reading {
  readonly told: Watched[]
  readonly revisions: number[]
  /** `no`, `done` or what was thrown. */
  end: unknown
  leave(): Promise<unknown>
}

/** The hour is rolled up and settled: now is 11:03. */
async function settledWorld(limits: Partial<WatchLimits> = {}, rollups = [TOPIC_1M]): Promise<WatchWorld> {
  const data = usualData()
  const timers = new HandTimers()
  const asked = { count: 0 }
  const listeners = { count: 0 }
  const changes = {
    subscribe(listener: (change: WindowChange) => void) {
      listeners.count++
      const leave = world.table.subscribe(listener)
      return () => {
        listeners.count--
        leave()
      }
    },
  }
  const stopwatch = () => timers.nowMs
  const watch = { ...DEFAULT_WATCH_LIMITS, ...limits }
  const world = engineWorld({ data, rollups, parts: { changes, timers, stopwatch, watch } })
  world.clock.nowMs = minute(63)
  rollUp(world.table, data, minutes(0, 60))
  countAskings(world, asked)
  return { ...world, timers, asked, listeners, watch: (over, options) => read(world, over, options) }
}

/** Every asking of the hour looks into the push table once. */
function countAskings({ table }: EngineWorld, asked: { count: number }): void {
  const begin = table.begin.bind(table)
  table.begin = (request, nowMs) => {
    asked.count++
    return begin(request, nowMs)
  }
}

function read({ engine }: EngineWorld, changes: Partial<QueryRequest> = {}, options: Partial<WatchOptions> = {}) {
  const left = new AbortController()
  const { signal = left.signal } = options
  const iterator = engine.watch(question(changes), { scope: UNSCOPED, ...options, signal })[Symbol.asyncIterator]()
  const told: Watched[] = []
  const reading: Reading = {
    told,
    get revisions() {
      return told.map(({ revision }) => revision)
    },
    end: 'no',
    leave: async () => iterator.return!(),
  }
  void follow(iterator, reading)
  return reading
}

async function follow(iterator: AsyncIterator<Watched>, reading: Reading): Promise<void> {
  try {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) reading.told.push(next.value)
    reading.end = 'done'
  } catch (error) {
    reading.end = error
  }
}

const codeOf = ({ end }: Reading): string => (end instanceof LanewayError ? end.code : String(end))

const totalOf = ({ answer }: Watched): number =>
  answer.frame.series.flatMap(({ points }) => points).reduce((sum, { values }) => sum + Number(values[0]), 0)

function addTo({ series }: RawData, step: number, more: number): void {
  const values = series[0]!.values as (number | undefined)[]
  values[step] = Number(values[step]) + more
}

/** A late point of `more` in one minute of topic a; the window is rolled up again. */
function correct({ table, raw }: EngineWorld, step: number, more: number, epoch: number): void {
  addTo(raw.data, step, more)
  rollUp(table, raw.data, minutes(step, step + 1), { epoch, raw: epoch })
}

test('the first answer comes at once and a corrected window a period later, each once', async () => {
  const world = await settledWorld()
  const reading = world.watch()
  await world.timers.pass(0)
  assert.deepEqual(reading.revisions, [1])
  assert.equal(reading.told[0]!.answer.freshness.state, 'complete')
  await world.timers.pass(PERIOD_MS / 2)
  correct(world, 7, 1000, 2)
  await world.timers.pass(PERIOD_MS / 2 - 1)
  assert.deepEqual(reading.revisions, [1], 'a period is not over')
  await world.timers.pass(1)
  assert.deepEqual(reading.revisions, [1, 2])
  assert.equal(totalOf(reading.told[1]!) - totalOf(reading.told[0]!), 1000)
  await world.timers.pass(TAIL_MS * 3)
  assert.deepEqual(reading.revisions, [1, 2])
})

test('what is settled and in memory is looked at again only when push tells of it', async () => {
  const world = await settledWorld()
  world.watch()
  await world.timers.pass(0)
  await world.timers.pass(86_400_000)
  assert.equal(world.asked.count, 1)
  assert.equal(world.timers.running, 0)
})

test('many changes together cost one asking a period', async () => {
  const world = await settledWorld()
  const reading = world.watch()
  await world.timers.pass(PERIOD_MS)
  for (let step = 0; step < 60; step++) correct(world, step, 1, 2)
  await world.timers.pass(PERIOD_MS * 5)
  assert.equal(world.asked.count, 2)
  assert.equal(totalOf(reading.told[1]!) - totalOf(reading.told[0]!), 60)
})

test('what changes while a question is being asked has it asked again', async () => {
  const world = await settledWorld()
  const gate = Promise.withResolvers<void>()
  world.raw.gate = gate.promise
  world.watch({ use: ['duckdb'] })
  await world.timers.pass(0)
  correct(world, 7, 1, 2)
  gate.resolve()
  await world.timers.pass(PERIOD_MS)
  assert.equal(world.raw.scans.length, 2)
})

test('windows outside of what was asked do not ask again', async () => {
  const world = await settledWorld()
  world.watch({ intervals: ['2026-11-21T10:00:00Z/PT30M'] })
  await world.timers.pass(PERIOD_MS)
  correct(world, 30, 5, 2)
  await world.timers.pass(PERIOD_MS * 5)
  assert.equal(world.asked.count, 1)
})

test('windows of a rollup that has none of the metrics do not ask again', async () => {
  const bytesOnly = rollupOf({ name: 'bytes_1m', id: 'cloud/bytes_1m', defHash: 'b'.repeat(16), measures: [bytes] })
  const world = await settledWorld({}, [TOPIC_1M, bytesOnly])
  world.watch({ use: ['duckdb'], aggregations: [{ metric: 'lag' }] })
  await world.timers.pass(PERIOD_MS)
  const scans = world.raw.scans.length
  rollUp(world.table, world.raw.data, minutes(0, 1), { epoch: 2, rollup: bytesOnly })
  await world.timers.pass(PERIOD_MS * 2)
  assert.equal(world.raw.scans.length, scans)
  correct(world, 3, 1, 3)
  await world.timers.pass(PERIOD_MS * 2)
  assert.equal(world.raw.scans.length, scans + 1)
})

test('a window that was rolled up again with the same content is not told', async () => {
  const world = await settledWorld()
  const reading = world.watch()
  await world.timers.pass(PERIOD_MS)
  correct(world, 3, 0, 2)
  await world.timers.pass(PERIOD_MS * 2)
  assert.equal(world.asked.count, 2)
  assert.deepEqual(reading.revisions, [1])
})

test('equal questions of equal rights are one asking, however they are spelled and whoever joins when', async () => {
  const world = await settledWorld()
  const [a, b] = ['a', 'b'].map((value) => ({ kind: 'eq', label: 'topic', value }) as const)
  const one = world.watch({ filter: { kind: 'or', filters: [a!, b!] } })
  await world.timers.pass(PERIOD_MS * 3)
  const other = world.watch({ filter: { kind: 'or', filters: [b!, a!] } })
  await world.timers.pass(0)
  assert.equal(world.asked.count, 2, 'a reader who joins has the newest looked for')
  correct(world, 7, 1, 2)
  await world.timers.pass(PERIOD_MS)
  assert.equal(world.asked.count, 3)
  assert.deepEqual(
    [one.revisions, other.revisions],
    [
      [1, 2],
      [1, 2],
    ],
  )
})

test('different rights, paces and lanes are different askings', async () => {
  const world = await settledWorld()
  const other: Scope = { tenant: 'b', datasets: null, constraints: [{ label: 'topic', values: ['a'] }] }
  const readings = [world.watch(), world.watch({}, { scope: other }), world.watch({}, { periodMs: 5_000 })]
  readings.push(world.watch({}, { lane: 'slow' }))
  await world.timers.pass(0)
  assert.equal(world.asked.count, 4)
  assert.deepEqual(
    readings.map(({ told }) => told[0]!.answer.frame.series.length),
    [2, 1, 2, 2],
  )
})

test('a slow reader gets the newest answer and nothing queues up for it', async () => {
  const world = await settledWorld()
  const { signal } = new AbortController()
  const slow = world.engine.watch(question(), { scope: UNSCOPED, signal })[Symbol.asyncIterator]()
  const fast = world.watch()
  await world.timers.pass(0)
  for (let epoch = 2; epoch <= 6; epoch++) {
    correct(world, 7, 1, epoch)
    await world.timers.pass(PERIOD_MS)
  }
  assert.deepEqual(fast.revisions, [1, 2, 3, 4, 5, 6])
  const { value } = (await slow.next()) as { value: Watched }
  assert.equal(value.revision, 6)
  let more = false
  void slow.next().then((next: IteratorResult<Watched>) => (more = next.done !== true))
  await world.timers.pass(PERIOD_MS)
  assert.equal(more, false)
  await slow.return!()
})

test('raw data that changes unseen is looked at every tail period', async () => {
  const world = await settledWorld()
  const reading = world.watch({ use: ['duckdb'] })
  await world.timers.pass(0)
  addTo(world.raw.data, 7, 5)
  await world.timers.pass(TAIL_MS - 1)
  assert.deepEqual(reading.revisions, [1])
  await world.timers.pass(1)
  assert.deepEqual(reading.revisions, [1, 2])
})

test('a bucket that becomes complete with time alone is told', async () => {
  const world = await settledWorld()
  world.clock.nowMs = minute(60) + 30_000
  const reading = world.watch({ intervals: ['2026-11-21T10:00:00Z/PT1H'] })
  await world.timers.pass(TAIL_MS * 3)
  assert.deepEqual(reading.revisions, [1])
  assert.equal(reading.told[0]!.answer.freshness.state, 'provisional')
  world.clock.nowMs = minute(62)
  await world.timers.pass(TAIL_MS)
  assert.deepEqual(reading.revisions, [1, 2])
  assert.equal(totalOf(reading.told[1]!), totalOf(reading.told[0]!))
  assert.equal(reading.told[1]!.answer.freshness.state, 'complete')
})

test('so is a bucket in the middle, while later ones stay open', async () => {
  const world = await settledWorld()
  world.clock.nowMs = minute(91)
  const reading = world.watch({ intervals: ['2026-11-21T11:25:00Z/PT20M'], use: ['duckdb'] })
  await world.timers.pass(TAIL_MS * 2)
  world.clock.nowMs = minute(92)
  await world.timers.pass(TAIL_MS)
  const states = reading.told.map(({ answer }) => answer.freshness.state)
  assert.deepEqual(states, ['provisional', 'provisional'])
  assert.deepEqual(
    reading.told.map(({ answer }) => completenessOf(answer)(minute(85))),
    [false, true],
  )
})

test('now moves on: a question about the last minutes slides when a step is over', async () => {
  const world = await settledWorld({ tailPeriodMs: 3_600_000 })
  world.clock.nowMs = minute(60) + 30_000
  const reading = world.watch({ intervals: ['PT5M/now'], granularity: 'PT1M' })
  await world.timers.pass(0)
  world.clock.nowMs = minute(61) + 1
  await world.timers.pass(30_000)
  assert.deepEqual(reading.revisions, [1])
  await world.timers.pass(1)
  assert.deepEqual(reading.revisions, [1, 2])
  const firsts = reading.told.map(({ answer }) => answer.frame.series[0]!.points[0]!.timestamp)
  assert.deepEqual(firsts, [minute(56), minute(57)])
})

test('a question that takes long is asked less often than its tail changes, within bounds', async () => {
  for (const [tookMs, pauseMs] of [
    [500, TAIL_MS],
    [4_000, 36_000],
    [60_000, 6 * TAIL_MS],
  ] as const) {
    const world = await settledWorld()
    const gate = Promise.withResolvers<void>()
    world.raw.gate = gate.promise
    world.watch({ use: ['duckdb'] })
    await world.timers.pass(tookMs)
    gate.resolve()
    await world.timers.pass(pauseMs - 1)
    assert.equal(world.raw.scans.length, 1)
    await world.timers.pass(1)
    assert.equal(world.raw.scans.length, 2, `${tookMs}`)
  }
})

test('a question that is refused ends with the error, and is no longer held', async () => {
  const world = await settledWorld()
  const unknown = world.watch({ aggregations: [{ metric: 'nothing' }] })
  const unserved = world.watch({
    use: ['cloud/topic_1m'],
    granularity: 'ALL',
    intervals: ['2026-11-01T00:00:00Z/PT1H'],
  })
  await world.timers.pass(0)
  assert.match(String(unknown.end), /nothing/)
  assert.equal(codeOf(unserved), 'EDGE_UNAVAILABLE')
  assert.deepEqual([world.timers.running, world.listeners.count], [0, 0])
})

test('what may pass is tried again, later each time, before readers are told', async () => {
  const world = await settledWorld()
  const reading = world.watch({ use: ['duckdb'] })
  await world.timers.pass(0)
  world.raw.failure = broken()
  await world.timers.pass(TAIL_MS)
  assert.equal(reading.end, 'no')
  world.raw.failure = null
  await world.timers.pass(PERIOD_MS * 2)
  await world.timers.pass(TAIL_MS)
  assert.equal(reading.end, 'no', 'it recovered')
  world.raw.failure = broken()
  const before = world.raw.scans.length
  await world.timers.pass(600_000)
  assert.equal(codeOf(reading), 'SOURCE_FAILED')
  assert.ok(world.raw.scans.length - before <= 12, 'each asking tries twice at most, six times')
  assert.equal(world.timers.running, 0)
})

test('the last reader who leaves ends the asking, its timers and its subscription', async () => {
  const world = await settledWorld()
  world.raw.gate = new Promise(() => undefined)
  const one = world.watch({ use: ['duckdb'] })
  const abort = new AbortController()
  const other = world.watch({ use: ['duckdb'] }, { signal: abort.signal })
  await world.timers.pass(0)
  assert.deepEqual([world.raw.running, world.listeners.count], [1, 1])
  await one.leave()
  await world.timers.pass(0)
  assert.deepEqual([one.end, other.end, world.raw.running], ['done', 'no', 1])
  abort.abort()
  await world.timers.pass(0)
  assert.deepEqual([other.end, world.raw.running, world.listeners.count], ['done', 0, 0])
  assert.equal(world.timers.running, 0)
})

test('a reader whose signal was aborted before gets nothing', async () => {
  const world = await settledWorld()
  const reading = world.watch({}, { signal: AbortSignal.abort() })
  await world.timers.pass(0)
  assert.deepEqual([reading.end, reading.told.length, world.asked.count], ['done', 0, 0])
})

test('questions, readers and values are bounded, and what leaves makes room', async () => {
  const world = await settledWorld({ questionsMax: 1, watchersMax: 2, valuesMax: 24 })
  const one = world.watch()
  const two = world.watch()
  const three = world.watch()
  await world.timers.pass(0)
  assert.equal(one.told.length + two.told.length, 2)
  assert.match(String(three.end), /2 readers watch already/)
  await two.leave()
  const other = world.watch({ granularity: 'PT1M' })
  await world.timers.pass(0)
  assert.match(String(other.end), /1 questions are watched already/)
  await one.leave()
  const large = world.watch({ granularity: 'PT1M' })
  await world.timers.pass(0)
  assert.match(String(large.end), /as many values as there is room for/)
  const again = world.watch()
  await world.timers.pass(0)
  assert.deepEqual(again.revisions, [1])
})
