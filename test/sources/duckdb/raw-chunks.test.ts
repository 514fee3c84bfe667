import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StepRef } from '../../../src/model/point.ts'
import { minute, minutes, NOW, openWorld, point } from './duckdb-fixture.ts'

const step = (n: number, dataset = 'cloud'): StepRef => ({ dataset, stepMs: minute(n) })
const hour = (n: number, raw: number) => ({ dataset: 'cloud', start: minute(n * 60), end: minute(n * 60 + 60), raw })

test('chunks are the hours that hold points or marks, each with the sequence of its last mark', async () => {
  await using world = await openWorld()
  await world.append([point(1, { at: 10 }), point(1, { at: 130, metric: 'other' })])
  await world.append([point(1, { at: 10 })], [step(10)])
  await world.append([point(1, { at: 11 })], [step(11), step(200)])
  const all = [hour(0, 3), hour(2, 0), hour(3, 3)]
  assert.deepEqual(await world.store.chunks.list('cloud', minutes(0, 600)), all)
  assert.deepEqual(await world.store.chunks.list('cloud', minutes(59, 180)), [hour(0, 3), hour(2, 0)])
  assert.deepEqual(await world.store.chunks.list('cloud', minutes(60, 120)), [])
  assert.deepEqual(await world.store.chunks.list('nowhere', minutes(0, 600)), [])
  await world.reopen()
  assert.deepEqual(await world.store.chunks.list('cloud', minutes(0, 600)), all)
})

test('marks come in the order of their commits, as many as asked for', async () => {
  await using world = await openWorld()
  await world.append([point(1)], [step(1), step(2)])
  await world.append([point(1)], [step(3, 'other')])
  await world.append([point(1)], [step(5), step(4)])
  const marks = async (after: number, limit: number) =>
    (await world.store.chunks.marks(after, limit)).map(({ seq, dataset, stepMs }) => [seq, dataset, stepMs])
  const all = [
    [1, 'cloud', minute(1)],
    [1, 'cloud', minute(2)],
    [2, 'other', minute(3)],
    [3, 'cloud', minute(4)],
    [3, 'cloud', minute(5)],
  ]
  assert.deepEqual(await marks(0, 100), all)
  assert.deepEqual(await marks(0, 4), all.slice(0, 4))
  assert.deepEqual(await marks(1, 1), all.slice(2, 3))
  assert.deepEqual(await marks(3, 5), [])
})

test('listeners hear of commits with marks until they unsubscribe', async () => {
  await using world = await openWorld()
  let heard = 0
  const off = world.store.chunks.onMarks(() => heard++)
  await world.append([point(1)])
  await sleep(1)
  assert.equal(heard, 0)
  await world.append([point(1)], [step(0)])
  await sleep(1)
  assert.equal(heard, 1)
  off()
  await world.append([point(1)], [step(0)])
  await sleep(1)
  assert.equal(heard, 1)
})

test('asOf is what the composition says', async () => {
  await using world = await openWorld()
  assert.equal(world.store.chunks.asOf(), NOW)
})
