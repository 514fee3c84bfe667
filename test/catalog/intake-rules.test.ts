import assert from 'node:assert/strict'
import { test } from 'node:test'
import { datasetFor, intakeRules, mappingFor, takesPoint } from '../../src/catalog/intake-rules.ts'
import { catalogOf, datasetFrom } from './catalog-text.ts'

const attributes = (of: Record<string, string>): ReadonlyMap<string, string> => new Map(Object.entries(of))

const CATALOG = catalogOf(
  'dataset: anything\nmatch: { resource: { service.name: web } }',
  'dataset: clouds\nmatch: { resource: [kafka.cluster.id, { region: eu }] }',
  'dataset: kafka\nmatch: { resource: [kafka.cluster.id] }',
  'dataset: never',
)

const SENDERS: readonly (readonly [string, Record<string, string>, string])[] = [
  ['names its dataset', { 'laneway.dataset': 'mine', 'kafka.cluster.id': 'a' }, 'mine'],
  ['names none', { 'laneway.dataset': '', 'kafka.cluster.id': 'a' }, 'kafka'],
  ['has the attribute', { 'kafka.cluster.id': 'a', region: 'us' }, 'kafka'],
  ['fits two: the first by name takes it', { 'kafka.cluster.id': 'a', region: 'eu' }, 'clouds'],
  ['has the value', { 'service.name': 'web' }, 'anything'],
  ['has another value', { 'service.name': 'webs' }, 'default'],
  ['fits nothing', {}, 'default'],
]
for (const [title, resource, expected] of SENDERS) {
  test(`a sender that ${title} belongs to ${expected}`, () => {
    assert.equal(datasetFor(CATALOG, attributes(resource)), expected)
    assert.equal(intakeRules(CATALOG).datasetFor(attributes(resource)), expected)
  })
}

const SHOP = `
dataset: shop
metrics:
  orders: { type: COUNTER_INT64, from: { otlp: sold } }
  orders_by_till: { type: COUNTER_INT64, labels: [metric.till], from: { otlp: sold } }
  returns: { type: COUNTER_INT64, from: { skip: { kind: [total, none], till: [all] } } }
  sold: { type: COUNTER_INT64, from: { otlp: sold_v2 } }
`
const namesFor = (otlp: string): string[] => mappingFor(datasetFrom(SHOP), otlp).map((metric) => metric.name)

test('one OTLP metric may feed several metrics', () => {
  assert.deepEqual(namesFor('sold'), ['orders', 'orders_by_till'])
})

test('a metric is also recognised by its own name, unless that is what others are made from', () => {
  assert.deepEqual(namesFor('orders'), ['orders'])
  assert.deepEqual(namesFor('returns'), ['returns'])
  assert.deepEqual(namesFor('sold_v2'), ['sold'])
})

test('what the catalog does not name has no mapping, in no dataset either', () => {
  assert.deepEqual(namesFor('nobody'), [])
  assert.deepEqual(mappingFor(undefined, 'sold'), [])
  assert.deepEqual(intakeRules(CATALOG).mappingFor('nowhere', 'sold'), [])
})

test('prepared rules say the same as the look-up', () => {
  const rules = intakeRules(catalogOf(SHOP))
  for (const otlp of ['sold', 'orders', 'nobody']) {
    assert.deepEqual(
      rules.mappingFor('shop', otlp).map((metric) => metric.name),
      namesFor(otlp),
    )
  }
})

test('a point is left out by any attribute value that skip names, and by nothing else', () => {
  const returns = datasetFrom(SHOP).metrics.get('returns')!
  const taken = (of: Record<string, string>) => takesPoint(returns, attributes(of))
  assert.ok(taken({}))
  assert.ok(taken({ kind: 'broken', till: '1' }))
  assert.ok(!taken({ kind: 'total' }))
  assert.ok(!taken({ kind: 'broken', till: 'all' }))
  assert.ok(taken({ other: 'total' }))
  assert.ok(takesPoint(datasetFrom(SHOP).metrics.get('orders')!, attributes({ kind: 'total' })))
})
