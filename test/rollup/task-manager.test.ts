import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { LanewayError } from '../../src/model/errors.ts'
import { encodeTaskState } from '../../src/model/task-records.ts'
import { expectedWindows, servedWindows } from './expected-windows.ts'
import {
  DAYS,
  HOUR,
  HOURS,
  MINUTE,
  MINUTES,
  PARTITIONS,
  PipelineWorld,
  settledIn,
  T0,
  TOPICS,
  type WorldOptions,
} from './pipeline-world.ts'

let world: PipelineWorld
afterEach(() => world.close())

const labels = { cluster: 'c1', topic: 'a' }
const at = (minute: number, ms = 0): void => world.clock.set(T0 + minute * MINUTE + ms)
const last = () => world.tasks.at(-1)!
const windowsOf = (task: { intervals: readonly { start: number; end: number }[] }) =>
  task.intervals.map(({ start, end }) => [(start - T0) / MINUTE, (end - T0) / MINUTE])

async function open(options: WorldOptions = {}): Promise<void> {
  world = new PipelineWorld(options)
  await world.start()
}

function inTime(from: number, to: number): void {
  for (let minute = from; minute < to; minute++) {
    at(minute, 30_000)
    world.raw.add(T0 + minute * MINUTE, labels, 10)
  }
}

const late = (minute: number, value = 1): void => world.raw.add(T0 + minute * MINUTE, labels, value)

test('of one rollup and chunk one task is outstanding; what becomes due meanwhile is merged into the next', async () => {
  await open()
  await world.killWorker()
  inTime(0, 1)
  at(1, 5_001)
  await world.manager.tick()
  assert.equal(world.manager.outstanding(), 1)
  inTime(1, 4)
  at(6)
  late(1)
  late(2)
  await world.manager.tick()
  at(8)
  await world.manager.tick()
  await world.caughtUp()
  assert.equal(world.tasks.length, 1)
  assert.equal(world.manager.due(), false, 'there is nothing to do but wait')
  world.startWorker()
  await world.idle()
  assert.equal(world.tasks.length, 2)
  assert.deepEqual(last().causes, ['early', 'step'])
  assert.deepEqual(windowsOf(last()), [[1, 7]])
  assert.deepEqual(settledIn(world, MINUTES), [[T0, T0 + 6 * MINUTE]])
})

test('a late point during an outstanding task leaves the window dirty until a task that has the point', async () => {
  await open()
  inTime(0, 1)
  const gate = Promise.withResolvers<void>()
  world.engine.gate = gate.promise
  at(3)
  await world.manager.tick()
  await world.until(() => world.engine.asked.length === 1)
  late(0, 5)
  await world.manager.tick()
  gate.resolve()
  await world.until(() => world.tasks.length === 2)
  await world.idle()
  assert.deepEqual(
    world.tasks.map(({ raw, causes }) => [raw, causes]),
    [
      [0, ['early', 'step']],
      [2, ['changed']],
    ],
  )
  const dirty = world.aggregates.findIndex((record) => record.kind === 'dirty')
  const seal = world.aggregates.findIndex((record) => record.kind === 'seal')
  assert.ok(dirty >= 0 && dirty < seal, 'the mark was there before the seals of the task that lacks it')
  assert.deepEqual(
    [...servedWindows(world, MINUTES, { start: T0, end: T0 + MINUTE }).values()],
    ['{"SUM:bytes_in":[15]}'],
  )
})

test('a late point that an outstanding task already read needs no other', async () => {
  await open()
  await world.killWorker()
  inTime(0, 1)
  at(3)
  await world.manager.tick()
  late(0)
  await world.manager.tick()
  world.startWorker()
  await world.idle()
  assert.equal(world.tasks.length, 1)
  assert.deepEqual(settledIn(world, MINUTES), [[T0, T0 + MINUTE]])
})

test('windows that did not fit the transaction of their task are the next task', async () => {
  await open()
  await world.killWorker()
  inTime(0, 6)
  at(8)
  await world.manager.tick()
  await world.caughtUp()
  const done = { kind: 'sealed', epoch: 1, raw: 0, through: world.clock(), to: T0 + 4 * MINUTE } as const
  const { key, value } = encodeTaskState({ kind: 'done', rollup: MINUTES.id, chunkStart: T0, done })
  const bytes = (text: string) => new TextEncoder().encode(text)
  const record = { topic: TOPICS.taskState, partition: 0, key: bytes(key), value: bytes(value!), timestampMs: 0 }
  await world.log.writer.append([record])
  await world.until(() => world.tasks.length === 2)
  assert.deepEqual(windowsOf(last()), [[4, 7]])
})

test('a new task manager goes on where the one before stopped, with rising epochs, and shuts it out', async () => {
  await open()
  inTime(0, 3)
  at(6)
  await world.idle()
  await world.killWorker()
  late(1)
  await world.manager.tick()
  const before = world.manager
  const { epoch } = world.manager.stats()
  await world.startManager()
  await world.manager.tick()
  assert.equal(world.manager.outstanding(), 1, 'the task is still outstanding')
  at(7)
  late(2)
  await assert.rejects(before.tick(), { code: 'STORE_UNWRITABLE' })
  assert.equal(before.health.status().state, 'down')
  await world.manager.tick()
  world.startWorker()
  await world.idle()
  assert.deepEqual(
    world.tasks.map((task) => task.epoch),
    [1, 2, 3],
  )
  assert.ok(last().epoch > epoch)
  const five = { start: T0, end: T0 + 5 * MINUTE }
  assert.deepEqual(servedWindows(world, MINUTES, five), expectedWindows(world, MINUTES, five))
  assert.deepEqual(settledIn(world, MINUTES), [[T0, T0 + 5 * MINUTE]])
})

test('after a restart nothing that is rolled up is rolled up again, also when the log was compacted', async () => {
  await open({ rollups: [MINUTES, HOURS] })
  inTime(0, 65)
  late(3)
  at(70)
  await world.idle()
  await world.log.maintain(world.clock())
  const before = [world.tasks.length, world.aggregates.length]
  world.killManager()
  await world.startManager()
  await world.idle()
  assert.deepEqual([world.tasks.length, world.aggregates.length], before)
})

test('late points that wait for their turn are not forgotten by a restart', async () => {
  await open()
  inTime(0, 4)
  at(6, 10_000)
  await world.idle()
  late(0)
  await world.idle()
  late(1)
  await world.idle()
  world.killManager()
  await world.startManager()
  at(6, 15_000)
  await world.idle()
  assert.deepEqual([last().causes, windowsOf(last())], [['changed'], [[1, 2]]])
})

test('a done that came between two states of a chunk is not forgotten by a restart', async () => {
  await open()
  inTime(0, 1)
  at(3)
  let waiting = true
  world.onAppend = (phase, records) => {
    if (phase !== 'before' || !waiting || records.every(({ topic }) => topic !== 't.aggregates')) return
    waiting = false
    throw new Error('killed')
  }
  await world.idle()
  world.killManager()
  await world.startManager()
  await world.idle()
  assert.equal(world.manager.outstanding(), 0)
  assert.equal(world.tasks.length, 1)
})

test('a task whose worker died is done by the next one', async () => {
  await open()
  inTime(0, 1)
  const gate = Promise.withResolvers<void>()
  world.engine.gate = gate.promise
  at(3)
  await world.manager.tick()
  await world.until(() => world.engine.asked.length === 1)
  const killed = world.killWorker()
  gate.resolve()
  await killed
  assert.equal(world.aggregates.length, 0)
  world.startWorker()
  await world.idle()
  assert.equal(world.tasks.length, 1)
  assert.deepEqual(settledIn(world, MINUTES), [[T0, T0 + MINUTE]])
})

test('a failed task is issued again at a new epoch with growing pauses, then parked with its error', async () => {
  await open()
  inTime(0, 1)
  const down = new LanewayError('SOURCE_FAILED', { detail: 'the store is down' })
  world.engine.failing = ({ interval }) => (interval.start < T0 + 2 * MINUTE ? down : null)
  at(3)
  await world.idle()
  const tried: [number, number][] = []
  for (let second = 1; second <= 60; second++) {
    const { epoch } = world.manager.stats()
    at(3, second * 1_000)
    await world.idle()
    const again = world.tasks.filter((task) => task.epoch > epoch && task.intervals[0]!.start === T0)
    tried.push(...again.map(({ attempt }): [number, number] => [second, attempt]))
    assert.deepEqual(
      again.flatMap(windowsOf),
      again.map(() => [0, 2]),
      'whole',
    )
  }
  assert.deepEqual(tried, [
    [1, 1],
    [3, 2],
    [7, 3],
    [15, 4],
    [31, 5],
  ])
  const { parked, parkedTasks } = world.manager.stats()
  assert.equal(parked, 1)
  assert.match(parkedTasks[0]!.error, /SOURCE_FAILED: the store is down/)
  const status = world.manager.health.status()
  assert.equal(status.state, 'degraded')
  assert.match(status.detail, /cloud\/topic_1m, chunk 2026-11-21T10:00:00Z: SOURCE_FAILED/)
})

/** The windows of the first three minutes. */
async function parkFirstWindows(): Promise<void> {
  await open()
  inTime(0, 1)
  world.engine.failing = () => new Error('no')
  for (const seconds of [6, 7, 9, 13, 21, 37]) {
    at(3, seconds * 1_000)
    await world.idle()
  }
  assert.equal(world.manager.stats().parked, 1)
  world.engine.failing = () => null
}

test('a parked task does not hold up the windows that come after it', async () => {
  await parkFirstWindows()
  at(4, 6_000)
  await world.idle()
  assert.deepEqual(windowsOf(last()), [[3, 4]])
  assert.equal(world.manager.stats().parked, 1)
})

test('a parked task is tried again when a late point comes, and when a person says so', async () => {
  await parkFirstWindows()
  at(3, 40_000)
  late(0)
  await world.idle()
  assert.deepEqual(windowsOf(last())[0], [0, 3])
  assert.equal(world.manager.stats().parked, 0)
  await world.close()
  await parkFirstWindows()
  world.killManager()
  await world.startManager()
  await world.manager.tick()
  assert.equal(world.manager.stats().parked, 1, 'it stays parked over a restart')
  assert.equal(await world.manager.retryParked('cloud/topic_1m'), 1)
  await world.idle()
  assert.deepEqual(last().causes, ['manual'])
  assert.equal(world.manager.stats().parked, 0)
})

test('a window whose early reading was parked is read again when the watermark passes it', async () => {
  await open()
  inTime(0, 1)
  world.engine.failing = () => new Error('no')
  for (const seconds of [6, 7, 9, 13, 21, 37]) {
    at(1, seconds * 1_000)
    await world.idle()
  }
  assert.equal(world.manager.stats().parked, 1)
  world.engine.failing = () => null
  at(2, 30_000)
  await world.idle()
  assert.deepEqual(windowsOf(last()), [[0, 2]])
  assert.equal(world.manager.stats().parked, 0)
})

test('a coarse roll-up waits for the finer one of its chunk and is computed from it', async () => {
  await open({ rollups: [HOURS, MINUTES] })
  inTime(0, 60)
  await world.killWorker()
  at(63)
  await world.manager.tick()
  await world.caughtUp()
  assert.ok(world.tasks.every(({ rollup }) => rollup === 'cloud/topic_1m'))
  world.startWorker()
  await world.idle()
  const asked = world.engine.asked.filter(({ question }) => question.granularity === 'PT1H')
  assert.deepEqual(
    asked.map(({ source, question }) => [source, question.avoid]),
    [['cloud/topic_1m', ['cloud/topic_1h']]],
  )
  const hour = { start: T0, end: T0 + HOUR }
  assert.deepEqual(servedWindows(world, HOURS, hour), expectedWindows(world, HOURS, hour))
})

test('a coarse roll-up goes on from raw when the finer one is parked, and when it takes too long', async () => {
  await open({ rollups: [MINUTES, HOURS] })
  inTime(0, 60)
  world.engine.failing = ({ granularity }) => (granularity === 'PT1M' ? new Error('no') : null)
  at(63)
  await world.idle()
  assert.ok(world.tasks.every(({ rollup }) => rollup === 'cloud/topic_1m'))
  at(63, 29_999)
  await world.idle()
  assert.ok(
    world.tasks.every(({ rollup }) => rollup === 'cloud/topic_1m'),
    'it is tried again, so it is waited for',
  )
  at(63, 30_000)
  await world.idle()
  assert.equal(last().rollup, 'cloud/topic_1h')
  assert.equal(world.engine.asked.at(-1)!.source, 'raw')
  assert.deepEqual(settledIn(world, HOURS), [[T0, T0 + HOUR]])
})

test('a finer rollup that stays behind cannot keep a coarse one open: then raw is asked', async () => {
  await open({ rollups: [MINUTES, HOURS] })
  inTime(0, 60)
  at(60, 6_000)
  await world.idle()
  world.engine.failing = ({ granularity }) => (granularity === 'PT1M' ? new Error('no') : null)
  for (const seconds of [30, 31, 33, 37, 45, 61, 62]) {
    at(61, seconds * 1_000)
    await world.idle()
  }
  assert.deepEqual(settledIn(world, HOURS), [[T0, T0 + HOUR]])
  assert.equal(world.engine.asked.at(-1)!.source, 'raw')
})

test('a day is asked in pieces of equal raw version, so that hours of old chunks will do', async () => {
  const startMs = Date.UTC(2026, 10, 21)
  await open({ rollups: [HOURS, DAYS], startMs })
  for (let hour = 0; hour < 24; hour++) {
    world.clock.set(startMs + hour * HOUR + 30_000)
    world.raw.add(startMs + hour * HOUR, labels, 10)
    world.clock.set(startMs + hour * HOUR + 10 * MINUTE)
    if (hour === 3 || hour === 20) world.raw.add(startMs + hour * HOUR, labels, 1)
    await world.idle()
  }
  world.clock.set(startMs + 24 * HOUR + 5 * MINUTE)
  await world.idle()
  const day = { start: startMs, end: startMs + 24 * HOUR }
  const asked = world.engine.asked.filter(({ question }) => question.granularity === 'P1D')
  assert.deepEqual(
    asked.map(({ source, question: { interval, rawAtLeast } }) => [
      source,
      (interval.start - startMs) / HOUR,
      rawAtLeast,
    ]),
    [
      ['cloud/topic_1h', 0, 0],
      ['cloud/topic_1h', 3, 5],
      ['cloud/topic_1h', 4, 0],
      ['cloud/topic_1h', 20, 23],
      ['cloud/topic_1h', 21, 0],
    ],
  )
  assert.deepEqual(settledIn(world, DAYS), [[day.start, day.end]])
  assert.deepEqual(servedWindows(world, DAYS, day), expectedWindows(world, DAYS, day))
})

test('rollup versions that come while it runs are rolled up, and dropped ones end', async () => {
  await open()
  inTime(0, 60)
  at(63)
  await world.idle()
  world.catalog.set([MINUTES, HOURS])
  assert.equal(world.manager.due(), true)
  await world.idle()
  assert.deepEqual(settledIn(world, HOURS), [[T0, T0 + HOUR]])
  world.catalog.set([HOURS])
  await world.killWorker()
  at(65)
  await world.idle()
  assert.ok(
    world.tasks.filter(({ rollup }) => rollup === 'cloud/topic_1m').every(({ asOf }) => asOf <= T0 + 63 * MINUTE),
  )
  const forgotten = world.state.filter((record) => record.kind === 'unit' && record.state === null)
  assert.equal(forgotten.length, 2, 'one chunk of an hour, one of the minutes since')
})

test('a version that comes back is not trusted: what came late meanwhile makes its windows dirty, then it is rolled up', async () => {
  await open({ rollups: [MINUTES, HOURS] })
  inTime(0, 5)
  at(8)
  await world.idle()
  world.catalog.set([HOURS])
  at(9)
  late(2)
  await world.idle()
  world.catalog.set([MINUTES, HOURS])
  await world.killWorker()
  await world.manager.tick()
  await world.caughtUp()
  const dirty = world.aggregates.filter((record) => record.kind === 'dirty' && record.rollup === 'cloud/topic_1m')
  assert.ok(dirty.some((record) => record.kind === 'dirty' && record.bucket === T0 + 2 * MINUTE && record.raw === 6))
  world.startWorker()
  await world.idle()
  assert.deepEqual(settledIn(world, MINUTES), [[T0, T0 + 7 * MINUTE]])
})

test('a start with seven days of empty history is cheap: nothing is rolled up before the first data', async () => {
  await open({ rollups: [MINUTES, HOURS] })
  at(600)
  await world.idle()
  assert.deepEqual(world.tasks, [])
  world.raw.add(T0 + 600 * MINUTE, labels, 1)
  at(603)
  await world.idle()
  assert.deepEqual(
    world.tasks.map(({ rollup }) => rollup),
    ['cloud/topic_1m'],
  )
  assert.deepEqual(settledIn(world, MINUTES), [[T0 + 600 * MINUTE, T0 + 601 * MINUTE]])
  const { listed } = world.raw
  for (let second = 0; second < 30; second++) {
    at(603, second * 1_000)
    await world.manager.tick()
  }
  assert.equal(world.raw.listed, listed, 'once data is known, the store is not asked where it begins')
})

test('seven days of history are rolled up with one task a chunk, newest first, a bounded number at once', async () => {
  world = new PipelineWorld({ rollups: [MINUTES], startMs: T0 - 7 * 24 * HOUR })
  world.raw.add(T0 - 7 * 24 * HOUR + HOUR, labels, 1)
  at(0)
  await world.startManager()
  await world.manager.tick()
  assert.equal(world.manager.outstanding(), 16)
  world.startWorker()
  await world.idle()
  const issued = world.tasks.toSorted((a, b) => a.epoch - b.epoch)
  const chunks = issued.map(({ chunkStart }) => chunkStart)
  assert.equal(chunks.length, new Set(chunks).size)
  assert.equal(chunks.length, 48, 'as long as the push table keeps them')
  assert.deepEqual(
    chunks.slice(0, 16),
    chunks.slice(0, 16).toSorted((a, b) => b - a),
  )
  assert.deepEqual(settledIn(world, MINUTES), [[T0 - 48 * HOUR, T0 - 2 * MINUTE]])
})

test('what is out of keep, or whose raw data leaves, is forgotten', async () => {
  await open({ dataset: { retentionRawMs: 4 * HOUR } })
  inTime(0, 5)
  at(10)
  late(1)
  await world.idle()
  at(12 * 60)
  await world.idle()
  const { chunks } = world.manager.stats()
  assert.ok(chunks <= 5, `${chunks} chunks are known`)
  const forgotten = world.state.filter((record) => record.kind === 'unit' && record.state === null)
  assert.ok(forgotten.some((record) => record.kind === 'unit' && record.chunkStart === T0))
  assert.ok(world.state.some((record) => record.kind === 'raw' && record.version === null && record.chunkStart === T0))
})

test('a task that the log may have dropped is issued again', async () => {
  await open()
  await world.killWorker()
  inTime(0, 1)
  at(3)
  await world.manager.tick()
  at(3 + 12 * 60)
  await world.manager.tick()
  at(3 + 12 * 60, 2_000)
  await world.manager.tick()
  await world.caughtUp()
  const epochs = world.tasks
    .filter(({ chunkStart }) => chunkStart === T0)
    .map(({ epoch, attempt }) => [epoch > 1, attempt])
  assert.deepEqual(
    epochs,
    [
      [false, 0],
      [true, 0],
      [true, 1],
    ].slice(0, epochs.length),
  )
  assert.ok(epochs.length >= 2)
})

test('a store that cannot be read fails the tick, and the next one goes on', async () => {
  await open()
  inTime(0, 1)
  at(3)
  world.raw.failure = new Error('closed')
  await assert.rejects(world.manager.tick(), /closed/)
  assert.equal(world.manager.health.status().state, 'down')
  world.raw.failure = null
  await world.idle()
  assert.equal(world.manager.health.status().state, 'ok')
  assert.deepEqual(settledIn(world, MINUTES), [[T0, T0 + MINUTE]])
})

test('stats say what is outstanding, how long the oldest is due, and how many tasks each cause issued', async () => {
  await open()
  await world.killWorker()
  inTime(0, 1)
  at(3)
  await world.manager.tick()
  at(3, 20_000)
  const { outstanding, oldestDueMs, tasks, epoch } = world.manager.stats()
  assert.deepEqual({ outstanding, oldestDueMs, epoch }, { outstanding: 1, oldestDueMs: 20_000, epoch: 1 })
  assert.deepEqual(tasks, { early: 1, step: 1, published: 0, changed: 0, backfill: 0, manual: 0 })
})

test('tasks of one rollup and chunk lie in one partition', async () => {
  await open({ rollups: [MINUTES, HOURS] })
  inTime(0, 4)
  at(8)
  await world.idle()
  late(1)
  await world.idle()
  const tail = world.log.tail('t.tasks')
  const partitions = new Map<string, Set<number>>()
  const ended = new AbortController()
  let left = PARTITIONS.tasks
  const ends = tail.ends()
  await tail.run(
    new Map(),
    {
      onRecords: (partition, records, next) => {
        for (const { key } of records) {
          const name = Buffer.from(key!).toString()
          partitions.set(name, (partitions.get(name) ?? new Set()).add(partition))
        }
        if (next >= ends.get(partition)! && --left === 0) ended.abort()
      },
      onOutOfRange: () => undefined,
      onTopicChanged: () => undefined,
      onPartitionsAdded: () => undefined,
    },
    ended.signal,
  )
  assert.ok([...partitions.values()].every((each) => each.size === 1))
})
