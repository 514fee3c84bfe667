import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, test } from 'node:test'
import { CHANNELS } from '../../src/model/channels.ts'
import { LanewayError } from '../../src/model/errors.ts'
import { partitionOf } from '../../src/model/murmur2.ts'
import type { RollupTask } from '../../src/model/task.ts'
import { encodeTask } from '../../src/model/task-records.ts'
import { servedWindows } from './expected-windows.ts'
import { HOUR, HOURS, MINUTE, MINUTES, PARTITIONS, PipelineWorld, settledIn, T0, TOPICS } from './pipeline-world.ts'

const NOW = T0 + 3 * HOUR
const minute = (n: number): number => T0 + n * MINUTE

let world: PipelineWorld
beforeEach(() => {
  world = new PipelineWorld({ rollups: [MINUTES, HOURS], startMs: NOW })
  world.startWorker()
})
afterEach(() => world.close())

const taskOf = (changes: Partial<RollupTask> = {}): RollupTask => ({
  rollup: MINUTES.id,
  defHash: MINUTES.defHash,
  chunkStart: T0,
  intervals: [{ start: T0, end: minute(2) }],
  epoch: 1,
  raw: 0,
  versions: [],
  asOf: NOW,
  causes: ['step'],
  attempt: 0,
  ...changes,
})

const bytes = (text: string) => new TextEncoder().encode(text)

async function append(key: string, value: string, partition = 0): Promise<void> {
  const record = { topic: TOPICS.tasks, partition, key: bytes(key), value: bytes(value), timestampMs: NOW }
  await world.log.writer.append([record])
}

async function hand(task: RollupTask): Promise<void> {
  const { key, value } = encodeTask(task)
  await append(key, value)
  await world.until(() => world.state.some((record) => record.kind === 'done' && record.done?.epoch === task.epoch))
  await world.caughtUp()
}

const done = (epoch = 1) => {
  const found = world.state.find((record) => record.kind === 'done' && record.done?.epoch === epoch)
  return found?.kind === 'done' ? found.done : null
}
const seals = () => world.aggregates.flatMap((record) => (record.kind === 'seal' ? [record] : []))

test('every group of every window becomes a record, and every window and partition a seal, with the done in one transaction', async () => {
  for (let topic = 0; topic < 20; topic++) world.raw.add(T0, { cluster: 'c1', topic: `t${topic}` }, topic)
  await hand(taskOf({ epoch: 7 }))
  const groups = world.aggregates.flatMap((record) => (record.kind === 'aggregate' ? [record] : []))
  assert.equal(groups.length, 20)
  assert.ok(groups.every(({ epoch }) => epoch === 7))
  const counted = [0, 1].map(
    (partition) => groups.filter(({ group }) => partitionOf(JSON.stringify(group), 2) === partition).length,
  )
  assert.deepEqual(
    seals()
      .map(({ bucket, partition, keys, of, raw, through }) => [bucket, partition, keys, of, raw, through])
      .sort(),
    [
      [T0, 0, counted[0], 2, 20, NOW],
      [T0, 1, counted[1], 2, 20, NOW],
      [minute(1), 0, 0, 2, 20, NOW],
      [minute(1), 1, 0, 2, 20, NOW],
    ].sort(),
  )
  assert.deepEqual(done(7), { kind: 'sealed', epoch: 7, raw: 20, through: NOW, to: null })
  assert.deepEqual(settledIn(world, MINUTES), [[T0, minute(2)]])
})

test('integers beyond 2^53 arrive in the push table with all their digits', async () => {
  const value = 9_007_199_254_740_993n
  world.raw.add(T0, { cluster: 'c1', topic: 'a' }, value)
  world.raw.add(T0, { cluster: 'c1', topic: 'a' }, value)
  await hand(taskOf({ rollup: HOURS.id, defHash: HOURS.defHash, intervals: [{ start: T0, end: T0 + HOUR }] }))
  const [written] = servedWindows(world, HOURS, { start: T0, end: T0 + HOUR }).values()
  assert.match(written!, /"18014398509481986",1,/)
})

test('it asks in the rollup lane for all states, and only what is strictly finer may answer', async () => {
  const wide = {
    ...MINUTES,
    name: 'cluster_1m',
    id: 'cloud/cluster_1m',
    defHash: 'dddddddddddddddd',
    labels: ['cluster'],
  }
  world.catalog.set([MINUTES, wide, HOURS])
  await hand(taskOf({ raw: 3 }))
  const { question } = world.engine.asked[0]!
  assert.deepEqual(question.avoid, ['cloud/topic_1m', 'cloud/cluster_1m', 'cloud/topic_1h'])
  assert.equal(question.rawAtLeast, 3)
  assert.deepEqual(
    question.measures.map(({ time }) => time),
    ['EVERY'],
  )
  await hand(taskOf({ epoch: 2, rollup: HOURS.id, defHash: HOURS.defHash, intervals: [{ start: T0, end: T0 + HOUR }] }))
  assert.deepEqual(world.engine.asked.at(-1)!.question.avoid, ['cloud/topic_1h'])
})

test('the raw version of a seal is that of the frame, and never below the task', async () => {
  await hand(taskOf({ raw: 41 }))
  assert.ok(
    seals().every(({ raw }) => raw === 41),
    'the frame says 0',
  )
  world.raw.add(T0, { cluster: 'c1', topic: 'a' }, 1)
  await hand(taskOf({ epoch: 2 }))
  assert.ok(
    seals()
      .slice(-4)
      .every(({ raw }) => raw === 1),
    'the frame says 1',
  )
})

test('a question that is not fully covered fails the task and seals nothing', async () => {
  world.engine.failing = () => new LanewayError('EDGE_UNAVAILABLE', { detail: 'nobody holds 10:00/10:02' })
  await hand(taskOf())
  assert.deepEqual(done(), {
    kind: 'failed',
    epoch: 1,
    error: 'EDGE_UNAVAILABLE: nobody holds 10:00/10:02',
    retriable: true,
  })
  assert.deepEqual(world.aggregates, [])
})

test('an answer that is older than the task wants fails it', async () => {
  await hand(taskOf({ intervals: [{ start: NOW - MINUTE, end: NOW }], asOf: NOW }))
  const failed = done()
  assert.equal(failed?.kind, 'failed')
  assert.match(
    failed?.kind === 'failed' ? failed.error : '',
    /read as of 2026-11-21T13:00:00Z, needed as of 2026-11-21T13:00:05.001Z/,
  )
})

test('a task whose rollup version is gone is done with an error that is not tried again', async () => {
  await hand(taskOf({ defHash: 'eeeeeeeeeeeeeeee' }))
  const failed = done()
  assert.equal(failed?.kind === 'failed' && failed.retriable, false)
  assert.deepEqual(world.engine.asked, [])
})

test('a record that is no task is told and passed over', async () => {
  const told: unknown[] = []
  const listen = (message: unknown) => told.push((message as { phase: string }).phase)
  subscribe(CHANNELS.rollupTask, listen)
  await append('["cloud/topic_1m"]', 'no task')
  await hand(taskOf())
  unsubscribe(CHANNELS.rollupTask, listen)
  assert.equal(world.unreadable.length, 1)
  assert.deepEqual(told, ['unreadable', 'asked', 'read', 'appended'])
})

test('a question that is too expensive is asked for fewer windows, down to one', async () => {
  const tooMuch = new LanewayError('QUERY_TOO_EXPENSIVE', { detail: 'too many rows' })
  world.engine.failing = ({ interval }) => (interval.end - interval.start > MINUTE ? tooMuch : null)
  await hand(taskOf())
  assert.deepEqual(settledIn(world, MINUTES), [[T0, minute(2)]])
  world.engine.failing = () => tooMuch
  await hand(taskOf({ epoch: 2 }))
  assert.equal(done(2)?.kind, 'failed')
})

test('several workers share the tasks', async () => {
  world.startWorker()
  for (let partition = 0; partition < PARTITIONS.tasks; partition++) {
    const task = taskOf({
      epoch: partition + 1,
      chunkStart: T0 + partition * HOUR,
      intervals: [{ start: T0 + partition * HOUR, end: T0 + partition * HOUR + MINUTE }],
    })
    const { key, value } = encodeTask({ ...task, asOf: T0 + 5 * HOUR })
    world.clock.set(T0 + 5 * HOUR)
    await append(key, value, partition)
  }
  await world.until(() => [1, 2, 3].every((epoch) => done(epoch)?.kind === 'sealed'))
})
