import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RollupVersion } from '../../../src/model/definition.ts'
import { planRoute, RoutePlanner } from '../../../src/planner/routing/plan-route.ts'
import { routeText } from './route-text.ts'
import {
  and,
  asked,
  at,
  catalogOf,
  clock,
  eq,
  hourlyServed,
  isIn,
  measure,
  NOW,
  plan,
  planChecker,
  question,
  rollup,
  run,
  type Served,
  span,
  topicServed,
  world,
} from './routing-fixture.ts'

const { assertPlan } = planChecker()

const minutes: Served = topicServed()
const hours: Served = hourlyServed({ labels: ['cluster', 'topic'] })
/** Slices alone: who serves what. */
const slices = (planned: { text: string }): string[] => planned.text.split('\n').filter((line) => /rows/.test(line))

test('an interval that starts inside a window: raw edge, rollup core', () => {
  assert.deepEqual(slices(plan({ intervals: [clock('10:15/12:00')] }, [hours])), [
    'duckdb: 10:15/11:00, 4500 rows',
    'push cloud/topic_1h: 11:00/12:00, 10 rows',
  ])
})

test('an interval that ends on a window edge needs no raw and counts nothing twice', () => {
  assert.deepEqual(slices(plan({ intervals: [clock('11:00/13:00')] }, [hours])), [
    'push cloud/topic_1h: 11:00/13:00, 20 rows',
  ])
})

test('both ends in one window: raw alone', () => {
  assert.deepEqual(slices(plan({ intervals: [clock('10:10/10:20')] }, [hours])), ['duckdb: 10:10/10:20, 1000 rows'])
})

test('a window that starts before the interval is not used', () => {
  assert.deepEqual(slices(plan({ intervals: [clock('10:59/12:00')] }, [hours])), [
    'duckdb: 10:59/11:00, 100 rows',
    'push cloud/topic_1h: 11:00/12:00, 10 rows',
  ])
})

test('disjoint intervals are one slice for each source', () => {
  assert.deepEqual(slices(plan({ intervals: [clock('09:30/11:00'), clock('12:00/13:30')] }, [hours])), [
    'duckdb: 09:30/10:00 13:00/13:30, 6000 rows',
    'push cloud/topic_1h: 10:00/11:00 12:00/13:00, 20 rows',
  ])
})

test('unaligned edges come from the finer rollup when there is one', () => {
  assert.deepEqual(slices(plan({ intervals: [clock('10:30/13:30')] }, [hours, minutes])), [
    'push cloud/topic_1m: 10:30/11:00 13:00/13:30, 600 rows',
    'push cloud/topic_1h: 11:00/13:00, 20 rows',
  ])
})

test('months hold whole days, weeks do not nest in months', () => {
  const days = {
    rollup: rollup('topic_1d', { grain: 'P1D' }),
    runs: [run({ start: Date.UTC(2026, 9, 1), end: at(0) })],
  }
  const weeks = {
    rollup: rollup('topic_1w', { grain: 'P1W' }),
    runs: [run({ start: Date.UTC(2026, 8, 28), end: Date.UTC(2026, 10, 16) })],
  }
  const asks = { intervals: [{ start: Date.UTC(2026, 9, 1), end: at(0) }], granularity: 'P1M' as const }
  assert.deepEqual(slices(plan(asks, [days])), ['push cloud/topic_1d: 10-01 00:00/00:00, 0 rows'])
  assert.deepEqual(slices(plan(asks, [weeks], { rawFrom: 0 })), [
    'duckdb: 10-01 00:00/10-05 00:00 10-26 00:00/11-02 00:00 11-16 00:00/00:00, 2304000 rows',
    'push cloud/topic_1w: 10-05 00:00/10-26 00:00 11-02 00:00/11-16 00:00, 0 rows',
  ])
})

test('the watermark inside the interval: rollup below, raw above, no gap and no overlap', () => {
  assert.deepEqual(slices(plan({ intervals: [clock('15:30/16:00')] }, [minutes])), [
    'push cloud/topic_1m: 15:30/15:58, 280 rows',
    'duckdb: 15:58/16:00, 200 rows',
  ])
})

test('an empty window is covered, a missing one is unknown', () => {
  const gap = topicServed({}, [run(clock('10:00/10:30'), { rows: 0 }), run(clock('10:40/12:00'), { rows: 80 })])
  assert.deepEqual(slices(plan({}, [gap])), [
    'push cloud/topic_1m: 10:00/10:30 10:40/12:00, 80 rows',
    'duckdb: 10:30/10:40, 1000 rows',
  ])
})

test('raw that lags behind the rollup says so', () => {
  assert.deepEqual(slices(plan({ groupBy: ['broker'] }, [minutes], { rawAsOf: at(15) })), [
    'duckdb: 10:00/12:00, 12000 rows, as of 15:00',
  ])
})

const versioned = (name: string, runs: Served['runs'], changes: Partial<RollupVersion> = {}): Served => ({
  rollup: rollup(name, { grain: 'PT1H', ...changes }),
  ...(runs ? { runs } : {}),
})

test('an old version until it ends and a new one after: two slices', () => {
  const old = versioned('old_1h', [run(span(8, 11), { rows: 30 })])
  const fresh = versioned('new_1h', [run(span(11, 15), { rows: 40 })])
  assert.deepEqual(slices(plan({ intervals: [span(9, 13)] }, [old, fresh])), [
    'push cloud/old_1h: 09:00/11:00, 20 rows',
    'push cloud/new_1h: 11:00/13:00, 20 rows',
  ])
})

test('where two versions overlap one is chosen, and nothing counts twice', () => {
  const old = versioned('old_1h', [run(span(8, 12), { rows: 40 })])
  const fresh = versioned('new_1h', [run(span(10, 15), { rows: 50 })])
  assert.deepEqual(slices(plan({ intervals: [span(10, 12)] }, [old, fresh])), [
    'push cloud/new_1h: 10:00/12:00, 20 rows',
  ])
})

test('a cut-over inside a window leaves that window to raw', () => {
  const old = versioned('old_4h', [run(span(0, 8), { rows: 20 })], { grain: 'PT4H' })
  const fresh = versioned('new_6h', [run(span(6, 12), { rows: 10 })], { grain: 'PT6H' })
  const asks = { intervals: [span(4, 12)], granularity: 'ALL' as const }
  assert.deepEqual(slices(plan(asks, [old, fresh])), [
    'duckdb: 04:00/06:00, 12000 rows',
    'push cloud/new_6h: 06:00/12:00, 10 rows',
  ])
  const { route } = plan({ ...asks, use: ['push'] }, [old, fresh])
  assert.deepEqual(route.missing, [{ interval: span(4, 6), measures: [0] }], 'never half a window of two')
})

test('a measure that only some rollups store sends no other measure to raw', () => {
  const measures = [asked('SUM:bytes SUM'), asked('MAX:bytes MAX'), asked('MIN:bytes MIN')]
  const both = { rollup: rollup('both_1m', { measures: [measure('SUM:bytes'), measure('MAX:bytes')] }), rows: 20 }
  assertPlan(
    { measures },
    [minutes, both],
    `push cloud/topic_1m of SUM:bytes: 10:00/12:00, 1200 rows
     push cloud/both_1m of MAX:bytes: 10:00/12:00, 2400 rows
     duckdb of MIN:bytes: 10:00/12:00, 12000 rows
     + push cloud/both_1m: MEASURE_MISSING bytes; COST
     + push cloud/topic_1m: MEASURE_MISSING bytes; MEASURE_MISSING bytes
     + duckdb: COST; COST
     hint: storing MIN:bytes in cloud/both_1m would have covered 100 %`,
  )
})

test('a reason that holds for several measures is told once', () => {
  const measures = [asked('SUM:bytes SUM'), asked('MAX:bytes MAX')]
  const both = { rollup: rollup('both_1m', { measures: [measure('SUM:bytes'), measure('MAX:bytes')] }), rows: 20 }
  const { candidates } = plan({ measures, intervals: [clock('15:00/16:00')] }, [minutes, both]).route
  const codes = candidates.find(({ rollup }) => rollup === 'cloud/both_1m')!.reasons.map(({ code }) => code)
  assert.deepEqual(codes, ['NO_COVERAGE', 'COST'])
})

test('measures that were parted and choose alike are read in one scan', () => {
  const measures = [asked('SUM:bytes SUM'), asked('MAX:bytes MAX')]
  const both = { rollup: rollup('both_1m', { measures: [measure('SUM:bytes'), measure('MAX:bytes')] }), rows: 20 }
  const dear = { ...minutes, rows: 30 }
  assert.deepEqual(slices(plan({ measures }, [dear, both])), ['push cloud/both_1m: 10:00/12:00, 2400 rows'])
})

test('of two rollups that may serve, the one with fewer rows does', () => {
  const wide = { rollup: rollup('wide_1m', { labels: ['broker', 'cluster', 'topic'] }), rows: 40 }
  assertPlan(
    {},
    [wide, minutes],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows
     + push cloud/topic_1m
     - push cloud/wide_1m: COST
     - duckdb: COST`,
  )
})

test('at equal rows the coarser grain wins, then fewer labels, then the id', () => {
  const chosen = (...served: Served[]) => plan({}, served).route.slices.map((slice) => slice.rollup?.name)
  const named = (name: string, changes: Partial<RollupVersion> = {}, rows = 10): Served => ({
    rollup: rollup(name, changes),
    rows,
  })
  assert.deepEqual(chosen(named('a_1m'), named('z_5m', { grain: 'PT5M' }, 50)), ['z_5m'])
  assert.deepEqual(chosen(named('a_1m'), named('z_1m', { labels: ['topic'] })), ['z_1m'])
  assert.deepEqual(chosen(named('b_1m'), named('a_1m')), ['a_1m'])
})

test('at equal rows push comes before raw, also where raw serves the rest', () => {
  const planned = plan({ intervals: [clock('15:00/16:00')] }, [{ ...minutes, rows: 1 }], { rawRows: 1 })
  assert.deepEqual(slices(planned), ['push cloud/topic_1m: 15:00/15:58, 58 rows', 'duckdb: 15:58/16:00, 2 rows'])
})

test('raw serves what it holds at far fewer rows than any rollup', () => {
  const vast = { ...minutes, rows: 1000 }
  assert.deepEqual(slices(plan({}, [vast], { rawRows: 1 })), ['duckdb: 10:00/12:00, 120 rows'])
  assert.deepEqual(slices(plan({}, [{ ...minutes, rows: 100 }], { rawRows: 1 })), [
    'push cloud/topic_1m: 10:00/12:00, 12000 rows',
  ])
})

test('a source that covers less never wins a piece it does not cover', () => {
  const cheap = versioned('cheap_1h', [run(span(10, 11), { rows: 1 })], { labels: ['topic'] })
  assert.deepEqual(slices(plan({ intervals: [span(10, 14)] }, [{ ...minutes, rows: 10 }, cheap])), [
    'push cloud/cheap_1h: 10:00/11:00, 1 rows',
    'push cloud/topic_1m: 11:00/14:00, 1800 rows',
  ])
})

test('a window that the end of another rollup would cut is served whole, its neighbours as is cheapest', () => {
  const ends = { rollup: rollup('ends_1m', { labels: ['topic'] }), runs: [run(clock('10:00/11:40'), { rows: 10 })] }
  const dear = versioned('dear_1h', [run(span(10, 13), { rows: 300 })])
  assert.deepEqual(slices(plan({ intervals: [span(10, 13)] }, [ends, dear])), [
    'push cloud/ends_1m: 10:00/11:00, 6 rows',
    'push cloud/dear_1h: 11:00/13:00, 200 rows',
  ])
})

test('holes of a slightly cheaper rollup do not make a plan of crumbs', () => {
  const holes = Array.from({ length: 12 }, (_, i) =>
    run(clock(`10:${String(i * 5).padStart(2, '0')}/10:${String(i * 5 + 4).padStart(2, '0')}`), { rows: 36 }),
  )
  const holed = { rollup: rollup('holed_1m', { labels: ['topic'] }), runs: holes }
  assert.deepEqual(slices(plan({ intervals: [span(10, 11)] }, [holed, minutes])), [
    'push cloud/topic_1m: 10:00/11:00, 600 rows',
  ])
})

test('time before anything a rollup covers is raw, and raw is left alone where rollups hold everything', () => {
  assert.deepEqual(slices(plan({ intervals: [span(5, 6)] }, [minutes])), ['duckdb: 05:00/06:00, 6000 rows'])
  assert.deepEqual(slices(plan({ intervals: [span(8, 15)] }, [minutes, hours])), [
    'push cloud/topic_1h: 08:00/15:00, 70 rows',
  ])
})

test('where raw is gone already, an edge that no rollup holds is missing, not left out in silence', () => {
  const planned = plan({ intervals: [clock('08:30/11:00')] }, [hours], { rawFrom: at(10) })
  assert.deepEqual(slices(planned), ['push cloud/topic_1h: 09:00/11:00, 20 rows'])
  assert.deepEqual(planned.route.missing, [{ interval: clock('08:30/09:00'), measures: [0] }])
})

test('what is missing for several measures is told once, for each of them', () => {
  const measures = [asked('SUM:bytes SUM'), asked('MAX:bytes MAX')]
  const { route } = plan({ measures, use: ['push'], groupBy: ['broker'] }, [minutes])
  assert.deepEqual(route.missing, [{ interval: span(10, 12), measures: [0, 1] }])
})

test('a rollup that was asked for and cannot serve is told with every reason', () => {
  assertPlan(
    { use: ['cloud/topic_1m'], groupBy: ['broker'], filter: eq('broker', '1'), measures: [asked('MAX:bytes MAX')] },
    [minutes],
    `missing: 10:00/12:00
     - push cloud/topic_1m: LABEL_MISSING broker; FILTER_LABEL_MISSING broker; MEASURE_MISSING bytes
     - duckdb: DISABLED_BY_REQUEST
     hint: keeping broker and storing MAX:bytes in cloud/topic_1m would have covered 100 %`,
  )
})

test('places come in their order; a place that serves nothing of the dataset is told', () => {
  const places = [
    { source: 'push', serves: 'rollups' },
    { source: 'druid', serves: 'rollups' },
    { source: 'duckdb', serves: 'raw' },
  ] as const
  assertPlan(
    {},
    [minutes],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows
     + push cloud/topic_1m
     - druid cloud/topic_1m: BUILDING 10:00/12:00
     - duckdb: COST`,
    { places },
  )
})

test('a plan does not depend on the order of filters, labels, rollups, or group-by labels', () => {
  const served = [
    minutes,
    hours,
    { rollup: rollup('east_1m', { labels: ['topic'], filter: and(eq('cluster', 'c1'), isIn('broker', '1', '2')) }) },
    { rollup: rollup('broker_5m', { grain: 'PT5M', labels: ['broker', 'topic'] }) },
  ]
  const asks = {
    filter: and(eq('cluster', 'c1'), isIn('broker', '2', '1')),
    groupBy: ['topic', 'broker'],
    intervals: [clock('10:20/16:00')],
  }
  const turned = { ...asks, filter: and(isIn('broker', '1', '2'), eq('cluster', 'c1')), groupBy: ['broker', 'topic'] }
  const flipped = served.toReversed().map((each) => {
    return { ...each, rollup: { ...each.rollup, labels: each.rollup.labels.toReversed() } }
  })
  const text = plan(asks, served).text
  assert.equal(plan(turned, served).text, text)
  assert.equal(plan(asks, served.toReversed()).text, text)
  assert.equal(plan(asks, flipped).text, text)
})

test('a planner that is kept answers as a new one does, for each catalog version', () => {
  const planner = new RoutePlanner()
  const asks = question({ intervals: [clock('10:30/16:00')] })
  const [before, after] = [world([minutes]), world([minutes, hours])]
  for (const view of [before, after, before]) {
    const kept = planner.plan(asks, view)
    assert.equal(routeText(kept, asks), routeText(planRoute(asks, view), asks))
    assert.equal(kept.considered, kept.candidates.length)
  }
})

test('a dataset without rollups, or unknown to the catalog, is raw', () => {
  const asks = question()
  const empty = { ...world([]), catalog: { version: 1, datasets: new Map() } }
  for (const view of [world([]), empty, { ...world([]), catalog: catalogOf([]) }]) {
    assert.equal(routeText(planRoute(asks, view), asks), 'duckdb: 10:00/12:00, 12000 rows\n+ duckdb')
  }
})

test('rows of a run that still fills lie before its asOf', () => {
  const raw = plan({ intervals: [clock('15:59/17:00')], groupBy: ['broker'] }, [minutes], { rawAsOf: NOW }).route
  assert.equal(raw.cost, 100)
})
