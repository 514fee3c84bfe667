import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  at,
  clock,
  hourlyServed,
  NOW,
  planChecker,
  rollup,
  run,
  type Served,
  span,
  topicServed,
} from '../routing-fixture.ts'

const { assertPlan, codesSeen } = planChecker()

test('grain nests: edges go to raw, whole windows do not', () => {
  assertPlan(
    { intervals: [clock('10:30/13:30')] },
    [hourlyServed()],
    `duckdb: 10:30/11:00 13:00/13:30, 6000 rows
     push cloud/topic_1h: 11:00/13:00, 20 rows
     + push cloud/topic_1h: GRAIN_TOO_COARSE 10:30/11:00
     + duckdb`,
  )
  assertPlan(
    { intervals: [clock('10:00/13:00')] },
    [hourlyServed()],
    `push cloud/topic_1h: 10:00/13:00, 30 rows
     + push cloud/topic_1h
     - duckdb: COST`,
  )
})

test('grain nests: windows wider than the buckets, or than the interval, serve nothing', () => {
  assertPlan(
    { granularity: 'PT5M' },
    [hourlyServed()],
    `duckdb: 10:00/12:00, 12000 rows
     - push cloud/topic_1h: GRAIN_TOO_COARSE 10:00/12:00
     + duckdb`,
  )
  assertPlan(
    { intervals: [clock('10:10/10:50')] },
    [hourlyServed()],
    `duckdb: 10:10/10:50, 4000 rows
     - push cloud/topic_1h: GRAIN_TOO_COARSE 10:10/10:50
     + duckdb`,
  )
})

test('grain nests: a window that lies in two buckets is taken out alone', () => {
  const four = {
    rollup: rollup('topic_4h', { grain: 'PT4H', labels: ['topic'] }),
    runs: [run(span(0, 12), { rows: 30 })],
  }
  assertPlan(
    { intervals: [span(0, 12)], granularity: 'PT6H' },
    [four],
    `push cloud/topic_4h: 00:00/04:00 08:00/12:00, 20 rows
     duckdb: 04:00/08:00, 24000 rows
     + push cloud/topic_4h: GRAIN_NOT_NESTED 04:00/08:00
     + duckdb`,
  )
  assertPlan(
    { intervals: [span(0, 12)], granularity: 'PT12H' },
    [four],
    `push cloud/topic_4h: 00:00/12:00, 30 rows
     + push cloud/topic_4h
     - duckdb: COST`,
  )
})

test('covered: what coverage does not publish goes to raw, whatever the rows', () => {
  assertPlan(
    {},
    [topicServed({}, [run(clock('09:00/10:40'), { rows: 1000 }), run(clock('11:10/13:00'), { rows: 1100 })])],
    `push cloud/topic_1m: 10:00/10:40 11:10/12:00, 900 rows
     duckdb: 10:40/11:10, 3000 rows
     + push cloud/topic_1m: NO_COVERAGE 10:40/11:10
     + duckdb`,
  )
})

test('covered: a version without any window yet is building', () => {
  assertPlan(
    {},
    [topicServed({}, [])],
    `duckdb: 10:00/12:00, 12000 rows
     - push cloud/topic_1m: BUILDING 10:00/12:00
     + duckdb`,
  )
})

const withDirty = (through: number): Served =>
  topicServed({}, [
    run(clock('09:00/11:00'), { rows: 1200 }),
    run(clock('11:00/11:10'), { dirty: true, rows: 100, through }),
    run(clock('11:10/13:00'), { rows: 1100 }),
  ])

test('clean: a dirty window goes to raw until it is rolled up again', () => {
  const dirty = `push cloud/topic_1m: 10:00/11:00 11:10/12:00, 1100 rows
     duckdb: 11:00/11:10, 1000 rows
     + push cloud/topic_1m: DIRTY 11:00/11:10
     + duckdb`
  assertPlan({}, [withDirty(at(11, 20))], dirty)
  assertPlan({ freshness: { kind: 'maxStaleness', ms: 60_000 } }, [withDirty(at(11, 20))], dirty)
})

test('clean: with maxStaleness a recent enough dirty window saves going to raw, and is flagged', () => {
  assertPlan(
    { freshness: { kind: 'maxStaleness', ms: NOW - at(11, 20) } },
    [withDirty(at(11, 20))],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows, as of 11:20
     stale: 11:00/11:10
     + push cloud/topic_1m
     - duckdb: COST`,
  )
})

test('clean: dirty data never serves where another rollup is clean', () => {
  assertPlan(
    { freshness: { kind: 'maxStaleness', ms: NOW } },
    [withDirty(at(11, 20)), { rollup: rollup('wide_1m', { labels: ['broker', 'cluster', 'topic'] }), rows: 50 }],
    `push cloud/topic_1m: 10:00/11:00 11:10/12:00, 1100 rows
     push cloud/wide_1m: 11:00/11:10, 500 rows
     + push cloud/topic_1m
     + push cloud/wide_1m
     - duckdb: COST`,
  )
})

const tail: Served = topicServed({}, [
  run(clock('09:00/15:50'), { rows: 4100 }),
  run(clock('15:50/15:58'), { rows: 80, settled: false, through: at(15, 58) }),
])

test('fresh: open windows serve the latest, and say as of when', () => {
  assertPlan(
    { intervals: [clock('15:00/16:00')] },
    [tail],
    `push cloud/topic_1m: 15:00/15:58, 580 rows, as of 15:58
     duckdb: 15:58/16:00, 200 rows
     + push cloud/topic_1m: NO_COVERAGE 15:58/16:00
     + duckdb`,
  )
})

test('fresh: sealed leaves out what is not settled, at every source', () => {
  assertPlan(
    { intervals: [clock('15:00/16:00')], freshness: { kind: 'sealed' } },
    [tail],
    `push cloud/topic_1m: 15:00/15:50, 500 rows
     duckdb: 15:50/15:58, 800 rows
     missing: 15:58/16:00
     + push cloud/topic_1m: NO_COVERAGE 15:58/16:00; STALE 15:50/15:58
     + duckdb: STALE 15:58/16:00`,
  )
})

test('fresh: a window that was read before its end is behind', () => {
  const behind = topicServed({}, [run(clock('09:00/13:00'), { rows: 2400, settled: false, through: at(11, 30) + 1 })])
  assertPlan(
    {},
    [behind],
    `push cloud/topic_1m: 10:00/11:30, 900 rows, as of 11:30:00
     duckdb: 11:30/12:00, 3000 rows
     + push cloud/topic_1m: STALE 11:30/12:00
     + duckdb`,
  )
  assertPlan(
    { freshness: { kind: 'maxStaleness', ms: NOW } },
    [behind],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows, as of 11:30:00
     stale: 11:30/12:00
     + push cloud/topic_1m
     - duckdb: COST`,
  )
})

test('fresh: a raw version below the one asked for does not do', () => {
  const mixed = topicServed({}, [
    run(clock('09:00/11:00'), { rows: 1200, raw: 7 }),
    run(clock('11:00/13:00'), { rows: 1200, raw: 6 }),
  ])
  assertPlan(
    { rawAtLeast: 7 },
    [mixed],
    `push cloud/topic_1m: 10:00/11:00, 600 rows
     duckdb: 11:00/12:00, 6000 rows
     + push cloud/topic_1m: STALE 11:00/12:00
     + duckdb`,
  )
  assertPlan(
    { rawAtLeast: 6 },
    [mixed],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows
     + push cloud/topic_1m
     - duckdb: COST`,
  )
})

test('every code that a rule about time gives was seen above', () => {
  const given = ['BUILDING', 'COST', 'DIRTY', 'GRAIN_NOT_NESTED', 'GRAIN_TOO_COARSE', 'NO_COVERAGE', 'STALE']
  assert.deepEqual(codesSeen(), given)
})
