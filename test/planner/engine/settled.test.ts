import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { CHANNELS } from '../../../src/model/channels.ts'
import { LanewayError } from '../../../src/model/errors.ts'
import { scopeOf } from '../../../src/model/scope.ts'
import { LATENESS_MS, minute, rollupOf } from '../../cache/push/push-fixture.ts'
import {
  catalogOf,
  familyIn,
  fill,
  metricOf,
  minutesOf,
  ORDERS_1M,
  openSettled,
  orders,
  SIZE_1M,
  size,
  spoil,
  valuesOf,
} from './settled-world.ts'

const LOOKBACK = { kind: 'lookback', ms: 300_000 } as const

test('the newest settled bucket is told: an open or a dirty one is not', async () => {
  const world = openSettled()
  fill(world, 7, { 'c1/a': 7 })
  fill(world, 8, { 'c1/a': 8 })
  spoil(world, 8, 5)
  fill(world, 9, { 'c1/a': 9 }, { through: minute(10) + LATENESS_MS - 1 })
  const family = familyIn(await world.ask(), 'orders')!
  assert.deepEqual(minutesOf(family), [7])
  assert.deepEqual(valuesOf(family), { 'c1/a': '7' })
})

test('all metrics tell the same bucket when they can, and do not wait for one that is far behind', async () => {
  const world = openSettled()
  for (const at of [6, 7, 8]) fill(world, at, { 'c1/a': at })
  for (const at of [6, 7]) fill(world, at, { 'c1/a': at }, { rollup: SIZE_1M })
  const together = await world.ask()
  assert.deepEqual(together.families.map(minutesOf), [[7], [7]])
  for (const at of [9, 10, 11, 12]) fill(world, at, { 'c1/a': at })
  world.now = minute(15)
  assert.deepEqual((await world.ask()).families.map(minutesOf), [[12], [7]])
})

test('a metric never goes back to an older bucket than it has told', async () => {
  const world = openSettled()
  for (const at of [6, 7, 8]) fill(world, at, { 'c1/a': at })
  assert.deepEqual(minutesOf(familyIn(await world.ask(), 'orders')!), [8])
  fill(world, 7, { 'c1/a': 7 }, { rollup: SIZE_1M })
  assert.deepEqual((await world.ask()).families.map(minutesOf), [[8], [7]])
})

test('a told value stays when the window is rolled up again, is dirty or gone; each corrected bucket is counted once', async () => {
  const world = openSettled()
  const told: unknown[] = []
  const listen = (message: unknown) => told.push(message)
  subscribe(CHANNELS.export, listen)
  try {
    fill(world, 7, { 'c1/a': 7, 'c1/b': 1 })
    fill(world, 8, { 'c1/a': 8 })
    await world.ask({ time: LOOKBACK })
    fill(world, 7, { 'c1/a': 7, 'c1/b': 1 }, { epoch: 2, raw: 2 })
    await world.ask()
    assert.deepEqual(told, [], 'rolled up again to the same values')
    fill(world, 7, { 'c1/a': 700 }, { epoch: 3, raw: 3 })
    spoil(world, 8, 4)
    const family = familyIn(await world.ask({ time: LOOKBACK }), 'orders')
    assert.deepEqual(valuesOf(family), { 'c1/a': '7 8', 'c1/b': '1 ·' })
    fill(world, 7, { 'c1/a': 701 }, { epoch: 4, raw: 5 })
    world.table.clear()
    assert.deepEqual(valuesOf(familyIn(await world.ask({ time: LOOKBACK }), 'orders')), {
      'c1/a': '7 8',
      'c1/b': '1 ·',
    })
    assert.deepEqual(told, [{ event: 'corrected', buckets: 1 }])
  } finally {
    unsubscribe(CHANNELS.export, listen)
  }
})

test('lookback and since choose buckets by their start; what was corrected before it was first told is told corrected', async () => {
  const world = openSettled()
  for (const at of [3, 4, 5, 6, 7, 8]) fill(world, at, { 'c1/a': at })
  await world.ask()
  fill(world, 7, { 'c1/a': 70 }, { epoch: 2, raw: 2 })
  const three = familyIn(await world.ask({ time: { kind: 'lookback', ms: 180_000 } }), 'orders')!
  assert.deepEqual(minutesOf(three), [6, 7, 8])
  assert.deepEqual(valuesOf(three), { 'c1/a': '6 70 8' })
  assert.deepEqual(
    minutesOf(familyIn(await world.ask({ time: { kind: 'since', ms: minute(5) } }), 'orders')!),
    [5, 6, 7, 8],
  )
  assert.deepEqual(
    minutesOf(familyIn(await world.ask({ time: { kind: 'since', ms: minute(5) + 1 } }), 'orders')!),
    [6, 7, 8],
  )
  assert.deepEqual((await world.ask({ time: { kind: 'since', ms: minute(9) } })).families, [])
  assert.deepEqual(minutesOf(familyIn(await world.ask({ time: { kind: 'lookback', ms: 1 } }), 'orders')!), [8])
})

test('a metric whose buckets are all older than the lookback is cold', async () => {
  const world = openSettled()
  fill(world, 7, { 'c1/a': 7 })
  world.now = minute(8) + 900_001
  const { families, unsettled } = await world.ask()
  assert.deepEqual(families, [])
  assert.deepEqual(
    unsettled.map(({ metric, why }) => [metric.name, why]),
    [
      ['orders', 'cold'],
      ['size', 'cold'],
    ],
  )
})

test('totals begin with the first bucket asked for and add each bucket once, holes when they settle', async () => {
  const world = openSettled()
  const ask = async (time: typeof LOOKBACK | { kind: 'newest' } = { kind: 'newest' }) =>
    familyIn(await world.ask({ counters: 'cumulative', metrics: ['orders'], time }), 'orders')!
  fill(world, 5, { 'c1/a': 5 })
  const first = await ask()
  assert.deepEqual(
    [...first.series()].map((each) => [each!.values, each!.created]),
    [[[5], [minute(5)]]],
  )
  fill(world, 6, { 'c1/a': 1000 })
  spoil(world, 6, 9)
  fill(world, 7, { 'c1/a': 7, 'c1/b': 1 })
  world.now = minute(13)
  assert.deepEqual(valuesOf(await ask()), { 'c1/a': '12', 'c1/b': '1' })
  fill(world, 6, { 'c1/a': 6 }, { epoch: 2, raw: 9 })
  assert.deepEqual(valuesOf(await ask()), { 'c1/a': '12', 'c1/b': '1' }, 'what was told stays')
  fill(world, 8, { 'c1/b': 2 })
  const all = await ask(LOOKBACK)
  assert.deepEqual(minutesOf(all), [5, 7, 8])
  assert.deepEqual(valuesOf(all), { 'c1/a': '5 12 18', 'c1/b': '· 1 3' })
  assert.deepEqual([...all.series()][1]!.created, [0, minute(7), minute(7)])
  assert.equal(
    familyIn(await world.ask({ counters: 'cumulative' }), 'size')?.counted,
    undefined,
    'gauges have no totals',
  )
})

test('totals go on through buckets that nobody asked for, and keep every digit', async () => {
  const world = openSettled()
  const ask = async () => valuesOf(familyIn(await world.ask({ counters: 'cumulative', metrics: ['orders'] }), 'orders'))
  fill(world, 1, { 'c1/a': '9007199254740993' })
  world.now = minute(4)
  assert.deepEqual(await ask(), { 'c1/a': '9007199254740993' })
  for (let at = 2; at < 40; at++) fill(world, at, { 'c1/a': 1 })
  world.now = minute(42)
  assert.deepEqual(await ask(), { 'c1/a': '9007199254741031' })
})

test('totals begin anew, with a new created time, when a bucket is lost for good', async () => {
  const world = openSettled()
  const ask = async () =>
    [...familyIn(await world.ask({ counters: 'cumulative', metrics: ['orders'] }), 'orders')!.series()][0]!
  fill(world, 1, { 'c1/a': 100 })
  world.now = minute(4)
  await ask()
  fill(world, 3, { 'c1/a': 3 })
  world.now = minute(6)
  assert.deepEqual((await ask()).values, [103], 'minute 2 may still come')
  for (let at = 4; at < 20; at++) fill(world, at, { 'c1/a': 1 })
  world.now = minute(22)
  const anew = await ask()
  assert.deepEqual([anew.values, anew.created], [[1], [minute(19)]])
})

test('a series without points keeps its total for a while, then it is forgotten', async () => {
  const world = openSettled({ limits: { idleMsMax: 600_000 } })
  const ask = async () => valuesOf(familyIn(await world.ask({ counters: 'cumulative', metrics: ['orders'] }), 'orders'))
  fill(world, 1, { 'c1/a': 5, 'c1/b': 1 })
  world.now = minute(4)
  await ask()
  for (let at = 2; at < 20; at++) {
    fill(world, at, { 'c1/b': 1 })
    world.now = minute(at + 3)
    const totals = await ask()
    assert.equal(totals['c1/a'], at <= 11 ? '5' : undefined, `minute ${at}`)
    assert.equal(totals['c1/b'], String(at))
  }
})

test('a caller sees the series of its constraints, and is refused when all it names is foreign', async () => {
  const world = openSettled()
  fill(world, 7, { 'c1/a': 1, 'c2/a': 2, '-/a': 3 })
  const scope = scopeOf('t', null, [{ label: 'cluster', values: ['c2'] }])
  assert.deepEqual(valuesOf(familyIn(await world.ask({}, scope), 'orders')), { 'c2/a': '2' })
  const anyOf = [{ label: 'cluster', values: ['c1', 'c2'] }]
  assert.deepEqual(valuesOf(familyIn(await world.ask({ anyOf }, scope), 'orders')), { 'c2/a': '2' })
  await assert.rejects(
    world.ask({ anyOf: [{ label: 'cluster', values: ['c1'] }] }, scope),
    (error) => error instanceof LanewayError && error.code === 'FORBIDDEN',
  )
})

test('a constrained caller never gets values of a rollup that does not keep the label', async () => {
  const topics = rollupOf({ ...ORDERS_1M, name: 'topics', id: 'cloud/topics', labels: ['topic'] })
  const world = openSettled({ rollups: [topics] })
  const scope = scopeOf('t', null, [{ label: 'cluster', values: ['c2'] }])
  fill(world, 7, { a: 1 }, { rollup: topics })
  const { families, unsettled } = await world.ask({ metrics: ['orders'] }, scope)
  assert.deepEqual([families, unsettled.map(({ why }) => why)], [[], ['cold']])
})

test('one of the choices must hold; metrics that have none of the labels are left out', async () => {
  const world = openSettled({ metrics: [metricOf(orders), metricOf(size, { labels: ['topic'] })] })
  fill(world, 7, { 'c1/a': 1, 'c1/b': 2, 'c2/b': 3 })
  const either = await world.ask({
    anyOf: [
      { label: 'cluster', values: ['c2'] },
      { label: 'topic', values: ['a'] },
    ],
  })
  assert.deepEqual(valuesOf(familyIn(either, 'orders')), { 'c1/a': '1', 'c2/b': '3' })
  const { families, unsettled } = await world.ask({ anyOf: [{ label: 'cluster', values: ['c2'] }] })
  assert.deepEqual([families.length, unsettled.length], [1, 0])
})

test('of several rollups the one with most labels serves; coarse and filtered ones never do', async () => {
  const few = rollupOf({ ...ORDERS_1M, name: 'a_few', id: 'cloud/a_few', defHash: 'c'.repeat(16), labels: ['topic'] })
  const hour = rollupOf({ ...ORDERS_1M, name: 'hour', id: 'cloud/hour', defHash: 'd'.repeat(16), grain: 'PT1H' })
  const part = rollupOf({
    ...ORDERS_1M,
    name: 'a_part',
    id: 'cloud/a_part',
    defHash: 'e'.repeat(16),
    filter: { kind: 'eq', label: 'cluster', value: 'c1' },
  })
  const world = openSettled({ rollups: [few, hour, part, ORDERS_1M], metrics: [metricOf(orders)] })
  fill(world, 7, { 'c1/a': 1 })
  assert.deepEqual(familyIn(await world.ask(), 'orders')!.labels, ['cluster', 'topic'])
})

test('a new version of the rollup tells nothing that the one before has told', async () => {
  const wider = rollupOf({ ...ORDERS_1M, defHash: 'f'.repeat(16), labels: ['cluster', 'topic', 'zone'] })
  const world = openSettled({ rollups: [ORDERS_1M], metrics: [metricOf(orders)] })
  for (const at of [6, 7]) fill(world, at, { 'c1/a': at })
  await world.ask()
  world.table.define([ORDERS_1M, wider])
  world.catalog = catalogOf([metricOf(orders)], [wider])
  for (const at of [6, 7, 8]) fill(world, at, { 'c1/a/-': at * 10 }, { rollup: wider })
  const family = familyIn(await world.ask({ time: LOOKBACK }), 'orders')!
  assert.deepEqual([minutesOf(family), valuesOf(family)], [[8], { 'c1/a/-': '80' }])
})

test('an empty label counts as none, and what cannot be told apart then is added up', async () => {
  const world = openSettled()
  fill(world, 7, { 'c1/': 1, 'c1/-': 2, 'c1/\ud800': 3, 'c1/\udbff': 4, 'c1/a': 5 })
  const lone = '\ufffd'
  assert.deepEqual(valuesOf(familyIn(await world.ask(), 'orders')), { 'c1/-': '3', 'c1/a': '5', [`c1/${lone}`]: '7' })
})

test('memory is bounded: the oldest buckets go, are never told again, and the newest stays', async () => {
  const world = openSettled({ limits: { keptBytesMax: 1 } })
  for (const at of [6, 7, 8]) fill(world, at, { 'c1/a': at })
  await world.ask({ time: LOOKBACK })
  fill(world, 7, { 'c1/a': 700 }, { epoch: 2, raw: 2 })
  const family = familyIn(await world.ask({ time: LOOKBACK }), 'orders')!
  assert.deepEqual([minutesOf(family), valuesOf(family)], [[8], { 'c1/a': '8' }])
})

test('askers at once share one read of each bucket, and equal answers have equal versions', async () => {
  const world = openSettled()
  fill(world, 7, { 'c1/a': 7 })
  let reads = 0
  const begin = world.table.begin.bind(world.table)
  world.table.begin = (...request) => {
    reads++
    return begin(...request)
  }
  const answers = await Promise.all([world.ask(), world.ask(), world.ask()])
  assert.equal(reads, 1)
  assert.equal(new Set(answers.map(({ version }) => version)).size, 1)
  fill(world, 8, { 'c1/a': 8 })
  assert.notEqual((await world.ask()).version, answers[0].version)
})

test('unknown datasets and metrics are named', async () => {
  const world = openSettled({ metrics: [metricOf(orders), metricOf(size, { exportable: false })] })
  const code = (expected: string, text: string) => (error: Error) =>
    error instanceof LanewayError
      ? error.code === expected && error.message.includes(text)
      : JSON.stringify(error).includes(expected)
  await assert.rejects(world.ask({ metrics: ['nope'] }), code('METRIC_UNKNOWN', 'orders'))
  await assert.rejects(world.ask({ metrics: ['size'] }), code('METRIC_UNKNOWN', 'not exportable'))
  await assert.rejects(world.ask({ dataset: 'nope' }), /nope/)
})
