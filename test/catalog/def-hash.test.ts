import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defHashOf } from '../../src/catalog/def-hash.ts'
import { datasetFrom } from './catalog-text.ts'

const TEXT = `
dataset: shop
step: PT1M
lateness: PT90S
resources:
  shop: { id: resource.shop.id, description: A shop }
labels:
  metric.till: { description: Number of the till }
metrics:
  orders: { type: COUNTER_INT64, unit: '1', missing: absent, description: Orders, resources: [shop], labels: [metric.till] }
  returns: { type: COUNTER_INT64, labels: [metric.till] }
rollups:
  minutes:
    grain: PT1M
    labels: [metric.till, resource.shop.id]
    measures: [orders, { metric: orders, space: MAX }]
    filter: { op: IN, field: metric.till, value: [a, b] }
    keep: { push: PT48H }
`
const hashOf = (text: string): string => [...datasetFrom(text).rollups.values()][0]!.defHash

test('the hash is the one that stands in records: it must not change between releases', () => {
  assert.equal(hashOf(TEXT), 'e5a8fc22734703e0')
})

const CHANGES_NUMBERS: readonly (readonly [string, string, string])[] = [
  ['dataset', 'dataset: shop', 'dataset: shops'],
  ['base step', 'step: PT1M\n', 'step: PT5M\n'],
  ['type', 'orders: { type: COUNTER_INT64', 'orders: { type: COUNTER_DOUBLE'],
  ['kind', 'orders: { type: COUNTER_INT64', 'orders: { type: GAUGE_INT64'],
  ['unit', "unit: '1'", 'unit: By'],
  ['missing', 'missing: absent', 'missing: zero'],
  ['grain', 'grain: PT1M', 'grain: PT1H'],
  ['labels kept', 'labels: [metric.till, resource.shop.id]\n', 'labels: [metric.till]\n'],
  ['space', 'space: MAX', 'space: MIN'],
  ['measures', 'measures: [orders, ', 'measures: ['],
  ['filter', 'value: [a, b]', 'value: [a, c]'],
  ['filter away', '    filter: { op: IN, field: metric.till, value: [a, b] }\n', ''],
]
for (const [title, from, to] of CHANGES_NUMBERS) {
  test(`another ${title} is another hash`, () => {
    const text = title === 'base step' ? TEXT.replace('grain: PT1M', 'grain: PT1H') : TEXT
    assert.ok(text.includes(from))
    assert.notEqual(hashOf(text.replace(from, to)), hashOf(text))
  })
}

const CHANGES_NOTHING: readonly (readonly [string, string, string])[] = [
  ['name of the rollup', '  minutes:', '  by_till:'],
  ['order of labels', '[metric.till, resource.shop.id]\n', '[resource.shop.id, metric.till]\n'],
  ['order of measures', '[orders, { metric: orders, space: MAX }]', '[{ metric: orders, space: MAX }, orders]'],
  ['way of writing SUM', 'measures: [orders,', 'measures: [{ metric: orders, space: SUM },'],
  ['order of the filter', 'value: [a, b]', 'value: [b, a, b]'],
  ['way of writing the filter', 'filter: { op: IN', 'filter: { op: AND, filters: [{ op: IN'],
  ['retention in the push table', 'push: PT48H', 'push: PT12H'],
  ['retention elsewhere', 'push: PT48H', 'push: PT48H, druid: P2Y'],
  ['lateness', 'lateness: PT90S', 'lateness: PT5M'],
  ['description of a metric', 'description: Orders', 'description: What customers ordered'],
  ['description of a resource', 'description: A shop', 'description: A shop or a stall'],
  ['description of a label', 'Number of the till', 'Till'],
  [
    'label of the metric that the rollup drops',
    'labels: [metric.till] }\n  returns',
    'labels: [metric.till, metric.x] }\n  returns',
  ],
  ['other metric', 'returns: { type: COUNTER_INT64', 'returns: { type: GAUGE_DOUBLE'],
]
for (const [title, from, to] of CHANGES_NOTHING) {
  test(`another ${title} is the same hash`, () => {
    const text = title === 'way of writing the filter' ? TEXT.replace('value: [a, b] }', 'value: [a, b] }] }') : TEXT
    assert.ok(text.includes(from))
    assert.equal(hashOf(text.replace(from, to)), hashOf(TEXT))
  })
}

test('the hash sorts by itself, whoever puts the version together', () => {
  const version = datasetFrom(TEXT).rollups.get('minutes')!
  const turned = { ...version, labels: version.labels.toReversed(), measures: version.measures.toReversed() }
  assert.equal(defHashOf(turned), version.defHash)
})
