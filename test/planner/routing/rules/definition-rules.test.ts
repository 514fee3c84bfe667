import assert from 'node:assert/strict'
import { test } from 'node:test'
import { and, eq, isIn, not, or, planChecker, rollup, span, topicServed } from '../routing-fixture.ts'

const { assertPlan, codesSeen } = planChecker()

test('right dataset: a rollup of another dataset is looked at only when it is named, and rejected', () => {
  const edge = { rollup: rollup('topic_1m', { dataset: 'edge' }) }
  assertPlan(
    { use: ['edge/topic_1m', 'duckdb'] },
    [edge],
    `duckdb: 10:00/12:00, 12000 rows
     - push edge/topic_1m: WRONG_DATASET
     + duckdb`,
  )
  assertPlan(
    {},
    [edge, topicServed()],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows
     + push cloud/topic_1m
     - duckdb: COST`,
  )
})

test('labels kept: grouping by a label that a rollup does not keep rejects it', () => {
  assertPlan(
    { groupBy: ['topic', 'broker'] },
    [topicServed()],
    `duckdb: 10:00/12:00, 12000 rows
     - push cloud/topic_1m: LABEL_MISSING broker
     + duckdb
     hint: keeping broker in cloud/topic_1m would have covered 100 %`,
  )
  assertPlan(
    { groupBy: ['topic', 'cluster'] },
    [topicServed()],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows
     + push cloud/topic_1m
     - duckdb: COST`,
  )
})

test('labels kept: a label that the own filter pins is known without being kept', () => {
  assertPlan(
    { groupBy: ['broker', 'topic'], filter: eq('broker', '1') },
    [topicServed({ filter: eq('broker', '1') })],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows, knowing broker=1
     + push cloud/topic_1m
     - duckdb: COST`,
  )
})

test('own filter implied: only a top-level conjunct of the question implies it', () => {
  const one = [topicServed({ filter: eq('broker', '1') })]
  const rejected = (filter: string) =>
    `duckdb: 10:00/12:00, 12000 rows${filter}
     - push cloud/topic_1m: ROLLUP_FILTER_NOT_IMPLIED broker
     + duckdb`
  assertPlan({}, one, rejected(''))
  assertPlan(
    { filter: or(eq('broker', '1'), eq('topic', 'a')) },
    one,
    rejected(', where ["or",["eq","broker","1"],["eq","topic","a"]]'),
  )
  assertPlan({ filter: isIn('broker', '1', '2') }, one, rejected(', where ["in","broker",["1","2"]]'))
})

test('own filter implied: an equal conjunct is done with, a narrower one is left to filter by', () => {
  assertPlan(
    { filter: and(eq('broker', '1'), eq('topic', 'a')) },
    [topicServed({ filter: eq('broker', '1') })],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows, where ["eq","topic","a"], knowing broker=1
     + push cloud/topic_1m
     - duckdb: COST`,
  )
  assertPlan(
    { filter: eq('topic', 'a') },
    [topicServed({ filter: isIn('topic', 'a', 'b') })],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows, where ["eq","topic","a"]
     + push cloud/topic_1m
     - duckdb: COST`,
  )
  assertPlan(
    { filter: isIn('topic', 'a', 'b') },
    [topicServed({ filter: isIn('topic', 'a', 'b', 'c') })],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows, where ["in","topic",["a","b"]]
     + push cloud/topic_1m
     - duckdb: COST`,
  )
})

test('own filter implied: a prefix or a pattern is by values that all match, or by the same filter, which then is gone', () => {
  const prefix = { kind: 'prefix', label: 'topic', value: 'or' } as const
  const regex = { kind: 'regex', label: 'topic', pattern: 'or.*|b' } as const
  const pushed = (filter: string) =>
    `push cloud/topic_1m: 10:00/12:00, 1200 rows${filter}
     + push cloud/topic_1m
     - duckdb: COST`
  const rejected = (filter: string) =>
    `duckdb: 10:00/12:00, 12000 rows${filter}
     - push cloud/topic_1m: ROLLUP_FILTER_NOT_IMPLIED topic
     + duckdb`
  for (const own of [prefix, regex]) {
    const one = [topicServed({ filter: own })]
    assertPlan({ filter: own }, one, pushed(''))
    assertPlan({ filter: eq('topic', 'orders') }, one, pushed(', where ["eq","topic","orders"]'))
    assertPlan({ filter: isIn('topic', 'or', 'orders') }, one, pushed(', where ["in","topic",["or","orders"]]'))
    assertPlan({ filter: isIn('topic', 'or', 'c') }, one, rejected(', where ["in","topic",["c","or"]]'))
    assertPlan({ filter: eq('topic', 'a') }, one, rejected(', where ["eq","topic","a"]'))
  }
  const one = [topicServed({ filter: regex })]
  assertPlan({ filter: prefix }, one, rejected(', where ["prefix","topic","or"]'))
})

test('own filter implied: each of its conjuncts must be', () => {
  const own = [topicServed({ labels: ['topic'], filter: and(eq('broker', '1'), isIn('cluster', 'c1', 'c2')) })]
  assertPlan(
    { filter: eq('broker', '1') },
    own,
    `duckdb: 10:00/12:00, 12000 rows, where ["eq","broker","1"]
     - push cloud/topic_1m: ROLLUP_FILTER_NOT_IMPLIED cluster
     + duckdb`,
  )
  assertPlan(
    { filter: and(eq('broker', '1'), isIn('cluster', 'c2', 'c1')) },
    own,
    `push cloud/topic_1m: 10:00/12:00, 1200 rows, knowing broker=1
     + push cloud/topic_1m
     - duckdb: COST`,
  )
  assertPlan(
    { filter: and(eq('broker', '1'), eq('cluster', 'c1')) },
    own,
    `duckdb: 10:00/12:00, 12000 rows, where ["and",["eq","broker","1"],["eq","cluster","c1"]]
     - push cloud/topic_1m: FILTER_LABEL_MISSING cluster
     + duckdb
     hint: keeping cluster in cloud/topic_1m would have covered 100 %`,
  )
})

test('filter labels kept: one missing label under OR rejects as a whole', () => {
  const filter = or(eq('topic', 'a'), eq('broker', '1'))
  assertPlan(
    { filter },
    [topicServed()],
    `duckdb: 10:00/12:00, 12000 rows, where ["or",["eq","broker","1"],["eq","topic","a"]]
     - push cloud/topic_1m: FILTER_LABEL_MISSING broker
     + duckdb
     hint: keeping broker in cloud/topic_1m would have covered 100 %`,
  )
  assertPlan(
    { filter: or(eq('topic', 'a'), not(eq('cluster', 'c1'))) },
    [topicServed()],
    `push cloud/topic_1m: 10:00/12:00, 1200 rows, where ["or",["eq","topic","a"],["not",["eq","cluster","c1"]]]
     + push cloud/topic_1m
     - duckdb: COST`,
  )
})

test('allowed: use and avoid name sources or rollups', () => {
  const forbidden = `duckdb: 10:00/12:00, 12000 rows
     - push cloud/topic_1m: DISABLED_BY_REQUEST
     + duckdb`
  assertPlan({ avoid: ['push'] }, [topicServed()], forbidden)
  assertPlan({ avoid: ['cloud/topic_1m'] }, [topicServed()], forbidden)
  assertPlan({ use: ['duckdb'] }, [topicServed()], forbidden)
  for (const use of [['push'], ['cloud/topic_1m']]) {
    assertPlan(
      { use },
      [topicServed()],
      `push cloud/topic_1m: 10:00/12:00, 1200 rows
       + push cloud/topic_1m
       - duckdb: DISABLED_BY_REQUEST`,
    )
  }
})

test('allowed: what the only allowed source does not hold is missing', () => {
  assertPlan(
    { use: ['push'], intervals: [span(15, 17)] },
    [topicServed()],
    `push cloud/topic_1m: 15:00/15:58, 580 rows
     missing: 15:58/17:00
     + push cloud/topic_1m: NO_COVERAGE 15:58/17:00
     - duckdb: DISABLED_BY_REQUEST`,
  )
})

test('every code that a rule about definitions gives was seen above', () => {
  assert.deepEqual(codesSeen(), [
    'COST',
    'DISABLED_BY_REQUEST',
    'FILTER_LABEL_MISSING',
    'LABEL_MISSING',
    'NO_COVERAGE',
    'ROLLUP_FILTER_NOT_IMPLIED',
    'WRONG_DATASET',
  ])
})
