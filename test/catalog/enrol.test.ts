import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EnrolLimits, enrol } from '../../src/catalog/enrol.ts'
import { catalogOf, descriptor } from './catalog-text.ts'

const LIMITS: EnrolLimits = { strictDatasets: false, datasetsMax: 3, metricsMax: 3, labelsMax: 4 }
const SHOP = `
dataset: shop
labels: { metric.customer: { cardinality: high } }
metrics: { orders: { type: COUNTER_INT64, unit: '1', labels: [metric.till] } }
`
const ROLLUPS = 'rollups: { mine: { grain: PT1M, labels: [], measures: [orders] } }'

test('a metric and a dataset that nobody wrote register with every default and a rollup of their own', () => {
  const sent = descriptor({ dataset: 'web', name: 'hits', unit: '{hit}', labels: ['metric.path', 'metric.code'] })
  const { catalog, added, refused } = enrol(catalogOf(), [sent], LIMITS)
  assert.deepEqual(refused, [])
  assert.deepEqual(added, [{ ...sent, labels: ['metric.code', 'metric.path'] }])
  const web = catalog.datasets.get('web')!
  assert.equal(web.retentionRawMs, 7 * 86_400_000)
  assert.deepEqual(web.metrics.get('hits'), {
    dataset: 'web',
    name: 'hits',
    type: 'COUNTER_INT64',
    unit: '{hit}',
    description: '',
    resources: [],
    labels: ['metric.code', 'metric.path'],
    missing: 'absent',
    exportable: true,
    lifecycle: 'GENERAL_AVAILABILITY',
    from: null,
    selfRegistered: true,
  })
  assert.deepEqual([...web.labels.keys()], ['metric.code', 'metric.path'])
  assert.deepEqual([...web.rollups.keys()], ['auto_1m.hits'])
})

test('the catalog that was given is not touched; the new one has the next number and datasets by name', () => {
  const before = catalogOf(SHOP)
  const { catalog } = enrol(before, [descriptor({ dataset: 'Alps', name: 'peaks' })], LIMITS)
  assert.equal(before.datasets.size, 1)
  assert.equal(before.datasets.get('shop')!.metrics.size, 1)
  assert.equal(catalog.version, 2)
  assert.deepEqual([...catalog.datasets.keys()], ['Alps', 'shop'])
  assert.equal(catalog.datasets.get('shop'), before.datasets.get('shop'))
})

test('what is known already changes nothing: the same catalog comes back', () => {
  const { catalog } = enrol(catalogOf(), [descriptor({ labels: ['metric.a', 'metric.b'] })], LIMITS)
  const again = enrol(catalog, [descriptor({ labels: ['metric.a'] }), descriptor()], LIMITS)
  assert.equal(again.catalog, catalog)
  assert.deepEqual(again.added, [])
  assert.deepEqual(again.refused, [])
})

test('a label seen first joins the metric and gives its own rollup a new version, and no other', () => {
  const first = enrol(
    catalogOf(),
    [descriptor({ labels: ['metric.b'] }), descriptor({ name: 'returns' })],
    LIMITS,
  ).catalog
  const { catalog, added } = enrol(first, [descriptor({ labels: ['metric.a'] })], LIMITS)
  assert.deepEqual(added, [descriptor({ labels: ['metric.a', 'metric.b'] })])
  const hash = (version: typeof first, name: string) => version.datasets.get('shop')!.rollups.get(name)!.defHash
  assert.notEqual(hash(catalog, 'auto_1m.orders'), hash(first, 'auto_1m.orders'))
  assert.equal(hash(catalog, 'auto_1m.returns'), hash(first, 'auto_1m.returns'))
  assert.deepEqual(catalog.datasets.get('shop')!.rollups.get('auto_1m.orders')!.labels, ['metric.a', 'metric.b'])
})

test('several descriptors of one metric in one call are one', () => {
  const sent = [descriptor({ labels: ['metric.a'] }), descriptor({ labels: ['metric.b'], description: 'second' })]
  const { added } = enrol(catalogOf(), sent, LIMITS)
  assert.deepEqual(added, [descriptor({ labels: ['metric.a', 'metric.b'] })])
})

test('a metric of a file keeps the labels that the file says', () => {
  const { catalog, added } = enrol(catalogOf(SHOP), [descriptor({ labels: ['metric.customer'] })], LIMITS)
  assert.deepEqual(added, [])
  assert.deepEqual(catalog.datasets.get('shop')!.metrics.get('orders')!.labels, ['metric.till'])
})

test('in a dataset of a file, its labels keep their cardinality and written rollups stay alone', () => {
  const sent = descriptor({ name: 'returns', labels: ['metric.customer', 'metric.till'] })
  const auto = enrol(catalogOf(SHOP), [sent], LIMITS).catalog.datasets.get('shop')!
  assert.deepEqual(auto.rollups.get('auto_1m.returns')!.labels, ['metric.till'])
  const written = enrol(catalogOf(SHOP + ROLLUPS), [sent], LIMITS).catalog.datasets.get('shop')!
  assert.deepEqual([...written.rollups.keys()], ['mine'])
})

for (const change of [{ type: 'GAUGE_INT64' }, { type: 'COUNTER_DOUBLE' }, { unit: 'By' }] as const) {
  test(`the first writer wins: ${JSON.stringify(change)} is a conflict that names both`, () => {
    const { catalog } = enrol(catalogOf(), [descriptor()], LIMITS)
    const { refused, added } = enrol(catalog, [descriptor({ ...change, labels: ['metric.new'] })], LIMITS)
    assert.deepEqual(added, [])
    const [error] = refused
    assert.equal(error!.code, 'METRIC_CONFLICT')
    const { type = 'COUNTER_INT64', unit = '1' } = { ...{ type: undefined, unit: undefined }, ...change }
    assert.equal(
      error!.facts.detail,
      `metric "orders" of dataset "shop" is COUNTER_INT64 in "1", but arrives as ${type} in "${unit}"`,
    )
  })
}

test('another description is no conflict and does not replace the first', () => {
  const { catalog } = enrol(catalogOf(), [descriptor({ description: 'first' })], LIMITS)
  const again = enrol(catalog, [descriptor({ description: 'second' })], LIMITS)
  assert.equal(again.catalog, catalog)
})

const REFUSED: readonly (readonly [string, Parameters<typeof descriptor>[0], Partial<EnrolLimits>, string, RegExp])[] =
  [
    ['a dataset name', { dataset: 'my shop' }, {}, 'FIELD_INVALID', /^dataset name "my shop" is not allowed$/],
    ['a metric name', { name: 'a\nb' }, {}, 'FIELD_INVALID', /^metric name "a\\nb" is not allowed$/],
    ['a label name', { name: 'x', labels: ['topic'] }, {}, 'FIELD_INVALID', /^label name "topic" is not allowed$/],
    [
      'a dataset of no file under strictDatasets',
      { dataset: 'web' },
      { strictDatasets: true },
      'DATASET_UNKNOWN',
      /^dataset "web" is not in the catalog, and catalog\.strictDatasets is set; known: shop$/,
    ],
    [
      'one dataset too many',
      { dataset: 'web' },
      { datasetsMax: 1 },
      'CATALOG_FULL',
      /^metric "orders" of dataset "web" would make it 2 datasets, allowed: 1$/,
    ],
    [
      'one metric too many',
      { name: 'returns' },
      { metricsMax: 1 },
      'CATALOG_FULL',
      /^metric "returns" of dataset "shop" would make it 2 metrics of one dataset, allowed: 1$/,
    ],
    [
      'more labels than a metric may have',
      { name: 'returns', labels: ['metric.a', 'metric.b'] },
      { labelsMax: 1 },
      'CATALOG_FULL',
      /^metric "returns" of dataset "shop" would make it 2 labels of one metric, allowed: 1$/,
    ],
  ]
for (const [title, change, limits, code, detail] of REFUSED) {
  test(`${title} is refused with ${code}, and leaves no trace`, () => {
    const before = catalogOf(SHOP)
    const { catalog, refused } = enrol(before, [descriptor(change)], { ...LIMITS, ...limits })
    assert.equal(catalog, before)
    assert.equal(refused[0]!.code, code)
    assert.match(refused[0]!.facts.detail, detail)
    if (code === 'CATALOG_FULL') {
      assert.equal(refused[0]!.facts.configKey, `catalog.${Object.keys(limits)[0]}`)
      assert.deepEqual([refused[0]!.facts.limit, refused[0]!.facts.actual], [1, 2])
    }
  })
}

test('a strict dataset refuses metrics that are not in its file, also when no other limit says so', () => {
  const { refused } = enrol(catalogOf(`${SHOP}strict: true`), [descriptor({ name: 'returns' })], LIMITS)
  assert.equal(refused[0]!.code, 'METRIC_UNKNOWN')
  assert.match(refused[0]!.facts.detail, /metric "returns" is not in the catalog, and dataset "shop" is strict/)
})

test('good descriptors go in beside refused ones, whose pointers say where they stood', () => {
  const sent = [
    descriptor({ name: 'a' }),
    descriptor({ type: 'GAUGE_INT64' }),
    descriptor({ name: 'b', labels: ['x'] }),
  ]
  const { catalog, added, refused } = enrol(catalogOf(SHOP), sent, LIMITS)
  assert.deepEqual(
    added.map(({ name }) => name),
    ['a'],
  )
  assert.deepEqual(
    refused.map(({ code, facts }) => [code, facts.pointer]),
    [
      ['METRIC_CONFLICT', '/1'],
      ['FIELD_INVALID', '/2'],
    ],
  )
  assert.ok(catalog.datasets.get('shop')!.metrics.has('a'))
})

test('limits hold over the descriptors of one call', () => {
  const sent = ['a', 'b', 'c'].map((name) => descriptor({ name }))
  const metrics = enrol(catalogOf(SHOP), sent, LIMITS)
  assert.deepEqual(
    metrics.refused.map(({ facts }) => facts.pointer),
    ['/2'],
  )
  const datasets = ['a', 'b', 'c'].map((dataset) => descriptor({ dataset }))
  const { refused } = enrol(catalogOf(SHOP), datasets, LIMITS)
  assert.deepEqual(
    refused.map(({ facts }) => facts.pointer),
    ['/2'],
  )
})
