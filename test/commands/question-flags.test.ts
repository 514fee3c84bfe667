import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueryBody } from '../../src/api/query/query-body.ts'
import type { FlagValues } from '../../src/commands/command.ts'
import { bodyOf } from '../../src/commands/question-flags.ts'

/** What the flags say, held to what the API reads. */
function body(flags: FlagValues): Record<string, unknown> {
  const said = bodyOf(flags)
  assert.ok(QueryBody.safeParse(said).success, JSON.stringify(QueryBody.safeParse(said).error?.issues))
  return said
}

test('one metric and nothing else asks for the last hour by minute', () => {
  assert.deepEqual(body({ metric: ['received'] }), {
    aggregations: [{ metric: 'received' }],
    granularity: 'PT1M',
    intervals: ['PT1H/now'],
  })
})

test('every flag has its place in the body', () => {
  const said = body({
    metric: ['received', 'sent'],
    agg: ['max'],
    time: ['sum', 'max'],
    as: ['in', 'out'],
    ratio: ['share=in/out'],
    'group-by': ['metric.topic,metric.partition', 'resource.kafka.id'],
    where: ['metric.topic^=orders', 'metric.partition<7'],
    having: ['in>10.5', 'out!=0'],
    interval: ['PT2H/now', 'PT1H/2026-11-21T10:00:00Z'],
    granularity: 'PT5M',
    timezone: 'Europe/Paris',
    fill: 'zero',
    'order-by': 'in:asc',
    limit: '20',
    freshness: 'PT5M',
    use: ['push'],
    avoid: ['cloud/topic_1m'],
  })
  assert.deepEqual(said, {
    aggregations: [
      { metric: 'received', agg: 'MAX', time: 'SUM', as: 'in' },
      { metric: 'sent', agg: 'MAX', time: 'MAX', as: 'out' },
    ],
    granularity: 'PT5M',
    intervals: ['PT2H/now', 'PT1H/2026-11-21T10:00:00Z'],
    group_by: ['metric.topic', 'metric.partition', 'resource.kafka.id'],
    ratios: [{ as: 'share', numerator: 'in', denominator: 'out' }],
    filter: {
      op: 'AND',
      filters: [
        { field: 'metric.topic', op: 'PREFIX', value: 'orders' },
        { field: 'metric.partition', op: 'LT', value: '7' },
      ],
    },
    having: {
      op: 'AND',
      conditions: [
        { op: 'GT', metric: 'in', value: 10.5 },
        { op: 'NE', metric: 'out', value: 0 },
      ],
    },
    timezone: 'Europe/Paris',
    fill: 'zero',
    use: ['push'],
    avoid: ['cloud/topic_1m'],
    order_by: [{ metric: 'in', order: 'ASCENDING' }],
    limit: 20,
    freshness: { maxStaleness: 'PT5M' },
  })
})

test('groups are ordered greatest first unless the flag says asc', () => {
  assert.deepEqual(body({ metric: ['m'], granularity: 'ALL', 'order-by': 'm' }).order_by, [
    { metric: 'm', order: 'DESCENDING' },
  ])
})

test('what cannot be meant is refused with how to write it', () => {
  const refused: [FlagValues, RegExp][] = [
    [{}, /--metric is missing/],
    [{ metric: ['a', 'b', 'c'], agg: ['MIN', 'MAX'] }, /--agg stands there 2 times for 3 metrics/],
    [{ metric: ['a', 'b'], as: ['x'] }, /--as stands there 1 times for 2 metrics/],
    [{ metric: ['a'], ratio: ['x=kafka/a/kafka/b'] }, /--ratio x=kafka\/a\/kafka\/b: not NAME=A\/B/],
    [{ metric: ['a'], having: ['a is large'] }, /--having a is large: not NAME>NUMBER/],
    [{ metric: ['a'], limit: '0' }, /--limit 0: not a number of groups/],
  ]
  for (const [flags, message] of refused) {
    assert.throws(() => bodyOf(flags), { code: 'CONFIG_INVALID', message })
  }
})
