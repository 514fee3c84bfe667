import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Lanes } from '../../../src/lanes/lanes.ts'
import { DEFAULT_LANES } from '../../../src/lanes/options.ts'
import { createEngine, DEFAULT_QUERY_LIMITS } from '../../../src/planner/engine.ts'
import { type ApiWorld, catalog, errorsIn, openApi, RECEIVED, TEN } from '../api-world.ts'

/** The real planner, with no source at all: every question that is right ends with EDGE_UNAVAILABLE. */
const engine = createEngine({
  sources: [],
  places: [],
  catalog: { current: () => catalog },
  lanes: new Lanes(DEFAULT_LANES, () => TEN),
  clock: () => TEN,
  limits: DEFAULT_QUERY_LIMITS,
})

let world: ApiWorld
before(async () => {
  world = await openApi({ engine })
})
after(() => world.app.close())

const EQ = { field: 'metric.topic', op: 'EQ', value: 'a' }
const grouped = { group_by: ['metric.topic'] }
const nested = (depth: number): object => (depth === 1 ? EQ : { op: 'NOT', filter: nested(depth - 1) })

const cases: readonly (readonly [change: Record<string, unknown>, code: string, pointer: string])[] = [
  [{ aggregations: [{ metric: 'nothing' }] }, 'METRIC_UNKNOWN', '/aggregations/0/metric'],
  [{ group_by: ['metric.nothing'] }, 'LABEL_UNKNOWN', '/group_by/0'],
  [{ group_by: ['metric.topic', 'metric.topic'] }, 'FIELD_INVALID', '/group_by/1'],
  [{ filter: { ...EQ, field: 'topic' } }, 'LABEL_UNKNOWN', '/filter/field'],
  [
    { filter: { op: 'OR', filters: [EQ, { op: 'NOT', filter: { ...EQ, field: 'x' } }] } },
    'LABEL_UNKNOWN',
    '/filter/filters/1/filter/field',
  ],
  [{ filter: nested(17) }, 'FILTER_TOO_COMPLEX', '/filter'],
  [{ filter: { ...EQ, op: 'IN', value: Array.from({ length: 513 }, (_, i) => i) } }, 'FILTER_TOO_COMPLEX', '/filter'],
  [{ filter: { op: 'NOT', filter: { ...EQ, op: 'NE', field: 'x' } } }, 'LABEL_UNKNOWN', '/filter/filter/field'],
  [{ filter: { ...EQ, op: 'REGEX', value: 'a(' } }, 'FIELD_INVALID', '/filter/value'],
  [{ filter: { ...EQ, op: 'REGEX', value: '(a{1000}){1000}' } }, 'FILTER_TOO_COMPLEX', '/filter/value'],
  [{ filter: { ...EQ, op: 'REGEX', value: `(${'ab'.repeat(100)}){1000}` } }, 'FILTER_TOO_COMPLEX', '/filter/value'],
  [{ aggregations: [{ metric: RECEIVED, as: 'a b' }] }, 'FIELD_INVALID', '/aggregations/0/as'],
  [{ ratios: [{ numerator: 'a', denominator: 'b' }] }, 'FIELD_INVALID', '/ratios/0/numerator'],
  [
    { having: { op: 'NOT', condition: { op: 'GT', metric: 'a', value: 1 } } },
    'FIELD_INVALID',
    '/having/condition/metric',
  ],
  [{ ...grouped, order_by: [{ metric: RECEIVED, agg: 'MAX' }] }, 'ORDER_BY_INVALID', '/order_by/0/metric'],
  [{ intervals: ['yesterday'] }, 'INTERVAL_INVALID', '/intervals/0'],
  [{ intervals: ['PT1H/now', '2026-11-21T10:00:00Z/2026-11-21T09:00:00Z'] }, 'INTERVAL_INVALID', '/intervals/1'],
  [{ intervals: ['PT7H/now'] }, 'INTERVAL_TOO_LONG', '/intervals'],
  [{ intervals: Array.from({ length: 33 }, () => 'PT1H/now') }, 'INTERVALS_TOO_MANY', '/intervals'],
  [{ limit: 5 }, 'LIMIT_NEEDS_GROUP_BY', '/limit'],
  [{ ...grouped, limit: 1001 }, 'FIELD_INVALID', '/limit'],
  [{ ...grouped, granularity: 'ALL', order_by: [{ metric: 'a_metric' }] }, 'ORDER_BY_INVALID', '/order_by/0/metric'],
  [{ timezone: 'Europe/Paris' }, 'NOT_SUPPORTED_YET', '/timezone'],
  [{ use: ['nowhere'] }, 'FIELD_INVALID', '/use/0'],
  [{ avoid: ['nowhere'] }, 'FIELD_INVALID', '/avoid/0'],
]

for (const [change, code, pointer] of cases) {
  test(`${JSON.stringify(change).slice(0, 90)} is refused with ${code} at ${pointer}`, async () => {
    const { status, text } = await world.ask(change)
    const [error] = errorsIn(text)
    assert.deepEqual([status, error!.code, error!.pointer], [400, code, pointer], text)
    assert.ok(error!.detail.length > 10 && error!.hint.length > 10)
  })
}

test('a question that no source can answer says which piece is missing', async () => {
  const { status, text } = await world.ask()
  assert.deepEqual([status, errorsIn(text)[0]!.code], [422, 'EDGE_UNAVAILABLE'])
})

test('a dataset that does not exist is told with those that do', async () => {
  const payload = { aggregations: [{ metric: 'm' }], granularity: 'PT1M', intervals: ['PT1H/now'] }
  const response = await world.app.inject({ method: 'POST', url: '/v2/metrics/clouds/query', payload })
  const [error] = errorsIn(response.body)
  assert.deepEqual([response.statusCode, error!.code], [404, 'DATASET_UNKNOWN'])
  assert.match(error!.detail, /cloud/)
})

test('explain: plan of the same question says what is missing in place of failing', async () => {
  const { status, text } = await world.ask({ explain: 'plan' })
  assert.equal(status, 200, text)
  assert.equal(JSON.parse(text).meta.plan.missing.length, 1)
})
