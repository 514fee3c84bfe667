import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { CHANNELS } from '../../src/model/channels.ts'
import { EVERYTHING } from '../../src/model/filter.ts'
import { MINUTE_MS } from '../../src/model/granularity.ts'
import type { Interval } from '../../src/model/interval.ts'
import { UNSCOPED } from '../../src/model/scope.ts'
import {
  type Answer,
  type AskOptions,
  createEngine,
  DEFAULT_QUERY_LIMITS,
  type ExplainLevel,
  type PlanReport,
  type QueryRequest,
  type StatesRequest,
} from '../../src/planner/engine.ts'
import { planRoute } from '../../src/planner/routing/plan-route.ts'
import { deliver, dirtyOf, minute, minutes, rollupOf } from '../cache/push/push-fixture.ts'
import {
  broken,
  bytes,
  catalogWith,
  datasetOf,
  type EngineWorld,
  engineWorld,
  lag,
  never,
  rollUp,
  TOPIC_1M,
  usualData,
} from './engine/engine-world.ts'

const question = (changes: Partial<QueryRequest> = {}): QueryRequest => ({
  dataset: 'cloud',
  aggregations: [{ metric: 'bytes' }],
  groupBy: [],
  granularity: 'PT5M',
  intervals: ['2026-11-21T10:00:00Z/PT1H'],
  ...changes,
})

const ask = (
  { engine }: EngineWorld,
  changes: Partial<QueryRequest> = {},
  { level = 'summary', ...options }: Partial<AskOptions> & { level?: ExplainLevel } = {},
) => engine.answer(question(changes), level, { scope: UNSCOPED, signal: never, ...options })

const total = ({ frame }: Answer): number =>
  frame.series.flatMap(({ points }) => points).reduce((sum, { values }) => sum + Number(values[0]), 0)

/** `push 10:00–10:58` */
const clockText = (interval: string): string =>
  interval
    .split('/')
    .map((time) => time.slice(11, 16))
    .join('–')
const slicesIn = ({ slices }: PlanReport): string[] =>
  slices.map(({ source, interval }) => `${source} ${clockText(interval)}`)

/** Rolled up to 10:58: the last two minutes of the hour are raw's. */
function mixedWorld(options: Parameters<typeof engineWorld>[0] = {}): EngineWorld {
  const world = engineWorld(options)
  rollUp(world.table, world.raw.data, minutes(0, 58))
  return world
}

function pushedWorld(options: Parameters<typeof engineWorld>[0] = {}): EngineWorld {
  const world = engineWorld(options)
  world.clock.nowMs = minute(63)
  rollUp(world.table, world.raw.data, minutes(0, 60))
  return world
}

const isUnavailable = { code: 'EDGE_UNAVAILABLE' }

test('push answers what it covers, raw the rest, and together they say what raw alone says', async () => {
  const world = mixedWorld()
  const changes = { aggregations: [{ metric: 'bytes' }, { metric: 'lag' }], groupBy: ['topic'] }
  const mixed = await ask(world, changes)
  const raw = await ask(world, { ...changes, avoid: ['push'] })
  assert.deepEqual(slicesIn(mixed.plan), ['push 10:00–10:58', 'duckdb 10:58–11:00'])
  assert.deepEqual(slicesIn(raw.plan), ['duckdb 10:00–11:00'])
  assert.deepEqual(mixed.frame, raw.frame)
  assert.equal(mixed.frame.series.length, 2)
  assert.deepEqual(mixed.freshness, {
    completeThrough: '2026-11-21T10:59:00Z',
    asOf: '2026-11-21T11:00:30Z',
    state: 'provisional',
    sources: ['push', 'duckdb'],
  })
})

test('an answer says what was asked and how it was answered', async () => {
  const { measures, granularity, intervals, lane, cost, timings } = await ask(mixedWorld())
  assert.deepEqual(measures, [{ ...bytes, time: 'SUM' }])
  assert.deepEqual([granularity, intervals, lane], ['PT5M', [minutes(0, 60)], 'hot'])
  assert.ok(cost > 0)
  assert.deepEqual(Object.keys(timings).sort(), ['merge', 'plan', 'queue', 'upstream'])
  assert.ok(Object.values(timings).every((ms) => ms >= 0))
})

test('what push covers wholly is answered at once, with every lane full and raw broken', async () => {
  const world = pushedWorld({ lanes: { slots: 2 } })
  const { promise, resolve } = Promise.withResolvers<void>()
  const busy = [1, 2].map(() => world.lanes.run({ lane: 'hot', cost: 1, signal: never }, () => promise))
  world.raw.failure = broken()
  const answer = await ask(world)
  assert.deepEqual(
    [answer.lane, slicesIn(answer.plan), answer.freshness.state],
    ['hot', ['push 10:00–11:00'], 'complete'],
  )
  assert.equal(answer.freshness.completeThrough, '2026-11-21T11:01:30Z')
  assert.deepEqual(world.raw.scans, [])
  resolve()
  await Promise.all(busy)
})

test('the same question at the same now has the same summary, byte by byte, whatever the clock and an unused source do', async () => {
  const world = pushedWorld()
  const now = world.clock.nowMs
  const summaryOf = async () => JSON.stringify((await ask(world, {}, { now })).plan)
  const first = await summaryOf()
  world.clock.nowMs += 7
  world.raw.failure = broken()
  world.raw.version = 9
  assert.equal(await summaryOf(), first)
  assert.equal(
    first,
    '{"catalogVersion":412,"exact":true,"asOf":"2026-11-21T11:03:00Z","slices":[{"interval":"2026-11-21T10:00:00Z/2026-11-21T11:00:00Z",' +
      '"source":"push","rollup":"cloud/topic_1m","defHash":"aaaaaaaaaaaaaaaa","grain":"PT1M","measures":["SUM:bytes"],"raw":0,' +
      '"asOf":"2026-11-21T11:03:00Z","rowsEstimated":160}],"candidates":2,"missing":[],"stale":[],"hint":null}',
  )
})

test('full adds every candidate, rows read and time; plan runs nothing', async () => {
  const world = mixedWorld()
  const { plan: full } = await ask(world, { groupBy: ['topic'] }, { level: 'full' })
  assert.deepEqual(
    (full.candidates as readonly { source: string; chosen: boolean }[]).map(({ source, chosen }) => [source, chosen]),
    [
      ['push', true],
      ['duckdb', true],
    ],
  )
  assert.ok(full.slices.every(({ rowsRead, ms }) => rowsRead! > 0 && ms! >= 0))
  world.raw.scans.length = 0
  const plan = await world.engine.explain(question({ groupBy: ['topic'] }), { scope: UNSCOPED, signal: never })
  assert.deepEqual(slicesIn(plan), slicesIn(full))
  assert.ok(plan.slices.every(({ raw, rowsRead }) => raw === null && rowsRead === undefined))
  assert.deepEqual(world.raw.scans, [])
})

test('intervals of one slice share its rows by their lengths, and slices come by time', async () => {
  const world = engineWorld()
  for (const [from, to] of [
    [0, 10],
    [20, 50],
  ] as const)
    rollUp(world.table, world.raw.data, minutes(from, to))
  const { plan } = await ask(world, { avoid: [], intervals: ['2026-11-21T10:00:00Z/PT50M'] }, { level: 'full' })
  assert.deepEqual(slicesIn(plan), ['push 10:00–10:10', 'duckdb 10:10–10:20', 'push 10:20–10:50'])
  assert.deepEqual(
    plan.slices.filter(({ source }) => source === 'push').map(({ rowsEstimated }) => rowsEstimated),
    [27, 79],
  )
})

test('windows of other raw versions, and windows that are not settled, are told apart', async () => {
  const world = mixedWorld()
  rollUp(world.table, world.raw.data, minutes(10, 12), { epoch: 2, raw: 7 })
  rollUp(world.table, world.raw.data, minutes(58, 60), { through: ({ end }) => end + 5000 })
  const { plan } = await ask(world)
  assert.deepEqual(
    plan.slices.map(({ interval, raw, asOf }) => [clockText(interval), raw, asOf?.slice(11, 19)]),
    [
      ['10:00–10:10', 0, '11:00:30'],
      ['10:10–10:12', 7, '11:00:30'],
      ['10:12–10:58', 0, '11:00:30'],
      ['10:58–10:59', 0, '10:59:05'],
      ['10:59–11:00', 0, '11:00:05'],
    ],
  )
  for (let n = 0; n < 60; n++) rollUp(world.table, world.raw.data, minutes(n, n + 1), { epoch: 3, raw: 10 + n })
  const many = await ask(world, { intervals: ['2026-11-21T10:00:00Z/PT59M'] })
  assert.equal(many.plan.slices.length, 59)
  const long = engineWorld({ data: usualData(90) })
  long.clock.nowMs = minute(95)
  for (let n = 0; n < 80; n++) rollUp(long.table, long.raw.data, minutes(n, n + 1), { raw: 10 + n })
  const told = await ask(long, { intervals: ['2026-11-21T10:00:00Z/PT80M'] })
  assert.deepEqual([slicesIn(told.plan), told.plan.slices[0]?.raw], [['push 10:00–11:20'], 10])
})

test('one request has one now and one catalog version, however long it takes', async () => {
  const world = engineWorld()
  let asked = 0
  const catalog = catalogWith(datasetOf([TOPIC_1M]))
  const counting = createEngine({
    sources: [world.raw],
    places: [{ source: 'duckdb', serves: 'raw' }],
    catalog: {
      current: () => {
        asked++
        return catalog
      },
    },
    lanes: world.lanes,
    clock: () => (world.clock.nowMs += 20_000),
    limits: DEFAULT_QUERY_LIMITS,
  })
  const answer = await counting.answer(question({ intervals: ['PT10M/now', 'now-1m/now'] }), 'summary', {
    scope: UNSCOPED,
    signal: never,
  })
  assert.equal(asked, 1)
  assert.deepEqual(answer.intervals, [minutes(51, 61)])
})

test('a piece that nobody may serve is refused with the piece, who looked and why', async () => {
  const world = mixedWorld()
  world.raw.edge = minute(30)
  await assert.rejects(ask(world, { intervals: ['2026-11-21T09:50:00Z/PT1H'] }), {
    ...isUnavailable,
    message:
      'no allowed source holds 2026-11-21T09:50:00Z/2026-11-21T10:00:00Z: duckdb (duckdb does not cover raw points there); push cloud/topic_1m (push does not cover cloud/topic_1m there)',
  })
  await assert.rejects(ask(world, { use: ['push'] }), {
    ...isUnavailable,
    message: /holds 2026-11-21T10:58:00Z\/2026-11-21T11:00:00Z: duckdb \(use names only push[^)]*\)/,
  })
  await assert.rejects(ask(world, { freshness: { kind: 'sealed' } }), {
    ...isUnavailable,
    message: /holds 2026-11-21T10:59:00Z\/2026-11-21T11:00:00Z: .*not settled yet/,
  })
  assert.deepEqual(world.raw.scans, [])
})

test('measures that are routed apart meet again, and a missing piece names whose it is', async () => {
  const world = pushedWorld()
  const aggregations = [{ metric: 'bytes' }, { metric: 'bytes', agg: 'MAX' as const }]
  const apart = await ask(world, { aggregations, groupBy: ['topic'] })
  assert.deepEqual(
    apart.plan.slices.map(({ source, measures }) => `${source} ${measures}`),
    ['duckdb MAX:bytes', 'push SUM:bytes'],
  )
  assert.deepEqual(apart.frame, (await ask(world, { aggregations, groupBy: ['topic'], avoid: ['push'] })).frame)
  await assert.rejects(ask(world, { aggregations, avoid: ['duckdb'] }), /holds .* of MAX:bytes: /)
})

test('each upstream call holds one slot of its lane while it runs', async () => {
  const options = { lanes: { hotRowsMax: 0, slots: 4 } }
  const world = pushedWorld(options)
  world.raw.gate = new Promise((resolve) => setImmediate(resolve))
  const wait = [0, 1, 2].map(() => ask(world, { avoid: ['push'] }))
  const answers = await Promise.all(wait)
  assert.deepEqual(
    answers.map(({ lane }) => lane),
    ['slow', 'slow', 'slow'],
  )
  assert.equal(world.raw.runningMost, 1)
  const hot = await ask(world, { avoid: ['push'] }, { lane: 'hot' })
  assert.equal(hot.lane, 'hot')
})

test('the lane is decided by what push does not answer', async () => {
  const world = pushedWorld({ lanes: { hotRowsMax: 10 } })
  assert.equal((await ask(world)).lane, 'hot')
  assert.equal((await ask(world, { avoid: ['push'] })).lane, 'slow')
})

test('push is read in the turn in which it was planned: what comes while raw is awaited does not change it', async () => {
  const world = mixedWorld()
  const before = total(await ask(world))
  const { promise, resolve } = Promise.withResolvers<void>()
  world.raw.gate = promise
  const asking = ask(world)
  const { data } = world.raw
  const late = {
    ...data,
    series: data.series.map((each) => ({ ...each, values: each.values.map((v) => Number(v ?? 0) + 1000) })),
  }
  rollUp(world.table, late, minutes(3, 5), { epoch: 2, raw: 7 })
  deliver(world.table, [dirtyOf(minute(10), 8, TOPIC_1M)])
  resolve()
  const answer = await asking
  assert.equal(total(answer), before)
  assert.deepEqual([answer.plan.slices[0]?.raw, answer.freshness.state], [0, 'provisional'])
})

/** Sends everything to raw while raw covers it; what is planned after that is up to routing. */
const preferringRaw: typeof planRoute = (asked, world) => {
  const raw = planRoute({ ...asked, avoid: ['push'] }, world)
  return raw.missing.length === 0 ? raw : planRoute(asked, world)
}

test('a slice whose source failed goes to another one, once', async () => {
  const world = pushedWorld({ parts: { planRoute: preferringRaw } })
  world.raw.failure = broken()
  const answer = await ask(world)
  assert.deepEqual(slicesIn(answer.plan), ['push 10:00–11:00'])
  assert.equal(world.raw.scans.length, 1)
  assert.deepEqual(answer.freshness.sources, ['push'])
})

test('where no other source holds the piece, the failure of the source is told', async () => {
  const world = mixedWorld()
  world.raw.failure = broken('disk gone')
  await assert.rejects(ask(world), { code: 'SOURCE_FAILED', message: 'disk gone' })
  assert.equal(world.raw.scans.length, 1)
})

test('what push has lost since the plan is planned again at fresh coverage', async () => {
  let plans = 0
  const world: EngineWorld = pushedWorld({
    parts: {
      planRoute: (asked, view) => {
        const route = planRoute(asked, view)
        if (++plans === 1) world.table.clear()
        return route
      },
    },
  })
  const expected = total(await ask(world, { avoid: ['push'] }))
  plans = 0
  rollUp(world.table, world.raw.data, minutes(0, 60))
  const answer = await ask(world)
  assert.deepEqual([slicesIn(answer.plan), total(answer), plans], [['duckdb 10:00–11:00'], expected, 2])
})

test('a source that fails twice fails the request', async () => {
  let failures = 0
  const world: EngineWorld = pushedWorld({
    parts: {
      planRoute: (asked, view) => {
        failures++
        world.table.clear()
        const route = planRoute({ ...asked, avoid: ['push'] }, view)
        return {
          ...route,
          slices: route.slices.map((slice) => ({ ...slice, source: 'push' as const, rollup: TOPIC_1M })),
        }
      },
    },
  })
  await assert.rejects(ask(world), isUnavailable)
  assert.equal(failures, 2)
})

test('the deadline of the caller ends upstream work, and leaving is told as such', async () => {
  const world = mixedWorld()
  world.raw.gate = new Promise(() => undefined)
  await assert.rejects(ask(world, {}, { deadlineMs: world.clock.nowMs + 10 }), {
    code: 'DEADLINE_EXCEEDED',
    message: /while running/,
  })
  const client = new AbortController()
  const asking = ask(world, {}, { scope: UNSCOPED, signal: client.signal })
  await new Promise((resolve) => setImmediate(resolve))
  client.abort()
  await assert.rejects(asking, { code: 'CLIENT_CLOSED' })
  await assert.rejects(ask(world, {}, { scope: UNSCOPED, signal: AbortSignal.abort() }), { code: 'CLIENT_CLOSED' })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(world.raw.running, 0, 'the work itself was ended')
})

test('an answer that would hold too many values is refused before anything runs, with what would fit', async () => {
  const limits = { ...DEFAULT_QUERY_LIMITS, valuesMax: 120 }
  const world = mixedWorld({ parts: { limits } })
  const changes = { groupBy: ['topic'], granularity: 'PT1M' as const }
  await assert.rejects(ask(world, changes), (error: { code: string; facts: object; hint: string }) => {
    assert.deepEqual(
      [error.code, error.hint],
      ['QUERY_TOO_EXPENSIVE', 'Ask with limit 2 or less, for less time, or with a coarser granularity.'],
    )
    const { limit, configKey } = error.facts as { limit: number; configKey: string }
    assert.deepEqual([limit, configKey], [120, 'query.valuesMax'])
    return true
  })
  assert.deepEqual(world.raw.scans, [])
  assert.equal((await ask(world, { ...changes, limit: 2 })).frame.series.length, 2)
  const pinned = { kind: 'eq', label: 'topic', value: 'a' } as const
  assert.equal((await ask(world, { ...changes, filter: pinned })).frame.series.length, 1)
})

test('callers inside the house get all groups, as many values as an answer may hold, or any number of them', async () => {
  const limits = { ...DEFAULT_QUERY_LIMITS, groupsDefault: 1, valuesMax: 120 }
  const world = mixedWorld({ parts: { limits } })
  world.raw.data = { ...world.raw.data, series: world.raw.data.series.flatMap(inManyTopics) }
  const groups = async (asked: QueryRequest['groups'], granularity: 'PT1M' | 'PT1H') =>
    (await ask(world, { groupBy: ['topic'], granularity, avoid: ['push'], ...(asked && { groups: asked }) })).frame
      .series.length
  assert.equal(await groups(undefined, 'PT1H'), 1)
  assert.equal(await groups('all', 'PT1H'), 5)
  await assert.rejects(groups('all', 'PT1M'), { code: 'QUERY_TOO_EXPENSIVE' })
  assert.equal(await groups('unbounded', 'PT1M'), 5)
})

test('filling is refused where the answer would hold too many values, and bounded by limit', async () => {
  const limits = { ...DEFAULT_QUERY_LIMITS, valuesMax: 120 }
  const world = mixedWorld({ parts: { limits } })
  const changes = { groupBy: ['topic'], granularity: 'PT1M' as const, fill: 'zero' as const, limit: 2 }
  assert.equal((await ask(world, changes)).frame.series.length, 2)
  await assert.rejects(
    ask(world, {
      ...changes,
      aggregations: [{ metric: 'bytes', as: 'a' }],
      ratios: [{ numerator: 'a', denominator: 'a' }],
    }),
    { code: 'QUERY_TOO_EXPENSIVE' },
  )
})

test('an answer that holds more values than its price promised is refused after the merge', async () => {
  const limits = { ...DEFAULT_QUERY_LIMITS, valuesMax: 120 }
  const cheap: typeof planRoute = (asked, view) => ({ ...planRoute(asked, view), cost: 1 })
  const world = mixedWorld({ parts: { limits, planRoute: cheap } })
  world.raw.data = { ...world.raw.data, series: world.raw.data.series.flatMap(inManyTopics) }
  await assert.rejects(ask(world, { groupBy: ['topic'], granularity: 'PT1M', avoid: ['push'] }), {
    code: 'QUERY_TOO_EXPENSIVE',
    message: 'the answer has 300 values; an answer may hold 120',
  })
})

const inManyTopics = (series: EngineWorld['raw']['data']['series'][number]) =>
  series.labels.cluster === 'c1' && series.labels.topic === 'a'
    ? Array.from({ length: 5 }, (_, i) => ({ ...series, labels: { ...series.labels, topic: `t${i}` } }))
    : []

test('AVG with missing: zero divides by the same steps, whoever served them', async () => {
  const world = engineWorld()
  const { data } = world.raw
  rollUp(world.table, data, minutes(0, 57))
  rollUp(world.table, data, minutes(57, 60), { through: ({ end }) => end + 5000 })
  const changes = {
    aggregations: [{ metric: 'lag' }],
    groupBy: ['cluster', 'topic'],
    granularity: 'PT30M' as const,
    intervals: ['2026-11-21T10:00:00Z/now'],
  }
  const mixed = await ask(world, changes)
  const raw = await ask(world, { ...changes, avoid: ['push'] })
  assert.equal(mixed.plan.slices.at(-2)?.source, 'push')
  assert.equal(slicesIn(mixed.plan).at(-1), 'duckdb 11:00–11:01')
  assert.equal(mixed.freshness.asOf, '2026-11-21T10:58:05Z')
  assert.deepEqual(mixed.frame, raw.frame)
  const silent = raw.frame.series.at(-1)!
  const steps = [1, 2, 4, 5, 7, 8].reduce((sum, step) => sum + 300 + step, 0)
  assert.deepEqual(silent.group, ['c2', 'a'])
  const short = await ask(world, { ...changes, granularity: 'ALL', intervals: ['2026-11-21T10:00:00Z/PT10M'] })
  assert.equal(short.frame.series.at(-1)!.points[0]!.values[0], steps / 10)
})

test('AVG with missing: zero does not count steps that have not come yet', async () => {
  const world = engineWorld()
  const changes = {
    aggregations: [{ metric: 'lag' }],
    granularity: 'ALL' as const,
    filter: { kind: 'eq', label: 'topic', value: 'b' } as const,
  }
  const answer = await ask(world, { ...changes, intervals: ['2026-11-21T10:50:00Z/2026-11-21T11:20:00Z'] })
  const values = Array.from({ length: 11 }, (_, i) => 200 + 50 + i)
  assert.equal(total(answer), values.reduce((a, b) => a + b) / 11)
  assert.equal(answer.freshness.state, 'provisional')
})

test('AVG with missing: zero does not count steps that a window had not seen yet when it was read', async () => {
  const hourly = rollupOf({ name: 'topic_1h', id: 'cloud/topic_1h', defHash: 'hourly', grain: 'PT1H', measures: [lag] })
  const world = engineWorld({ rollups: [hourly] })
  rollUp(world.table, world.raw.data, minutes(0, 60), { rollup: hourly, through: () => minute(30) })
  const answer = await ask(world, {
    aggregations: [{ metric: 'lag' }],
    granularity: 'PT1H',
    filter: { kind: 'eq', label: 'topic', value: 'b' },
    use: ['push'],
    freshness: { kind: 'maxStaleness', ms: 60 * MINUTE_MS },
  })
  const values = Array.from({ length: 30 }, (_, step) => 200 + step)
  assert.equal(total(answer), values.reduce((a, b) => a + b) / 30)
  assert.equal(answer.freshness.state, 'stale')
})

test('dirty data is served only within maxStaleness, and then said to be stale from its bucket on', async () => {
  const world = pushedWorld()
  deliver(world.table, [dirtyOf(minute(37), 5, TOPIC_1M)])
  const clean = await ask(world)
  assert.deepEqual(slicesIn(clean.plan), ['push 10:00–10:37', 'duckdb 10:37–10:38', 'push 10:38–11:00'])
  assert.equal(clean.freshness.state, 'complete')
  const stale = await ask(world, { freshness: { kind: 'maxStaleness', ms: 60 * MINUTE_MS } })
  assert.deepEqual(slicesIn(stale.plan), ['push 10:00–10:37', 'push 10:37–10:38', 'push 10:38–11:00'])
  assert.deepEqual(stale.plan.stale, ['2026-11-21T10:37:00Z/2026-11-21T10:38:00Z'])
  assert.deepEqual(
    [stale.freshness.state, stale.freshness.completeThrough, stale.freshness.asOf],
    ['stale', '2026-11-21T10:35:00Z', '2026-11-21T10:39:30Z'],
  )
  const all = { granularity: 'ALL' as const, freshness: { kind: 'maxStaleness', ms: 60 * MINUTE_MS } as const }
  assert.equal((await ask(world, all)).freshness.completeThrough, '2026-11-21T10:00:00Z')
})

const statesOf = (interval: Interval, changes: Partial<StatesRequest> = {}): StatesRequest => ({
  dataset: 'cloud',
  measures: [{ ...bytes, time: 'EVERY' }],
  groupBy: ['cluster'],
  filter: EVERYTHING,
  granularity: 'PT1H',
  interval,
  avoid: [],
  rawAtLeast: 0,
  ...changes,
})

test('a worker gets states of whole windows, at the least raw version and asOf of what they were read from', async () => {
  const world = mixedWorld()
  world.raw.version = 12
  rollUp(world.table, world.raw.data, minutes(0, 58), { epoch: 2, raw: 9 })
  const { frame, plan } = await world.engine.states(statesOf(minutes(0, 60)), {
    scope: UNSCOPED,
    signal: never,
    lane: 'rollup',
  })
  assert.deepEqual(slicesIn(plan), ['push 10:00–10:58', 'duckdb 10:58–11:00'])
  assert.deepEqual([frame.raw, frame.asOf, frame.rows.length], [9, world.clock.nowMs, 2])
  const raw = await world.engine.states(statesOf(minutes(0, 60), { avoid: ['cloud/topic_1m'] }), {
    scope: UNSCOPED,
    signal: never,
  })
  assert.deepEqual(
    raw.frame.rows.map(({ group, states }) => [group, states[0]?.sum]),
    frame.rows.map(({ group, states }) => [group, states[0]?.sum]),
  )
  const newer = await world.engine.states(statesOf(minutes(0, 60), { rawAtLeast: 10 }), {
    scope: UNSCOPED,
    signal: never,
  })
  assert.deepEqual(slicesIn(newer.plan), ['duckdb 10:00–11:00'])
})

test('a worker never gets dirty data or part of its windows', async () => {
  const world = pushedWorld()
  deliver(world.table, [dirtyOf(minute(10), 5, TOPIC_1M)])
  world.raw.edge = minute(20)
  await assert.rejects(world.engine.states(statesOf(minutes(0, 60)), { scope: UNSCOPED, signal: never }), {
    ...isUnavailable,
    message: /holds 2026-11-21T10:10:00Z\/2026-11-21T10:11:00Z: /,
  })
})

test('a worker waits in the lane of roll-ups', async () => {
  const world = mixedWorld()
  const { promise, resolve } = Promise.withResolvers<void>()
  world.raw.gate = promise
  const asking = world.engine.states(statesOf(minutes(0, 60)), { scope: UNSCOPED, signal: never })
  await new Promise((done) => setImmediate(done))
  assert.equal(world.lanes.status().find(({ lane }) => lane === 'rollup')?.inFlight, 1)
  resolve()
  await asking
})

test('observers are told about answers, refusals and failures', async () => {
  const told: Record<string, unknown>[] = []
  const listen = (message: unknown) => told.push(message as Record<string, unknown>)
  const world = mixedWorld()
  subscribe(CHANNELS.answer, listen)
  try {
    await ask(world)
    await world.engine.explain(question(), { scope: UNSCOPED, signal: never })
    await world.engine.states(statesOf(minutes(0, 60)), { scope: UNSCOPED, signal: never })
    await assert.rejects(ask(world, { groupBy: ['nothing'] }))
  } finally {
    unsubscribe(CHANNELS.answer, listen)
  }
  assert.deepEqual(
    told.map(({ route, lane, state, error, sources }) => [route, lane, state, error, sources]),
    [
      ['answer', 'hot', 'provisional', undefined, ['push', 'duckdb']],
      ['explain', 'control', undefined, undefined, []],
      ['states', 'rollup', undefined, undefined, []],
      ['answer', undefined, undefined, 'LABEL_UNKNOWN', []],
    ],
  )
  assert.ok(told.every(({ ms }) => Number(ms) >= 0))
  assert.ok(Number(told[0]!.rows) > 0)
})

test('a place without a source is a mistake of whoever puts the parts together', () => {
  assert.throws(() => engineWorld({ parts: { sources: [] } }), TypeError)
})
