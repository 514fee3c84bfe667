import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOUR_MS } from '../../src/model/granularity.ts'
import { datasetFrom } from './catalog-text.ts'

const METRICS = `
labels: { metric.customer: { cardinality: high } }
metrics:
  orders: { type: COUNTER_INT64, labels: [metric.till, metric.customer, metric.product] }
  shop/stock: { type: GAUGE_DOUBLE }
`

test('a dataset without rollups gets one a metric: base step, SUM, every label but those of high cardinality, two hours', () => {
  const { rollups } = datasetFrom(`dataset: shop${METRICS}`)
  assert.deepEqual([...rollups.keys()], ['auto_1m.orders', 'auto_1m.shop/stock'])
  const { id, grain, labels, measures, filter, keep } = rollups.get('auto_1m.orders')!
  assert.equal(id, 'shop/auto_1m.orders')
  assert.equal(grain, 'PT1M')
  assert.deepEqual(labels, ['metric.product', 'metric.till'])
  assert.deepEqual(
    measures.map(({ metric, space }) => [metric, space]),
    [['orders', 'SUM']],
  )
  assert.deepEqual(filter, { kind: 'true' })
  assert.deepEqual(keep, { pushMs: 2 * HOUR_MS, druidMs: null })
})

test('its grain and name follow the step of the dataset', () => {
  const { rollups } = datasetFrom(`dataset: shop\nstep: PT15M${METRICS}`)
  assert.equal(rollups.get('auto_15m.orders')?.grain, 'PT15M')
})

test('one written rollup is enough for there to be none by itself', () => {
  const { rollups } = datasetFrom(
    `dataset: shop${METRICS}rollups: { mine: { grain: PT1H, labels: [], measures: [orders] } }`,
  )
  assert.deepEqual([...rollups.keys()], ['mine'])
})

test('another label makes another version of the rollup of its metric alone', () => {
  const before = datasetFrom(`dataset: shop${METRICS}`).rollups
  const after = datasetFrom(`dataset: shop${METRICS.replace('metric.till,', 'metric.till, metric.day,')}`).rollups
  assert.notEqual(after.get('auto_1m.orders')?.defHash, before.get('auto_1m.orders')?.defHash)
  assert.equal(after.get('auto_1m.shop/stock')?.defHash, before.get('auto_1m.shop/stock')?.defHash)
})
