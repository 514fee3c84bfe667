import assert from 'node:assert/strict'
import { test } from 'node:test'
import { datasetFrom, problemsOf } from './catalog-text.ts'

const HEAD = 'dataset: shop\nresources: { shop: { id: resource.shop.id } }\nmetrics:\n'
const metric = (written: string) => datasetFrom(`${HEAD}  orders: ${written}`).metrics.get('orders')!

test('a metric has every default but its type, and is recognised by its own name', () => {
  assert.deepEqual(metric('{ type: COUNTER_INT64 }'), {
    dataset: 'shop',
    name: 'orders',
    type: 'COUNTER_INT64',
    unit: '1',
    description: '',
    resources: [],
    labels: [],
    missing: 'absent',
    exportable: true,
    lifecycle: 'GENERAL_AVAILABILITY',
    from: { otlp: 'orders', labels: {}, resource: {} },
    selfRegistered: false,
  })
})

test('labels are sorted, without repeats, the ids of its resources among them', () => {
  const { labels } = metric(
    '{ type: GAUGE_DOUBLE, resources: [shop], labels: [resource.shop.id, metric.b, metric.a, metric.b] }',
  )
  assert.deepEqual(labels, ['metric.a', 'metric.b', 'resource.shop.id'])
})

test('the mapping is kept as written', () => {
  const { from } = metric(
    '{ type: COUNTER_INT64, labels: [metric.a], from: { otlp: sold, labels: { x: metric.a }, skip: { x: [all, none] } } }',
  )
  assert.deepEqual(from, { otlp: 'sold', labels: { x: 'metric.a' }, resource: {}, skip: { x: ['all', 'none'] } })
})

const WRONG: readonly (readonly [string, string, readonly string[]])[] = [
  ['nothing', '', ['null is not allowed; allowed: a map']],
  ['no type', '{ unit: By }', ['type: is missing; allowed: COUNTER_INT64, COUNTER_DOUBLE, GAUGE_INT64, GAUGE_DOUBLE']],
  [
    'another type',
    '{ type: HISTOGRAM }',
    ['type: "HISTOGRAM" is not allowed; allowed: COUNTER_INT64, COUNTER_DOUBLE, GAUGE_INT64, GAUGE_DOUBLE'],
  ],
  [
    'values of other kinds',
    '{ type: GAUGE_INT64, unit: 1, description: [], missing: null, exportable: 1, lifecycle: GA }',
    [
      'unit: 1 is not allowed; allowed: a string (write it in quotes)',
      'description: [] is not allowed; allowed: a string',
      'missing: null is not allowed; allowed: absent, zero',
      'exportable: 1 is not allowed; allowed: true or false',
      'lifecycle: "GA" is not allowed; allowed: PREVIEW, GENERAL_AVAILABILITY, DEPRECATED',
    ],
  ],
  [
    'an unknown key',
    '{ type: GAUGE_INT64, label: [] }',
    [
      'label: is not a key here; allowed: type, unit, description, resources, labels, missing, exportable, lifecycle, from',
    ],
  ],
  [
    'a resource type that is not defined',
    '{ type: GAUGE_INT64, resources: [shop, till] }',
    ['resources[1]: "till" is no resource type of this file; allowed: shop'],
  ],
  [
    'labels without prefix',
    '{ type: GAUGE_INT64, labels: [topic] }',
    [
      'labels[0]: "topic" is not allowed; allowed: a name that starts with metric. or resource., at most 255 characters',
    ],
  ],
  [
    'an empty OTLP name',
    '{ type: GAUGE_INT64, from: { otlp: "" } }',
    ['from.otlp: is empty; allowed: the name of a metric as senders send it'],
  ],
  [
    'mappings onto labels that the series does not keep',
    '{ type: GAUGE_INT64, resources: [shop], from: { labels: { a: metric.a }, resource: { b.c: resource.b } } }',
    [
      'from.labels.a: "metric.a" is no label of the metric; allowed: resource.shop.id',
      'from.resource["b.c"]: "resource.b" is no label of the metric; allowed: resource.shop.id',
    ],
  ],
  [
    'a skip rule without values',
    '{ type: GAUGE_INT64, from: { skip: { a: [], b: x, c: [1] } } }',
    [
      'from.skip.a: is empty; allowed: a list of attribute values',
      'from.skip.b: "x" is not allowed; allowed: a list',
      'from.skip.c[0]: 1 is not allowed; allowed: a string (write it in quotes)',
    ],
  ],
]
for (const [title, written, expected] of WRONG) {
  test(`a metric with ${title}: the error names the key and what is allowed`, () => {
    const problems = problemsOf(() => metric(written))
    assert.deepEqual(
      problems,
      expected.map((each) => `a.yaml:4: metrics.orders${/^(?:null|\[)/.test(each) ? ': ' : '.'}${each}`),
    )
  })
}

test('a name may hold anything that can be read, and no control character', () => {
  assert.deepEqual(
    [...datasetFrom(`${HEAD}  "größe/bytes in": { type: GAUGE_INT64 }`).metrics.keys()],
    ['größe/bytes in'],
  )
  const [problem] = problemsOf(() => datasetFrom(`${HEAD}  "a\\nb": { type: GAUGE_INT64 }`))
  assert.equal(
    problem,
    'a.yaml:4: metrics["a\\nb"]: is no name; allowed: 1 to 255 characters, none of them a control character',
  )
})
