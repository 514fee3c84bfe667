import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY_MS, HOUR_MS } from '../../../src/model/granularity.ts'
import { datasetOf } from '../../ingest/otlp/memory-catalog.ts'
import { identity, measureOf, minute, minutes, NOW, openWorld, point, reading, sumsIn } from './duckdb-fixture.ts'

const RETENTION = { retentionRawMs: 2 * HOUR_MS }
const byTopic = { groupBy: ['topic'], intervals: [minutes(120, 240)] }
const at = (topic: string, n: number) => point(1, { labels: { topic }, at: n })

test('points, marks and series before the retention edge go, what is left of the edge hour stays', async () => {
  await using world = await openWorld(RETENTION)
  await world.append(
    [at('old', 0), at('old', 119), at('both', 1), at('both', 121), at('new', 150)],
    [
      { dataset: 'cloud', stepMs: minute(5) },
      { dataset: 'cloud', stepMs: minute(121) },
    ],
  )
  world.now = minute(4 * 60 + 30)
  await world.store.expire(world.now)
  assert.deepEqual(sumsIn(await world.states(byTopic)), { both: 1, new: 1 })
  assert.deepEqual([world.store.stats().points, world.store.stats().series], [2, 2])
  assert.deepEqual(
    (await world.store.chunks.marks(0, 10)).map(({ stepMs }) => stepMs),
    [minute(121)],
  )
  assert.deepEqual(
    (await world.store.chunks.list('cloud', minutes(0, 600))).map(({ start }) => start),
    [minute(120)],
  )
  const counted = [world.store.stats(), world.store.source.coverage('cloud', 'raw', [measureOf()])]
  await world.reopen()
  assert.deepEqual([world.store.stats(), world.store.source.coverage('cloud', 'raw', [measureOf()])], counted)
})

test('a series that comes back after it went is stored again', async () => {
  await using world = await openWorld(RETENTION)
  await world.append([at('a', 0)])
  world.now = minute(300)
  await world.store.expire(world.now)
  assert.equal(world.store.stats().series, 0)
  await world.append([at('a', 200)])
  assert.deepEqual(sumsIn(await world.states({ ...byTopic, intervals: [minutes(180, 240)] })), { a: 1 })
  await world.reopen()
  assert.deepEqual(sumsIn(await world.states({ ...byTopic, intervals: [minutes(180, 240)] })), { a: 1 })
})

test('each dataset has its own retention, and one that no catalog knows is left alone', async () => {
  await using world = await openWorld()
  world.catalog.set(datasetOf('cloud', RETENTION), datasetOf('long', { retentionRawMs: DAY_MS }))
  await world.append(['cloud', 'long', 'gone'].map((dataset) => point(1, { dataset })))
  world.now = minute(300)
  await world.store.expire(world.now)
  const sum = async (dataset: string) => (await world.states({ dataset })).rows[0]?.states[0]?.sum
  assert.deepEqual([await sum('long'), await sum('gone'), world.store.stats().points], [1, 1, 2])
})

test('commits during expiry lose nothing, also of the series that goes', async () => {
  await using world = await openWorld(RETENTION)
  await world.append(Array.from({ length: 3_000 }, (_, i) => at(`t${i}`, i % 60)))
  world.now = minute(300)
  const expiring = world.store.expire(world.now)
  const appending = Promise.all(
    [0, 1, 2].map((n) => world.append(Array.from({ length: 500 }, (_, i) => at(`t${i}`, 200 + n)))),
  )
  await Promise.all([expiring, appending])
  const frame = await world.states({ ...byTopic, intervals: [minutes(180, 240)] })
  assert.equal(frame.rows.length, 500)
  assert.ok(frame.rows.every(({ states }) => states[0]?.sum === 3))
  assert.deepEqual([world.store.stats().points, world.store.stats().series], [1_500, 500])
})

test('an hour of very many points is deleted in several steps', async () => {
  await using world = await openWorld(RETENTION)
  const points = Array.from({ length: 120_000 }, (_, i) => at(`t${i % 50}`, i % 60))
  await world.append(points)
  world.now = minute(300)
  await world.store.expire(world.now)
  assert.equal(world.store.stats().points, 0)
  await world.reopen()
  assert.equal(world.store.stats().points, 0)
})

test('stream state goes by when it was seen: readings after the longest retention, identities after the longest dedupe', async () => {
  await using world = await openWorld({ ...RETENTION, dedupeMs: HOUR_MS })
  const seen = (ageMs: number) => ({ seenMs: NOW - ageMs })
  const readings = [reading('old', 1, seen(2 * HOUR_MS + 1)), reading('new', 1, seen(2 * HOUR_MS - 1))]
  const identities = [identity('old', seen(HOUR_MS + 1)), identity('new', seen(HOUR_MS - 1))]
  await world.store.writer.append({ points: [], arrivedMs: NOW - DAY_MS }, { readings, identities }, [])
  await world.store.expire(NOW)
  assert.deepEqual(await world.store.writer.restore(0), { readings: [readings[1]], identities: [identities[1]] })
  await world.reopen()
  assert.equal(await world.append([]), 2, 'the last commit is remembered, however old')
})

test('running it again deletes nothing more', async () => {
  await using world = await openWorld(RETENTION)
  await world.append([at('a', 0), at('b', 200)])
  world.now = minute(300)
  await world.store.expire(world.now)
  const before = world.store.stats()
  await Promise.all([world.store.expire(world.now), world.store.expire(world.now)])
  assert.deepEqual(world.store.stats(), before)
})
