import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ErrorCode } from '../../../src/model/errors.ts'
import { type LanewayError, LanewayErrors } from '../../../src/model/errors.ts'
import type { Filter } from '../../../src/model/filter.ts'
import { MINUTE_MS } from '../../../src/model/granularity.ts'
import { UNSCOPED } from '../../../src/model/scope.ts'
import { DEFAULT_QUERY_LIMITS } from '../../../src/planner/logical/limits.ts'
import { logicalStates, normalise } from '../../../src/planner/logical/normalise.ts'
import type { QueryRequest } from '../../../src/planner/logical/question.ts'
import { minute, minutes, rollupOf } from '../../cache/push/push-fixture.ts'
import { bytes, catalogWith, datasetOf, TOPIC_1M } from '../engine/engine-world.ts'

const edge = datasetOf([rollupOf({ dataset: 'edge', name: 'topic_1m', id: 'edge/topic_1m' })], { name: 'edge' })
const quarters = datasetOf([], { name: 'quarters', stepMs: 15 * MINUTE_MS })
const world = {
  catalog: catalogWith(datasetOf([TOPIC_1M]), edge, quarters),
  now: minute(60) + 30_000,
  limits: DEFAULT_QUERY_LIMITS,
  scope: UNSCOPED,
  sources: ['push', 'duckdb'],
}
const usual: QueryRequest = {
  dataset: 'cloud',
  aggregations: [{ metric: 'bytes' }],
  groupBy: [],
  granularity: 'PT1M',
  intervals: ['2026-11-21T10:00:00Z/PT1H'],
}
const asked = (changes: Partial<QueryRequest> = {}) => normalise({ ...usual, ...changes }, world)

function problemsOf(changes: Partial<QueryRequest>): readonly LanewayError[] {
  try {
    asked(changes)
  } catch (error) {
    assert.ok(error instanceof LanewayErrors)
    return error.errors
  }
  return []
}

const eq = (label: string, value = 'x'): Filter => ({ kind: 'eq', label, value })
const deep = (levels: number): Filter => (levels === 1 ? eq('topic') : { kind: 'not', filter: deep(levels - 1) })
const absolute = (from: string, to: string) => [`2026-11-${from}:00Z/2026-11-${to}:00Z`]

interface Wrong {
  readonly title: string
  readonly changes: Partial<QueryRequest>
  readonly code: ErrorCode
  readonly pointer: string | undefined
  readonly says: RegExp
  readonly limit?: number | string
  readonly actual?: number | string
}

const WRONG: readonly Wrong[] = [
  {
    title: 'a dataset that nobody defined',
    changes: { dataset: 'clouds' },
    code: 'DATASET_UNKNOWN',
    pointer: undefined,
    says: /dataset "clouds" does not exist; there are: cloud, edge, quarters/,
  },
  {
    title: 'no aggregation',
    changes: { aggregations: [] },
    code: 'FIELD_INVALID',
    pointer: '/aggregations',
    says: /aggregations is empty/,
  },
  {
    title: 'more aggregations than the limit',
    changes: { aggregations: Array.from({ length: 17 }, () => ({ metric: 'bytes' })) },
    code: 'FIELD_INVALID',
    pointer: '/aggregations',
    says: /17 entries, at most 16/,
    limit: 16,
    actual: 17,
  },
  {
    title: 'the same measure twice',
    changes: { aggregations: [{ metric: 'bytes' }, { metric: 'bytes', agg: 'SUM', time: 'SUM' }] },
    code: 'FIELD_INVALID',
    pointer: '/aggregations/1',
    says: /aggregations\[1\] asks SUM over time of SUM of bytes again, as aggregations\[0\] does/,
  },
  {
    title: 'a metric that the dataset does not have',
    changes: { aggregations: [{ metric: 'kafka/bytes_in' }] },
    code: 'METRIC_UNKNOWN',
    pointer: '/aggregations/0/metric',
    says: /aggregations\[0\]\.metric "kafka\/bytes_in" is no metric of dataset cloud; like it: bytes$/,
  },
  {
    title: 'a group_by label that the metric does not have',
    changes: { groupBy: ['topic', 'partition'] },
    code: 'LABEL_UNKNOWN',
    pointer: '/group_by/1',
    says: /group_by\[1\] "partition" is no label of metric bytes; allowed: cluster, topic$/,
  },
  {
    title: 'a group_by label that only one of two metrics has',
    changes: { aggregations: [{ metric: 'lag' }, { metric: 'bytes' }], groupBy: ['partition'] },
    code: 'LABEL_UNKNOWN',
    pointer: '/group_by/0',
    says: /"partition" is no label of every asked metric; allowed: cluster, topic$/,
  },
  {
    title: 'a group_by label twice',
    changes: { groupBy: ['topic', 'topic'] },
    code: 'FIELD_INVALID',
    pointer: '/group_by/1',
    says: /group_by\[1\] names "topic" again/,
  },
  {
    title: 'a filter label that the metric does not have',
    changes: { filter: eq('broker') },
    code: 'LABEL_UNKNOWN',
    pointer: '/filter/field',
    says: /filter\.field "broker" is no label of metric bytes; allowed: cluster, topic/,
  },
  {
    title: 'a filter label deep inside',
    changes: {
      filter: { kind: 'and', filters: [eq('topic'), { kind: 'not', filter: { kind: 'or', filters: [eq('zone')] } }] },
    },
    code: 'LABEL_UNKNOWN',
    pointer: '/filter/filters/1/filter/filters/0/field',
    says: /filter\.filters\[1\]\.filter\.filters\[0\]\.field "zone"/,
  },
  {
    title: 'a filter nested too deep',
    changes: { filter: deep(17) },
    code: 'FILTER_TOO_COMPLEX',
    pointer: '/filter',
    says: /at most 16 deep/,
    limit: 16,
  },
  {
    title: 'a filter with too many comparisons',
    changes: { filter: { kind: 'in', label: 'topic', values: Array.from({ length: 513 }, (_, i) => `t${i}`) } },
    code: 'FILTER_TOO_COMPLEX',
    pointer: '/filter',
    says: /513 comparisons.*at most 512/,
    limit: 512,
    actual: 513,
  },
  {
    title: 'no interval',
    changes: { intervals: [] },
    code: 'FIELD_INVALID',
    pointer: '/intervals',
    says: /intervals is empty/,
  },
  {
    title: 'more intervals than the limit',
    changes: { intervals: Array.from({ length: 33 }, () => 'PT1H/now') },
    code: 'INTERVALS_TOO_MANY',
    pointer: '/intervals',
    says: /33 entries, at most 32/,
    limit: 32,
    actual: 33,
  },
  {
    title: 'an interval that is none',
    changes: { intervals: ['PT1H/now', 'yesterday'] },
    code: 'INTERVAL_INVALID',
    pointer: '/intervals/1',
    says: /yesterday/,
  },
  {
    title: 'an interval in which no step starts',
    changes: { intervals: ['2026-11-21T10:00:01Z/2026-11-21T10:00:59Z'] },
    code: 'INTERVAL_INVALID',
    pointer: '/intervals',
    says: /no step of 60 s starts inside/,
  },
  ...(
    [
      ['PT1M', '21T00:00', '21T06:01', 'PT6H', 'PT6H1M', 'PT5M'],
      ['PT5M', '20T00:00', '21T00:01', 'P1D', 'P1DT1M', 'PT15M'],
      ['PT15M', '17T00:00', '21T00:01', 'P4D', 'P4DT1M', 'PT30M'],
      ['PT30M', '14T00:00', '21T00:01', 'P7D', 'P7DT1M', 'PT1H'],
      ['PT1M', '14T00:00', '21T00:01', 'PT6H', 'P7DT1M', 'PT1H'],
    ] as const
  ).map(
    ([granularity, from, to, limit, actual, finest]): Wrong => ({
      title: `${actual} by ${granularity}`,
      changes: { granularity, intervals: absolute(from, to) },
      code: 'INTERVAL_TOO_LONG',
      pointer: '/intervals',
      says: new RegExp(`are ${actual} long.*${granularity} allows ${limit};.*accepts ${actual} is ${finest}$`),
      limit,
      actual,
    }),
  ),
  {
    title: 'intervals that are too long only together',
    changes: { intervals: [...absolute('21T00:00', '21T04:00'), ...absolute('20T00:00', '20T03:00')] },
    code: 'INTERVAL_TOO_LONG',
    pointer: '/intervals',
    says: /PT7H long together/,
    actual: 'PT7H',
  },
  {
    title: 'more buckets than an answer may have values',
    changes: { granularity: 'PT1H', intervals: ['1970-01-01T00:00:00Z/2030-01-01T00:00:00Z'] },
    code: 'QUERY_TOO_EXPENSIVE',
    pointer: '/intervals',
    says: /one group alone may have 525960 values by PT1H, an answer may hold 500000/,
    limit: 500_000,
    actual: 525_960,
  },
  {
    title: 'a granularity finer than the base step',
    changes: { dataset: 'quarters', granularity: 'PT5M' },
    code: 'FIELD_INVALID',
    pointer: '/granularity',
    says: /PT5M is not made of whole base steps of dataset quarters, which are PT15M; the finest that is: PT15M/,
    limit: 'PT15M',
    actual: 'PT5M',
  },
  {
    title: 'a pattern that is none, where it stands',
    changes: { filter: { kind: 'and', filters: [eq('topic'), { kind: 'regex', label: 'topic', pattern: '(?=a)' }] } },
    code: 'FIELD_INVALID',
    pointer: '/filter/filters/1/value',
    says: /the pattern is not RE2: invalid or unsupported Perl syntax: `\(\?=`/,
  },
  {
    title: 'a pattern that is too long',
    changes: { filter: { kind: 'regex', label: 'topic', pattern: 'x'.repeat(257) } },
    code: 'FILTER_TOO_COMPLEX',
    pointer: '/filter/value',
    says: /has 257 characters, at most 256/,
    limit: 256,
    actual: 257,
  },
  {
    title: 'an unknown label of NE, at the place that the body has',
    changes: { filter: { kind: 'not', filter: { kind: 'not', filter: eq('zone'), written: 'NE' } } },
    code: 'LABEL_UNKNOWN',
    pointer: '/filter/filter/field',
    says: /filter\.filter\.field "zone"/,
  },
  {
    title: 'a name that is none',
    changes: { aggregations: [{ metric: 'bytes', as: '1st' }] },
    code: 'FIELD_INVALID',
    pointer: '/aggregations/0/as',
    says: /aggregations\[0\]\.as "1st" is no name/,
  },
  {
    title: 'a name that is taken',
    changes: {
      aggregations: [{ metric: 'bytes', as: 'a' }],
      ratios: [{ numerator: 'a', denominator: 'a', as: 'a' }],
    },
    code: 'FIELD_INVALID',
    pointer: '/ratios/0/as',
    says: /ratios\[0\]\.as "a" is taken already/,
  },
  {
    title: 'a ratio of what has no name',
    changes: { aggregations: [{ metric: 'bytes', as: 'a' }], ratios: [{ numerator: 'a', denominator: 'bytes' }] },
    code: 'FIELD_INVALID',
    pointer: '/ratios/0/denominator',
    says: /"bytes" is the `as` of no aggregation; named are: a$/,
  },
  {
    title: 'a condition on a value that is not asked for',
    changes: {
      having: {
        kind: 'and',
        conditions: [{ kind: 'compare', value: { metric: 'lag' }, op: 'GT', than: 1 }],
      },
    },
    code: 'FIELD_INVALID',
    pointer: '/having/conditions/0/metric',
    says: /"lag" is none of the aggregations; asked are: SUM of bytes/,
  },
  {
    title: 'a condition with too many comparisons',
    changes: {
      having: {
        kind: 'or',
        conditions: Array.from({ length: 513 }, () => ({
          kind: 'compare' as const,
          value: { metric: 'bytes' },
          op: 'GT' as const,
          than: 1,
        })),
      },
    },
    code: 'FILTER_TOO_COMPLEX',
    pointer: '/having',
    says: /has 513 comparisons, at most 512/,
    limit: 512,
    actual: 513,
  },
  {
    title: 'ratios that make too many values',
    changes: {
      granularity: 'PT1H',
      aggregations: [{ metric: 'bytes', as: 'a' }],
      ratios: Array.from({ length: 16 }, () => ({ numerator: 'a', denominator: 'a' })),
      intervals: ['2020-01-01T00:00:00Z/2026-01-01T00:00:00Z'],
    },
    code: 'QUERY_TOO_EXPENSIVE',
    pointer: '/intervals',
    says: /one group alone may have \d+ values/,
  },
  {
    title: 'order_by a metric that is not asked',
    changes: { granularity: 'ALL', orderBy: { metric: 'lag', order: 'DESCENDING' } },
    code: 'ORDER_BY_INVALID',
    pointer: '/order_by/0/metric',
    says: /"lag" is none of the aggregations; asked are: SUM of bytes/,
  },
  {
    title: 'order_by another space than asked',
    changes: { granularity: 'ALL', orderBy: { metric: 'bytes', agg: 'MAX', order: 'DESCENDING' } },
    code: 'ORDER_BY_INVALID',
    pointer: '/order_by/0/metric',
    says: /MAX of "bytes" is none of the aggregations/,
  },
  {
    title: 'order_by that fits two aggregations',
    changes: {
      granularity: 'ALL',
      aggregations: [{ metric: 'bytes' }, { metric: 'bytes', agg: 'MAX' }],
      orderBy: { metric: 'bytes', order: 'ASCENDING' },
    },
    code: 'ORDER_BY_INVALID',
    pointer: '/order_by/0/metric',
    says: /fits 2 of the aggregations; asked are: SUM of bytes, MAX of bytes/,
  },
  {
    title: 'limit without group_by',
    changes: { limit: 5 },
    code: 'LIMIT_NEEDS_GROUP_BY',
    pointer: '/limit',
    says: /limit 5 counts groups and needs a non-empty group_by/,
  },
  ...[0, 1001, 2.5, Number.NaN].map(
    (limit): Wrong => ({
      title: `limit ${limit}`,
      changes: { groupBy: ['topic'], limit },
      code: 'FIELD_INVALID',
      pointer: '/limit',
      says: new RegExp(`limit must be an integer from 1 to 1000, got ${limit}`),
      limit: 1000,
      actual: limit,
    }),
  ),
  {
    title: 'a zone of the IANA database',
    changes: { timezone: 'Europe/Berlin' },
    code: 'NOT_SUPPORTED_YET',
    pointer: '/timezone',
    says: /"Europe\/Berlin": buckets lie on UTC boundaries so far/,
  },
  ...['+01:00', 'UTC+1', '-05', 'GMT-2'].map(
    (timezone): Wrong => ({
      title: `${timezone} for a zone`,
      changes: { timezone },
      code: 'FIELD_INVALID',
      pointer: '/timezone',
      says: /is an offset; allowed: names of zones, like Europe\/Berlin/,
    }),
  ),
  {
    title: 'a zone that nobody knows',
    changes: { timezone: 'Europe/Atlantis' },
    code: 'FIELD_INVALID',
    pointer: '/timezone',
    says: /"Europe\/Atlantis" is no zone of the IANA database/,
  },
  {
    title: 'a negative staleness',
    changes: { freshness: { kind: 'maxStaleness', ms: -1 } },
    code: 'FIELD_INVALID',
    pointer: '/freshness/maxStaleness',
    says: /at least 0 ms, got -1/,
  },
  {
    title: 'an empty use',
    changes: { use: [] },
    code: 'FIELD_INVALID',
    pointer: '/use',
    says: /use is empty, so nothing may answer/,
  },
  {
    title: 'a source that does not exist',
    changes: { use: ['push', 'druid'] },
    code: 'FIELD_INVALID',
    pointer: '/use/1',
    says: /use\[1\] "druid" is neither a source nor a rollup; there are: push, duckdb, cloud\/topic_1m$/,
  },
  {
    title: 'a rollup that does not exist',
    changes: { avoid: ['cloud/topic_1h'] },
    code: 'FIELD_INVALID',
    pointer: '/avoid/0',
    says: /avoid\[0\] "cloud\/topic_1h" is neither/,
  },
]

describe('what is refused, with code, pointer and a text that names field, rule, limit and what was sent:', () => {
  for (const { title, changes, code, pointer, says, limit, actual } of WRONG) {
    test(title, () => {
      const problems = problemsOf(changes)
      assert.deepEqual(
        problems.map((problem) => [problem.code, problem.facts.pointer]),
        [[code, pointer]],
      )
      assert.match(problems[0]!.message, says)
      if (limit !== undefined) assert.equal(problems[0]!.facts.limit, limit)
      if (actual !== undefined) assert.equal(problems[0]!.facts.actual, actual)
    })
  }
})

test('limits that have a configuration key name it', () => {
  const keys = [
    problemsOf({ groupBy: ['topic'], limit: 1001 }),
    problemsOf({ intervals: Array.from({ length: 33 }, () => 'PT1H/now') }),
    problemsOf({ filter: deep(17) }),
    problemsOf({ granularity: 'PT1H', intervals: ['1970-01-01T00:00:00Z/2030-01-01T00:00:00Z'] }),
  ].map(([problem]) => problem!.facts.configKey)
  assert.deepEqual(keys, ['query.groupsMax', 'query.intervalsMax', 'query.filterDepthMax', 'query.valuesMax'])
})

test('all problems of one request are told together', () => {
  const problems = problemsOf({
    aggregations: [{ metric: 'bytes' }, { metric: 'rubbish' }],
    groupBy: ['zone'],
    filter: { kind: 'or', filters: [eq('topic'), eq('zone')] },
    intervals: ['PT1H/now', 'never', 'PT1H'],
    orderBy: { metric: 'bytes', order: 'ASCENDING' },
    limit: 0,
    timezone: '+01:00',
    use: ['nobody'],
    avoid: ['cloud/nothing'],
  })
  assert.deepEqual(
    problems.map(({ facts }) => facts.pointer),
    [
      '/aggregations/1/metric',
      '/group_by/0',
      '/filter/filters/1/field',
      '/intervals/1',
      '/intervals/2',
      '/limit',
      '/timezone',
      '/use/0',
      '/avoid/0',
    ],
  )
  assert.ok(problemsOf({ dataset: 'clouds', intervals: ['never'], timezone: '+1' }).length === 3)
})

test('agg is the space; time follows from the type unless it is said', () => {
  const measures = (aggregations: QueryRequest['aggregations']) =>
    asked({ aggregations }).measures.map(({ space, time, metric }) => `${time} of ${space} of ${metric}`)
  assert.deepEqual(measures([{ metric: 'bytes' }, { metric: 'lag' }]), ['SUM of SUM of bytes', 'AVG of SUM of lag'])
  assert.deepEqual(measures([{ metric: 'lag', agg: 'MAX', time: 'LAST' }]), ['LAST of MAX of lag'])
  const [measure] = asked({ aggregations: [{ metric: 'lag' }] }).measures
  assert.deepEqual([measure?.type, measure?.unit, measure?.missing], ['GAUGE_INT64', '1', 'zero'])
})

test('relative times are resolved with the one now, ends rounded up to the step, touching intervals merged', () => {
  const { intervals, allStart, now } = asked({
    intervals: ['now-10m/now', '2026-11-21T10:50:59Z/PT30S', 'PT5M/now-9m|m'],
  })
  assert.deepEqual(intervals, [minutes(46, 61)])
  assert.deepEqual([allStart, now], [minute(46), world.now])
})

test('without limit 100 groups are answered, 1000 with granularity ALL, all without group_by', () => {
  assert.equal(asked().limit, null)
  assert.equal(asked({ groupBy: ['topic'] }).limit, 100)
  assert.equal(asked({ groupBy: ['topic'], granularity: 'ALL' }).limit, 1000)
  assert.equal(asked({ groupBy: ['topic'], limit: 7 }).limit, 7)
  const few = { ...world, limits: { ...DEFAULT_QUERY_LIMITS, groupsMax: 10 } }
  assert.equal(normalise({ ...usual, groupBy: ['topic'] }, few).limit, 10)
})

test('order_by names the position of its measure, with any granularity', () => {
  const aggregations = [{ metric: 'lag' }, { metric: 'bytes' }, { metric: 'bytes', agg: 'MAX' }] as const
  const order = (orderBy: QueryRequest['orderBy']) => asked({ aggregations, ...(orderBy && { orderBy }) }).order
  assert.deepEqual(order({ metric: 'bytes', agg: 'MAX', order: 'DESCENDING' }), { value: 2, descending: true })
  assert.deepEqual(order({ metric: 'lag', order: 'ASCENDING' }), { value: 0, descending: false })
  assert.equal(order(undefined), null)
})

test('values go by what `as` calls them, before a metric of that name; ratios come behind aggregations', () => {
  const { ratios, having, order } = asked({
    aggregations: [
      { metric: 'bytes', as: 'lag' },
      { metric: 'lag', as: 'b' },
    ],
    ratios: [
      { numerator: 'b', denominator: 'lag' },
      { numerator: 'lag', denominator: 'lag', as: 'one' },
    ],
    having: { kind: 'not', condition: { kind: 'compare', value: { metric: 'lag', agg: 'SUM' }, op: 'LT', than: 5 } },
    orderBy: { metric: 'one', order: 'ASCENDING' },
  })
  assert.deepEqual(ratios, [
    { numerator: 1, denominator: 0 },
    { numerator: 0, denominator: 0 },
  ])
  assert.deepEqual(having, { kind: 'not', condition: { kind: 'compare', value: 1, op: 'LT', than: 5 } })
  assert.deepEqual(order, { value: 3, descending: false })
  const lag = asked({
    aggregations: [{ metric: 'bytes', as: 'lag' }],
    having: { kind: 'compare', value: { metric: 'lag' }, op: 'GT', than: 5 },
  })
  assert.deepEqual(lag.having, { kind: 'compare', value: 0, op: 'GT', than: 5 })
})

test('callers inside the house may ask for all groups, and for any number of values', () => {
  const page = asked({ groupBy: ['topic'], limit: 7 })
  const all = asked({ groupBy: ['topic'], limit: 7, groups: 'all' })
  const unbounded = asked({ groupBy: ['topic'], groups: 'unbounded' })
  assert.deepEqual([page.limit, page.valuesMax], [7, 500_000])
  assert.deepEqual([all.limit, all.valuesMax], [null, 500_000])
  assert.deepEqual([unbounded.limit, unbounded.valuesMax], [null, null])
  asked({ granularity: 'PT1H', intervals: ['1970-01-01T00:00:00Z/2030-01-01T00:00:00Z'], groups: 'unbounded' })
})

test('UTC, the longest intervals and rollups of other datasets are accepted', () => {
  asked({ timezone: 'UTC' })
  asked({ intervals: absolute('21T00:00', '21T06:00') })
  asked({ granularity: 'PT30M', intervals: absolute('14T00:00', '21T00:00') })
  asked({ granularity: 'PT1H', intervals: ['2020-01-01T00:00:00Z/2026-01-01T00:00:00Z'] })
  asked({ filter: deep(16) })
  assert.deepEqual(asked({ use: ['push', 'edge/topic_1m', 'push'] }).use, ['edge/topic_1m', 'push'])
})

test('a worker asks for whole windows of every group, nothing stale, at least at its raw version', () => {
  const question = logicalStates(
    {
      dataset: 'cloud',
      measures: [{ ...bytes, time: 'EVERY' }],
      groupBy: ['topic', 'cluster'],
      filter: { kind: 'in', label: 'topic', values: ['a'] },
      granularity: 'PT1H',
      interval: minutes(0, 60),
      avoid: ['push', 'cloud/topic_1h', 'push'],
      rawAtLeast: 17,
    },
    world,
  )
  assert.deepEqual(question.intervals, [minutes(0, 60)])
  assert.deepEqual(question.filter, eq('topic', 'a'))
  const { limit, order, freshness, avoid, rawAtLeast, use } = question
  assert.deepEqual([limit, order, freshness.kind, rawAtLeast, use], [null, null, 'latest', 17, null])
  assert.deepEqual(avoid, ['cloud/topic_1h', 'push'])
})

test('property: questions that mean the same have the same fingerprint, others another', () => {
  const leaf = fc.constantFrom<Filter>(
    eq('topic', 'a'),
    eq('topic', 'b'),
    eq('cluster', 'a'),
    { kind: 'in', label: 'topic', values: ['b', 'a', 'a'] },
    { kind: 'gt', label: 'topic', value: 'a' },
  )
  const names = fc.uniqueArray(fc.constantFrom('push', 'duckdb', 'cloud/topic_1m'), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(leaf, { minLength: 1, maxLength: 5 }), names, fc.boolean(), (filters, avoid, flip) => {
      const one = asked({ filter: { kind: 'and', filters }, avoid, groupBy: ['topic'] })
      const turned = flip ? filters.toReversed() : [...filters, filters[0]!]
      const nested: Filter = { kind: 'not', filter: { kind: 'not', filter: { kind: 'and', filters: turned } } }
      const again = { filter: nested, avoid: [...avoid.toReversed(), avoid[0]!], groupBy: ['topic'] }
      const intervals = ['2026-11-21T10:30:00Z/PT30M', '2026-11-21T10:00:00Z/PT40M']
      assert.equal(asked({ ...again, intervals }).fingerprint, one.fingerprint)
      const later = { ...world, now: world.now + 5, catalog: { ...world.catalog, version: 413 } }
      assert.equal(normalise({ ...usual, ...again, intervals }, later).fingerprint, one.fingerprint)
    }),
  )
  const others: Partial<QueryRequest>[] = [
    {},
    { aggregations: [{ metric: 'bytes', agg: 'MAX' }] },
    { aggregations: [{ metric: 'bytes', time: 'MAX' }] },
    { groupBy: ['topic'] },
    { groupBy: ['topic', 'cluster'] },
    { groupBy: ['cluster', 'topic'] },
    { groupBy: ['topic'], limit: 3 },
    { filter: eq('topic') },
    { filter: { kind: 'not', filter: eq('topic') } },
    { filter: { kind: 'prefix', label: 'topic', value: 'x' } },
    { filter: { kind: 'regex', label: 'topic', pattern: 'x' } },
    { fill: 'zero' },
    { fill: 'null' },
    { orderBy: { metric: 'bytes', order: 'ASCENDING' } },
    { having: { kind: 'compare', value: { metric: 'bytes' }, op: 'GT', than: 5 } },
    { having: { kind: 'compare', value: { metric: 'bytes' }, op: 'GTE', than: 5 } },
    { aggregations: [{ metric: 'bytes', as: 'a' }], ratios: [{ numerator: 'a', denominator: 'a' }] },
    { granularity: 'PT5M' },
    { intervals: ['2026-11-21T10:00:00Z/PT59M'] },
    { freshness: { kind: 'sealed' } },
    { freshness: { kind: 'maxStaleness', ms: 5 } },
    { use: ['push'] },
    { avoid: ['push'] },
  ]
  const fingerprints = others.map((changes) => asked(changes).fingerprint)
  assert.equal(new Set(fingerprints).size, others.length)
})
