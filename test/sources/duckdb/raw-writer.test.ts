import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { CHANNELS } from '../../../src/model/channels.ts'
import { LanewayError } from '../../../src/model/errors.ts'
import { identity, measureOf, minute, NOW, openWorld, point, reading, sumsIn } from './duckdb-fixture.ts'

const isUnwritable = (error: unknown) => error instanceof LanewayError && error.code === 'STORE_UNWRITABLE'

test('a commit keeps points, stream state and late marks together', async () => {
  await using world = await openWorld()
  const streams = { readings: [reading('a', 7)], identities: [identity('b')] }
  const late = [{ dataset: 'cloud', stepMs: minute(3) }]
  assert.equal(await world.store.writer.append({ points: [point(5)], arrivedMs: NOW }, streams, late), 1)
  await world.reopen()
  assert.deepEqual(await world.store.writer.restore(0), streams)
  assert.deepEqual(await world.store.chunks.marks(0, 10), [{ seq: 1, dataset: 'cloud', stepMs: minute(3) }])
  assert.equal((await world.states()).rows[0]?.states[0]?.sum, 5)
})

test('a commit may bring stream state alone', async () => {
  await using world = await openWorld()
  const streams = { readings: [reading('a', 1.5)], identities: [] }
  assert.equal(await world.store.writer.append({ points: [], arrivedMs: NOW }, streams, []), 1)
  assert.deepEqual(await world.store.writer.restore(0), streams)
})

test('a failed commit leaves nothing, in the store or in memory, and the next one goes on', async () => {
  await using world = await openWorld()
  await world.append([point(1, { labels: { topic: 'a' } })])
  const before = world.store.stats()
  const coverage = world.store.source.coverage('cloud', 'raw', [measureOf()])
  const points = [point(2, { labels: { topic: 'b' }, at: 1 }), point(2n ** 63n, { labels: { topic: 'c' }, at: 2 })]
  const streams = { readings: [reading('a', 1)], identities: [identity('b')] }
  const late = [{ dataset: 'cloud', stepMs: minute(1) }]
  await assert.rejects(world.store.writer.append({ points, arrivedMs: NOW }, streams, late), isUnwritable)
  assert.deepEqual(world.store.stats(), before)
  assert.deepEqual(world.store.source.coverage('cloud', 'raw', [measureOf()]), coverage)
  assert.deepEqual(await world.store.writer.restore(0), { readings: [], identities: [] })
  assert.equal(await world.append([point(4, { labels: { topic: 'b' } })]), 2)
  assert.deepEqual(sumsIn(await world.states({ groupBy: ['topic'] })), { a: 1, b: 4 })
})

test('commits asked for at once happen one after the other', async () => {
  await using world = await openWorld()
  const labels = { topic: 'new' }
  const sequences = await Promise.all([1, 2, 3, 4].map((value) => world.append([point(value, { labels })])))
  assert.deepEqual(sequences, [1, 2, 3, 4])
  assert.deepEqual(sumsIn(await world.states({ groupBy: ['topic'] })), { new: 10 })
  assert.equal(world.store.stats().series, 1)
})

test('each commit is told before and after, with its sequence', async () => {
  await using world = await openWorld()
  const seen: unknown[] = []
  const listen = (message: unknown) => seen.push(message)
  subscribe(CHANNELS.rawCommit, listen)
  try {
    await world.append([point(1), point(2, { at: 1 })], [{ dataset: 'cloud', stepMs: minute(0) }])
    await assert.rejects(world.append([point(2n ** 64n)]))
  } finally {
    unsubscribe(CHANNELS.rawCommit, listen)
  }
  assert.deepEqual(seen, [
    { phase: 'before', points: 2, marks: 1 },
    { phase: 'after', points: 2, marks: 1, seq: 1 },
    { phase: 'before', points: 1, marks: 0 },
  ])
})

test('labels that differ in case, that are absent or that are empty are different series', async () => {
  await using world = await openWorld()
  const sets: Record<string, string>[] = [{ 'metric.topic': 'a' }, { 'metric.Topic': 'a' }, { 'metric.topic': '' }, {}]
  await world.append(sets.map((labels, i) => point(10 ** i, { labels })))
  assert.equal(world.store.stats().series, 4)
  assert.deepEqual(sumsIn(await world.states({ groupBy: ['metric.topic'] })), { a: 1, '': 100, null: 1010 })
  assert.deepEqual(sumsIn(await world.states({ groupBy: ['metric.Topic'] })), { a: 10, null: 1101 })
})

test('label sets that UTF-8 cannot tell apart are one series, before and after a restart', async () => {
  await using world = await openWorld()
  const labels = { topic: 'a\ud800' }
  await world.append([point(1, { labels })])
  await world.reopen()
  await world.append([point(2, { labels }), point(4, { labels: { topic: 'a\ufffd' }, at: 1 })])
  assert.equal(world.store.stats().series, 1)
  assert.deepEqual(sumsIn(await world.states({ groupBy: ['topic'] })), { 'a\ufffd': 7 })
})

test('integers are exact to the ends of 64 bits and their sums beyond', async () => {
  await using world = await openWorld()
  const values = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 63n - 1n, 2 ** 53 - 1]
  await world.append(values.map((value, i) => point(value, { labels: { host: `h${i}` } })))
  const { states } = (await world.states()).rows[0]!
  assert.equal(states[0]?.sum, 2n ** 63n + 2n ** 63n - 3n + 2n ** 53n - 1n)
  const least = await world.states({ measures: [measureOf({ space: 'MIN' })] })
  assert.equal(least.rows[0]?.states[0]?.last, -(2n ** 63n))
})
