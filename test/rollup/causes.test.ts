import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { expectedWindows, servedWindows } from './expected-windows.ts'
import { HOUR, HOURS, MINUTE, MINUTES, PipelineWorld, settledIn, T0, type WorldOptions } from './pipeline-world.ts'

let world: PipelineWorld
afterEach(() => world.close())

const labels = { cluster: 'c1', topic: 'a' }

async function open(options: WorldOptions = {}): Promise<void> {
  world = new PipelineWorld(options)
  await world.start()
}

/** One point in time in each minute of `[from, to)`, the clock moving along. */
async function inTime(from: number, to: number): Promise<void> {
  for (let minute = from; minute < to; minute++) {
    world.clock.set(T0 + minute * MINUTE + 30_000)
    world.raw.add(T0 + minute * MINUTE, labels, 10)
  }
}

const at = (minute: number, ms = 0): void => world.clock.set(T0 + minute * MINUTE + ms)
const causes = () => world.tasks.map((task) => task.causes.join('+'))
const windowsOf = (task: { intervals: readonly { start: number; end: number }[] }) =>
  task.intervals.map(({ start, end }) => [(start - T0) / MINUTE, (end - T0) / MINUTE])
const last = () => world.tasks.at(-1)!

test('a window is read early once everything that arrived by its end and 5 s is visible, and not before', async () => {
  await open()
  await inTime(0, 1)
  at(1, 5_000)
  await world.idle()
  assert.deepEqual(world.tasks, [], 'a point that arrives at this moment is not late yet')
  at(1, 5_001)
  await world.idle()
  assert.deepEqual(causes(), ['early'])
  assert.deepEqual(windowsOf(last()), [[0, 1]])
  const [run] = world.table.coverage(MINUTES.defHash, [], world.clock()).runs
  assert.equal(run?.settled, false, 'open')
  assert.equal(run?.through, T0 + MINUTE + 5_001)
})

test('a point that waits for its commit holds back the early reading of its window', async () => {
  await open()
  await inTime(0, 1)
  at(1, 4_000)
  world.raw.arrive([{ step: T0, labels: { cluster: 'c1', topic: 'b' }, value: 5 }])
  at(1, 20_000)
  await world.idle()
  assert.deepEqual(world.tasks, [])
  world.raw.commit()
  await world.idle()
  assert.deepEqual(causes(), ['early'])
  assert.equal(servedWindows(world, MINUTES, { start: T0, end: T0 + MINUTE }).size, 2)
})

test('a window is rolled up again once the watermark has passed it, and is settled then', async () => {
  await open()
  await inTime(0, 1)
  at(1, 5_001)
  await world.idle()
  at(2, 29_999)
  await world.idle()
  assert.deepEqual(causes(), ['early', 'early'], 'the next window, for the watermark stands 1 ms before its end')
  at(2, 30_000)
  await world.idle()
  assert.deepEqual(causes().slice(2), ['step'])
  assert.deepEqual(windowsOf(last()), [[0, 1]])
  assert.deepEqual(settledIn(world, MINUTES), [[T0, T0 + MINUTE]])
})

test('a task that was issued early but read after the watermark had passed settles its window at once', async () => {
  await open()
  await inTime(0, 1)
  await world.killWorker()
  at(1, 5_001)
  await world.manager.tick()
  at(2, 30_000)
  world.startWorker()
  await world.idle()
  assert.deepEqual(causes(), ['early', 'early'])
  assert.deepEqual(settledIn(world, MINUTES), [[T0, T0 + MINUTE]])
})

test('a late point marks its windows dirty before they are rolled up again, also coarser ones', async () => {
  await open({ rollups: [MINUTES, HOURS] })
  await inTime(0, 60)
  at(63)
  await world.idle()
  await world.killWorker()
  world.raw.add(T0 + 7 * MINUTE, labels, 1)
  await world.manager.tick()
  await world.caughtUp()
  const dirty = (defHash: string) =>
    world.table.coverage(defHash, [], world.clock()).runs.flatMap((run) => (run.dirty ? [run.interval.start] : []))
  assert.deepEqual(dirty(MINUTES.defHash), [T0 + 7 * MINUTE])
  assert.deepEqual(dirty(HOURS.defHash), [T0])
  assert.equal(world.table.rawVersion('cloud', T0), 61)
  world.startWorker()
  await world.idle()
  assert.deepEqual(dirty(MINUTES.defHash), [])
  assert.deepEqual(dirty(HOURS.defHash), [])
  const changed = world.tasks.filter((task) => task.causes.includes('changed'))
  assert.deepEqual(
    changed.map((task) => [task.rollup, task.raw, windowsOf(task)[0]]),
    [
      ['cloud/topic_1m', 61, [7, 8]],
      ['cloud/topic_1h', 61, [0, 60]],
    ],
  )
  for (const rollup of [MINUTES, HOURS]) {
    const hour = { start: T0, end: T0 + HOUR }
    assert.deepEqual(servedWindows(world, rollup, hour), expectedWindows(world, rollup, hour))
  }
})

test('a late point of a window that the watermark has not passed is read early again', async () => {
  await open()
  await inTime(0, 1)
  at(1, 6_000)
  await world.idle()
  at(1, 7_000)
  world.raw.add(T0, labels, 1)
  await world.idle()
  assert.deepEqual(causes(), ['early', 'early'])
  assert.equal(last().raw, 2)
  assert.deepEqual(
    [...servedWindows(world, MINUTES, { start: T0, end: T0 + MINUTE }).values()],
    ['{"SUM:bytes_in":[11]}'],
  )
})

test('late points roll a chunk up again at most once every 5 s', async () => {
  await open()
  await inTime(0, 10)
  at(13, 10_000)
  await world.idle()
  const before = world.tasks.length
  for (let second = 0; second < 10; second++) {
    at(13, 10_100 + second * 1_000)
    world.raw.add(T0 + second * MINUTE, labels, 1)
    await world.idle()
  }
  assert.deepEqual(world.tasks.slice(before).map(windowsOf), [[[0, 1]], [[1, 6]]])
  at(13, 20_100)
  await world.idle()
  assert.deepEqual(windowsOf(last()), [[6, 10]])
  const ten = { start: T0, end: T0 + 10 * MINUTE }
  assert.deepEqual(servedWindows(world, MINUTES, ten), expectedWindows(world, MINUTES, ten))
})

test('a published chunk rolls up again only the windows whose seals have a lower raw version than the chunk', async () => {
  await open()
  await inTime(0, 60)
  at(59, 50_000)
  await world.idle()
  at(61)
  world.raw.add(T0 + 3 * MINUTE, labels, 1)
  await world.idle()
  at(61, 31_000)
  await world.idle()
  assert.ok(
    world.tasks.every((task) => !task.causes.includes('published')),
    'the last mark is younger than a minute',
  )
  at(62)
  await world.idle()
  const task = world.tasks.findLast((each) => each.causes.includes('published'))!
  const low = windowsOf(task).flatMap(([from, to]) => Array.from({ length: to! - from! }, (_, i) => from! + i))
  assert.ok(!low.includes(3) && !low.includes(59), 'rolled up with the mark, or after it')
  assert.ok(low.includes(2) && low.includes(4))
  at(70)
  await world.idle()
  assert.equal(world.tasks.filter((each) => each.chunkStart === T0 && each.causes.includes('published')).length, 1)
  const { runs } = world.table.coverage(MINUTES.defHash, [], world.clock())
  assert.ok(runs.filter((run) => run.interval.start < T0 + HOUR).every((run) => run.raw === 61))
})

test('a person has windows rolled up again, also when nothing changed', async () => {
  await open()
  await inTime(0, 5)
  at(10)
  await world.idle()
  const before = world.tasks.length
  assert.equal(await world.manager.rollUpAgain('cloud/topic_1m', { start: T0 + MINUTE, end: T0 + 3 * MINUTE }), 2)
  await world.idle()
  assert.deepEqual(
    world.tasks.slice(before).map((task) => [task.causes, windowsOf(task)]),
    [[['manual'], [[1, 3]]]],
  )
  await assert.rejects(world.manager.rollUpAgain('cloud/none', { start: T0, end: T0 + MINUTE }), {
    code: 'FIELD_INVALID',
  })
})

test('a frozen chunk is touched by nothing but a person', async () => {
  await open({ dataset: { retentionRawMs: 2 * HOUR } })
  await inTime(0, 5)
  at(63)
  await world.idle()
  at(121)
  await world.idle()
  const before = world.tasks.length
  world.raw.add(T0 + MINUTE, labels, 1)
  await world.idle()
  assert.deepEqual(
    world.tasks.slice(before).filter((task) => task.chunkStart === T0),
    [],
  )
  assert.deepEqual(settledIn(world, MINUTES)[0]?.[0], T0, 'what it holds stays')
  assert.ok(!world.aggregates.some(({ kind }) => kind === 'dirty' || kind === 'rawVersion'), 'nor is it marked')
  await world.manager.rollUpAgain('cloud/topic_1m', { start: T0 + MINUTE, end: T0 + 2 * MINUTE })
  await world.idle()
  assert.deepEqual(last().causes, ['manual'])
})

test('an empty window after the first data is rolled up and known to be empty', async () => {
  await open()
  await inTime(0, 1)
  at(30)
  await world.idle()
  assert.deepEqual(settledIn(world, MINUTES), [[T0, T0 + 28 * MINUTE]])
  assert.equal(world.tasks.length, 1, 'one task for all of them')
})
