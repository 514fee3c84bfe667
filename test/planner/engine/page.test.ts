import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UNSCOPED } from '../../../src/model/scope.ts'
import type { AskOptions, PageAnswer, PageRequest, QueryRequest } from '../../../src/planner/engine.ts'
import { minute, minutes } from '../../cache/push/push-fixture.ts'
import type { RawData } from '../memory-raw.ts'
import { type EngineWorld, engineWorld, never, rollUp, usualData, type WorldOptions } from './engine-world.ts'

const question: QueryRequest = {
  dataset: 'cloud',
  aggregations: [{ metric: 'bytes' }],
  groupBy: ['cluster', 'topic'],
  granularity: 'PT5M',
  intervals: ['2026-11-21T10:00:00Z/PT30M'],
  limit: 2,
}
const options: AskOptions = { scope: UNSCOPED, signal: never }
const FIRST: PageRequest = { from: 0, frozen: null }

function pushed(over: WorldOptions = {}): EngineWorld {
  const world = engineWorld(over)
  rollUp(world.table, world.raw.data, minutes(0, 58))
  return world
}

const after = ({ frame, frozen }: PageAnswer, from = 0): PageRequest => ({ from: from + frame.series.length, frozen })
const groupsOf = ({ frame }: PageAnswer) => frame.series.map(({ group }) => group.join())

/** Every value is one more than it was, in data and in the table. */
function change({ table, raw }: EngineWorld): void {
  const series = raw.data.series.map((each) => ({
    ...each,
    values: each.values.map((value) => (value === undefined ? undefined : Number(value) + 1)),
  }))
  raw.data = { ...raw.data, series } satisfies RawData
  raw.version++
  rollUp(table, raw.data, minutes(0, 58), { epoch: 2, raw: raw.version })
}

const notKept = { parts: { paging: { keptBytesMax: 1, keptMs: 60_000 } } }

test('pages joined are the answer of the first page’s moment, whatever has changed since', async () => {
  const world = pushed()
  const whole = await world.engine.answer({ ...question, limit: 100 }, 'summary', options)
  const first = await world.engine.page(question, FIRST, options)
  change(world)
  world.clock.nowMs += 30_000
  const second = await world.engine.page(question, after(first), options)
  assert.deepEqual([groupsOf(first), groupsOf(second)], [['c1,a', 'c1,b'], ['c2,a']])
  assert.deepEqual([...first.frame.series, ...second.frame.series], whole.frame.series)
  assert.deepEqual([first.groupsLeft, second.groupsLeft], [1, 0])
  assert.deepEqual([first.frame.truncated, second.frame.truncated], [true, false])
  assert.deepEqual([second.frame.groupsTotal, second.freshness, second.plan], [3, first.freshness, first.plan])
  assert.deepEqual(world.raw.scans, [])
})

test('the first page is what the same question answers without paging', async () => {
  const world = pushed()
  const page = await world.engine.page(question, FIRST, options)
  const { timings: _, ...answer } = await world.engine.answer(question, 'summary', options)
  const { frozen: _frozen, groupsLeft: _left, expiresMs, timings: _timings, ...same } = page
  assert.deepEqual(same, answer)
  assert.equal(expiresMs, world.clock.nowMs + 600_000)
})

test('what is not kept is asked again, and belongs to the answer while nothing has changed', async () => {
  const world = pushed(notKept)
  const first = await world.engine.page(question, FIRST, options)
  world.clock.nowMs += 90_000
  rollUp(world.table, world.raw.data, minutes(58, 61))
  const second = await world.engine.page(question, after(first), options)
  assert.deepEqual(groupsOf(second), ['c2,a'])
  assert.deepEqual(second.frozen, first.frozen)
  change(world)
  await assert.rejects(world.engine.page(question, after(first), options), {
    code: 'PAGE_TOKEN_EXPIRED',
    message: /its data has changed/,
  })
})

test('another gateway with the same data goes on where the first has stopped', async () => {
  const first = await pushed().engine.page(question, FIRST, options)
  const other = pushed()
  other.clock.nowMs += 45_000
  const second = await other.engine.page(question, after(first), options)
  assert.deepEqual(groupsOf(second), ['c2,a'])
})

test('what was open may go on too, while the answer is the same; whoever serves it does not count', async () => {
  const world = engineWorld(notKept)
  const open = { ...question, intervals: ['PT30M/now'] }
  const first = await world.engine.page(open, FIRST, options)
  world.clock.nowMs += 300_000
  rollUp(world.table, world.raw.data, minutes(0, 61))
  const second = await world.engine.page(open, after(first), options)
  assert.deepEqual(
    [groupsOf(second), first.freshness.sources, second.freshness.sources],
    [['c2,a'], ['duckdb'], ['push']],
  )
})

test('one point more in any group, whichever page it is on, ends the pages', async () => {
  for (const group of [0, 1, 2]) {
    const world = engineWorld(notKept)
    const first = await world.engine.page(question, FIRST, options)
    const { data } = world.raw
    const one = (values: readonly (number | bigint | undefined)[]) => values.with(7, Number(values[7] ?? 0) + 1)
    world.raw.data = {
      ...data,
      series: data.series.map((each, i) => (i === group ? { ...each, values: one(each.values) } : each)),
    }
    await assert.rejects(world.engine.page(question, after(first), options), { code: 'PAGE_TOKEN_EXPIRED' })
  }
})

test('a caller with constraints is not told that data of others has changed', async () => {
  const world = engineWorld(notKept)
  const scope = { tenant: 'x', datasets: null, constraints: [{ label: 'cluster', values: ['c1'] }] }
  const mine = { ...options, scope }
  const asked = { ...question, limit: 1 }
  const first = await world.engine.page(asked, FIRST, mine)
  const { data } = world.raw
  const isForeign = ({ labels }: RawData['series'][number]) => labels.cluster !== 'c1'
  const series = data.series.map((each) => (isForeign(each) ? { ...each, values: each.values.map(() => 5) } : each))
  world.raw.data = { ...data, series }
  world.raw.version++
  const again = await world.engine.page(asked, FIRST, mine)
  assert.equal(again.frozen.digest, first.frozen.digest)
  assert.deepEqual(groupsOf(await world.engine.page(asked, after(first), mine)), ['c1,b'])
})

test('what no source holds any more ends the pages', async () => {
  const world = engineWorld(notKept)
  const first = await world.engine.page(question, FIRST, options)
  world.raw.edge = minute(20)
  await assert.rejects(world.engine.page(question, after(first), options), { code: 'PAGE_TOKEN_EXPIRED' })
})

test('now stands still for all pages, with ALL, an order and fill too', async () => {
  const world = pushed()
  const asked: QueryRequest = {
    ...question,
    granularity: 'ALL',
    intervals: ['PT20M/now'],
    orderBy: { metric: 'bytes', order: 'DESCENDING' },
    limit: 1,
  }
  const whole = await world.engine.answer({ ...asked, limit: 100 }, 'summary', options)
  const pages = [await world.engine.page(asked, FIRST, options)]
  for (let i = 1; i < 3; i++) {
    world.clock.nowMs += 60_000
    pages.push(await world.engine.page(asked, after(pages.at(-1)!, i - 1), options))
  }
  assert.deepEqual(
    pages.flatMap(({ frame }) => frame.series),
    whole.frame.series,
  )
  assert.deepEqual(pages[2]?.intervals, whole.intervals)
  const filled: QueryRequest = { ...question, fill: 'null', granularity: 'PT1M', limit: 2 }
  const first = await world.engine.page(filled, FIRST, options)
  const second = await world.engine.page(filled, after(first), options)
  const all = await world.engine.answer({ ...filled, limit: 100 }, 'summary', options)
  assert.deepEqual([...first.frame.series, ...second.frame.series], all.frame.series)
})

test('nothing of a kept answer is found by a caller with other rights, by another question or at another level', async () => {
  const world = pushed()
  const first = await world.engine.page(question, FIRST, options)
  change(world)
  const isExpired = { code: 'PAGE_TOKEN_EXPIRED' }
  const scope = { tenant: 'x', datasets: null, constraints: [{ label: 'cluster', values: ['c1', 'c2'] }] }
  await assert.rejects(world.engine.page(question, after(first), { ...options, scope }), isExpired)
  const sameFilter = { tenant: 'x', datasets: ['cloud'], constraints: [] }
  await assert.rejects(world.engine.page(question, after(first), { ...options, scope: sameFilter }), isExpired)
  await assert.rejects(world.engine.page({ ...question, limit: 1 }, after(first), options), isExpired)
  await assert.rejects(world.engine.page(question, { ...after(first), level: 'full' }, options), isExpired)
})

test('one page is refused when it holds too many values, all groups together never are', async () => {
  const limits = { ...(await import('../../../src/planner/engine.ts')).DEFAULT_QUERY_LIMITS, valuesMax: 14 }
  const world = pushed({ parts: { limits }, data: usualData() })
  const first = await world.engine.page(question, FIRST, options)
  assert.equal(first.frame.series.length, 2)
  assert.equal((await world.engine.page(question, after(first), options)).groupsLeft, 0)
  await assert.rejects(world.engine.page({ ...question, limit: 3 }, FIRST, options), { code: 'QUERY_TOO_EXPENSIVE' })
})
