import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RAW_NEWEST } from '../../../src/model/coverage.ts'
import { LanewayError } from '../../../src/model/errors.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/model/granularity.ts'
import { datasetOf } from '../../ingest/otlp/memory-catalog.ts'
import { measureOf, minute, minutes, NOW, never, openWorld, point, scanOf, sumsIn, T0 } from './duckdb-fixture.ts'

const hasCode = (code: string) => (error: unknown) => error instanceof LanewayError && error.code === code
const END_OF_TIME = 8.64e15
const EDGE = Math.floor((NOW - DAY_MS) / HOUR_MS) * HOUR_MS

test('coverage reaches from the retention edge to the end of time, settled up to the watermark', async () => {
  await using world = await openWorld()
  const { runs, asOf } = world.store.source.coverage('cloud', 'raw', [measureOf()])
  const watermark = minute(88)
  assert.equal(asOf, NOW)
  assert.deepEqual(
    runs.map(({ interval, settled }) => [interval.start, interval.end, settled]),
    [
      [EDGE, watermark, true],
      [watermark, END_OF_TIME, false],
    ],
  )
  for (const run of runs) assert.deepEqual([run.dirty, run.raw, run.through, run.rows], [false, RAW_NEWEST, NOW, 0])
})

test('coverage is cut at hours that hold points and counts those of the asked metrics', async () => {
  await using world = await openWorld()
  await world.append([
    point(1, { at: 5 }),
    point(1, { at: 50 }),
    point(1, { at: 70 }),
    point(1, { metric: 'other', at: 5 }),
  ])
  const coverage = (...metrics: string[]) =>
    world.store.source
      .coverage(
        'cloud',
        'raw',
        metrics.map((metric) => measureOf({ metric })),
      )
      .runs.map(({ interval, rows }) => [(interval.start - T0) / MINUTE_MS, (interval.end - T0) / MINUTE_MS, rows])
  const [before, end] = [(EDGE - T0) / MINUTE_MS, (END_OF_TIME - T0) / MINUTE_MS]
  const cut = (first: number) => [
    [before, 0, 0],
    [0, 60, first],
    [60, 88, 1],
    [88, 120, 1],
    [120, end, 0],
  ]
  assert.deepEqual(coverage('bytes_in'), cut(2))
  assert.deepEqual(coverage('bytes_in', 'other'), cut(3))
  assert.deepEqual(coverage(), cut(3))
  assert.deepEqual(coverage('unknown'), [
    [before, 88, 0],
    [88, end, 0],
  ])
})

test('the settled part grows with asOf, by whole steps', async () => {
  await using world = await openWorld()
  const settledEnd = () => world.store.source.coverage('cloud', 'raw', []).runs[0]!.interval.end
  assert.equal(settledEnd(), minute(88))
  world.now = NOW + 29_999
  assert.equal(settledEnd(), minute(88))
  world.now = NOW + 30_000
  assert.equal(settledEnd(), minute(89))
})

test('rollup versions and unknown datasets are not covered', async () => {
  await using world = await openWorld()
  assert.deepEqual(world.store.source.coverage('cloud', 'aaaaaaaaaaaaaaaa', []).runs, [])
  assert.deepEqual(world.store.source.coverage('nowhere', 'raw', []).runs, [])
  const rollup = world.states({ version: 'aaaaaaaaaaaaaaaa', rollup: 'cloud/topic_1m' })
  await assert.rejects(rollup, hasCode('EDGE_UNAVAILABLE'))
})

test('coverage stays true after closing, and reads fail', async () => {
  await using world = await openWorld()
  await world.append([point(1)])
  const before = world.store.source.coverage('cloud', 'raw', [measureOf()])
  await world.store.close()
  assert.deepEqual(world.store.source.coverage('cloud', 'raw', [measureOf()]), before)
  await assert.rejects(world.states(), hasCode('SOURCE_FAILED'))
  await assert.rejects(world.labels(), hasCode('SOURCE_FAILED'))
  await assert.rejects(world.append([point(1)]), hasCode('STORE_UNWRITABLE'))
})

test('where retention grew, what was deleted before stays uncovered', async () => {
  await using world = await openWorld({ retentionRawMs: HOUR_MS })
  await world.append([point(1)])
  world.now = NOW + HOUR_MS
  await world.store.expire(world.now)
  const edge = world.store.source.coverage('cloud', 'raw', []).runs[0]!.interval.start
  world.catalog.set(datasetOf('cloud', { retentionRawMs: 7 * DAY_MS }))
  assert.equal(world.store.source.coverage('cloud', 'raw', []).runs[0]!.interval.start, edge)
  await world.reopen()
  assert.equal(world.store.source.coverage('cloud', 'raw', []).runs[0]!.interval.start, edge)
  await assert.rejects(world.states(), hasCode('EDGE_UNAVAILABLE'))
})

test('a frame carries the greatest late mark of the hours it touches, and the asOf from before it was read', async () => {
  await using world = await openWorld()
  await world.append([point(1)], [{ dataset: 'cloud', stepMs: minute(59) }])
  await world.append([point(1, { at: 61 })], [{ dataset: 'cloud', stepMs: minute(61) }])
  await world.append([point(1, { dataset: 'other' })], [{ dataset: 'other', stepMs: minute(0) }])
  const raw = async (from: number, to: number) => (await world.states({ intervals: [minutes(from, to)] })).raw
  assert.deepEqual(await Promise.all([raw(0, 1), raw(60, 61), raw(59, 61), raw(180, 190)]), [1, 2, 2, 0])
  const apart = await world.states({ intervals: [minutes(0, 1), minutes(180, 181)] })
  assert.deepEqual([apart.raw, apart.asOf], [1, NOW])
  assert.equal((await world.labels({ intervals: [minutes(60, 61)] })).raw, 2)
  const running = world.states()
  world.now = NOW + 1
  assert.equal((await running).asOf, NOW)
})

test('several metrics meet in one row; a metric without points is absent there', async () => {
  await using world = await openWorld()
  const [a, b] = [{ topic: 'a' }, { topic: 'b' }]
  await world.append([
    point(1, { labels: a }),
    point(5, { labels: a, metric: 'records' }),
    point(7, { labels: b, metric: 'records' }),
  ])
  const measures = [
    measureOf(),
    measureOf({ metric: 'records' }),
    measureOf({ space: 'COUNT' }),
    measureOf({ metric: 'none' }),
  ]
  const { rows, rowsRead } = await world.states({ groupBy: ['topic'], measures })
  const values = Object.fromEntries(
    rows.map(({ group, states }) => [group[0], states.map((state) => state?.sum ?? null)]),
  )
  assert.deepEqual(values, { a: [1, 5, 1, null], b: [null, 7, null, null] })
  assert.equal(rowsRead, 3)
})

test('a metric is read as the catalog types it: values of another kind are absent', async () => {
  await using world = await openWorld()
  await world.append([point(1), point(2.5, { type: 'COUNTER_DOUBLE', at: 1 })])
  const sum = async (type: 'COUNTER_INT64' | 'COUNTER_DOUBLE') =>
    (await world.states({ measures: [measureOf({ type })] })).rows[0]?.states[0]?.sum
  assert.deepEqual([await sum('COUNTER_INT64'), await sum('COUNTER_DOUBLE')], [1, 2.5])
})

test('sums of doubles come out the same to the last bit every time', async () => {
  await using world = await openWorld()
  const points = Array.from({ length: 20_000 }, (_, i) =>
    point(Math.sin(i) * 10 ** (i % 12), { type: 'COUNTER_DOUBLE', labels: { host: `h${i % 400}` }, at: i % 60 }),
  )
  await world.append(points)
  const measures = (['SUM', 'MAX'] as const).map((space) => measureOf({ type: 'COUNTER_DOUBLE', space }))
  const answers = await Promise.all(Array.from({ length: 6 }, () => world.states({ measures })))
  await world.reopen()
  answers.push(await world.states({ measures }))
  for (const answer of answers) assert.deepEqual(answer.rows, answers[0]!.rows)
})

test('names and values from users are never part of a statement', async () => {
  await using world = await openWorld()
  const name = `x'] = 'y' OR TRUE; DROP TABLE points; -- "`
  await world.append([point(1, { labels: { [name]: name }, metric: name, dataset: name })])
  const asked = { dataset: name, groupBy: [name], measures: [measureOf({ metric: name })] }
  const filter = { kind: 'eq', label: name, value: name } as const
  assert.deepEqual((await world.states({ ...asked, filter })).rows[0]?.group, [name])
  assert.deepEqual((await world.states({ ...asked, filter: { kind: 'not', filter } })).rows, [])
  assert.deepEqual((await world.labels({ ...asked, filter })).groups, [[name]])
})

test('labels answers the groups that have points in the intervals', async () => {
  await using world = await openWorld()
  await world.append([
    point(1, { labels: { topic: 'a' } }),
    point(1, { labels: { topic: 'b' }, at: 30 }),
    point(1, { at: 1, metric: 'other' }),
  ])
  const groups = async (over: Parameters<typeof world.labels>[0]) =>
    (await world.labels({ groupBy: ['topic'], ...over })).groups
  assert.deepEqual(await groups({ intervals: [minutes(0, 10)] }), [['a']])
  assert.deepEqual((await groups({})).map(String).sort(), ['a', 'b'])
  assert.deepEqual((await groups({ measures: [] })).map(String).sort(), ['', 'a', 'b'])
  assert.deepEqual(await groups({ groupBy: [] }), [[]])
  assert.deepEqual(await groups({ intervals: [] }), [])
})

test('a signal that is aborted already reads nothing', async () => {
  await using world = await openWorld()
  const reason = new Error('gone')
  await assert.rejects(world.store.source.run(scanOf('states'), AbortSignal.abort(reason)), reason)
})

test('a read that began before a commit does not see it, one that begins after does', async () => {
  await using world = await openWorld()
  await world.append([point(1, { labels: { topic: 'a' } })])
  const reading = world.states({ groupBy: ['topic'] })
  const [before] = await Promise.all([reading, world.append([point(2, { labels: { topic: 'a' } })])])
  assert.ok([1, 3].includes(Number(sumsIn(before).a)))
  assert.deepEqual(sumsIn(await world.store.source.run(scanOf('states', { groupBy: ['topic'] }), never)), { a: 3 })
})
