import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asked, eq, hourlyServed, isIn, measure, plan, planChecker, topicServed } from '../routing-fixture.ts'

const { assertPlan, codesSeen } = planChecker()

test('measure stored: another space is another measure', () => {
  assertPlan(
    { measures: [asked('MAX:bytes MAX')] },
    [topicServed()],
    `duckdb: 10:00/12:00, 12000 rows
     - push cloud/topic_1m: MEASURE_MISSING bytes
     + duckdb
     hint: storing MAX:bytes in cloud/topic_1m would have covered 100 %`,
  )
  assertPlan(
    { measures: [asked('MAX:bytes MAX')] },
    [topicServed({ measures: [measure('MAX:bytes')] })],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows
     + push cloud/topic_1m
     - duckdb: COST`,
  )
})

test('measure stored: what changed its unit, type or missing is never merged', () => {
  for (const old of [{ unit: 'kB' }, { type: 'GAUGE_INT64' }, { missing: 'zero' }] as const) {
    assertPlan(
      {},
      [topicServed({ measures: [measure('SUM:bytes', old)] })],
      `duckdb: 10:00/12:00, 12000 rows
       - push cloud/topic_1m: MEASURE_VERSION bytes
       + duckdb`,
    )
  }
})

test('foldable: coarse rows of SUM with MAX cannot drop a label, rows at the base step can', () => {
  const measures = [asked('SUM:bytes MAX')]
  assertPlan(
    { measures },
    [hourlyServed({ labels: ['cluster', 'topic'] })],
    `duckdb: 10:00/12:00, 12000 rows
     - push cloud/topic_1h: NOT_FOLDABLE bytes cluster
     + duckdb`,
  )
  assertPlan(
    { measures },
    [topicServed()],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows
     + push cloud/topic_1m
     - duckdb: COST`,
  )
})

test('foldable: a label that is grouped by, or pinned by either filter, is not dropped', () => {
  const measures = [asked('SUM:bytes MAX')]
  const served = `push cloud/topic_1h: 10:00/12:00, 20 rows
     + push cloud/topic_1h
     - duckdb: COST`
  assertPlan({ measures, groupBy: ['cluster', 'topic'] }, [hourlyServed({ labels: ['cluster', 'topic'] })], served)
  assertPlan(
    { measures, filter: eq('cluster', 'c1') },
    [hourlyServed({ labels: ['cluster', 'topic'] })],
    served.replace('20 rows', '20 rows, where ["eq","cluster","c1"]'),
  )
  assertPlan(
    { measures, filter: eq('cluster', 'c1') },
    [hourlyServed({ labels: ['cluster', 'topic'], filter: eq('cluster', 'c1') })],
    served,
  )
  assertPlan(
    { measures, filter: isIn('cluster', 'c1', 'c2') },
    [hourlyServed({ labels: ['cluster', 'topic'] })],
    `duckdb: 10:00/12:00, 12000 rows, where ["in","cluster",["c1","c2"]]
     - push cloud/topic_1h: NOT_FOLDABLE bytes cluster
     + duckdb`,
  )
})

test('foldable: a worker needs all states, so it never folds coarse rows', () => {
  const coarse = hourlyServed({ labels: ['cluster', 'topic'] })
  assertPlan(
    { measures: [asked('SUM:bytes EVERY')] },
    [coarse],
    `duckdb: 10:00/12:00, 12000 rows
     - push cloud/topic_1h: NOT_FOLDABLE bytes cluster
     + duckdb`,
  )
  assertPlan(
    { measures: [asked('SUM:bytes EVERY')], groupBy: ['topic', 'cluster'] },
    [coarse],
    `push cloud/topic_1h: 10:00/12:00, 20 rows
     + push cloud/topic_1h
     - duckdb: COST`,
  )
})

const folds = (space: string, time: string, missing: 'absent' | 'zero'): boolean => {
  const changes = { missing, type: 'GAUGE_INT64' } as const
  const coarse = hourlyServed({ labels: ['cluster', 'topic'], measures: [measure(`${space}:lag`, changes)] })
  return plan({ measures: [asked(`${space}:lag ${time}`, changes)] }, [coarse]).route.slices[0]?.rollup !== null
}

test('foldable: the table of docs/semantics.md, row by row', () => {
  const table = ['SUM', 'MIN', 'MAX', 'AVG', 'COUNT'].map((space) =>
    ['SUM', 'AVG', 'MIN', 'MAX', 'LAST', 'EVERY'].map((time) => {
      const [absent, zero] = [folds(space, time, 'absent'), folds(space, time, 'zero')]
      return absent && zero ? 'yes ' : zero ? 'zero' : absent ? 'BAD ' : 'no  '
    }),
  )
  //             SUM     AVG     MIN     MAX     LAST    EVERY
  assert.deepEqual(table, [
    ['yes ', 'zero', 'no  ', 'no  ', 'yes ', 'no  '], // SUM
    ['no  ', 'no  ', 'yes ', 'no  ', 'yes ', 'no  '], // MIN
    ['no  ', 'no  ', 'no  ', 'yes ', 'yes ', 'no  '], // MAX
    ['no  ', 'no  ', 'no  ', 'no  ', 'yes ', 'no  '], // AVG
    ['yes ', 'zero', 'no  ', 'no  ', 'yes ', 'no  '], // COUNT
  ])
})

test('all reasons against a candidate are told, not the first alone', () => {
  const bad = hourlyServed({
    labels: ['cluster'],
    filter: eq('broker', '1'),
    measures: [measure('MAX:bytes'), measure('SUM:bytes', { unit: 'kB' })],
  })
  assertPlan(
    { filter: eq('topic', 'a'), granularity: 'PT1M', measures: [asked('SUM:bytes MAX'), asked('MIN:bytes MIN')] },
    [{ ...bad, runs: [] }],
    `duckdb: 10:00/12:00, 12000 rows, where ["eq","topic","a"]
     - push cloud/topic_1h: ROLLUP_FILTER_NOT_IMPLIED broker; LABEL_MISSING topic; FILTER_LABEL_MISSING topic; MEASURE_VERSION bytes; NOT_FOLDABLE bytes cluster; MEASURE_MISSING bytes; GRAIN_TOO_COARSE 10:00/12:00
     + duckdb`,
  )
})

test('every code that a rule about measures gives was seen above', () => {
  const given = ['MEASURE_MISSING', 'MEASURE_VERSION', 'NOT_FOLDABLE']
  assert.deepEqual(
    given.filter((code) => !codesSeen().includes(code)),
    [],
  )
})
