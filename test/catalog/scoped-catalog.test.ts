import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultDataset } from '../../src/catalog/dataset.ts'
import { enrol } from '../../src/catalog/enrol.ts'
import { ScopedCatalogs } from '../../src/catalog/scoped-catalog.ts'
import type { CatalogVersion, MetricDescriptor } from '../../src/model/definition.ts'
import { type Scope, scopeOf, UNSCOPED } from '../../src/model/scope.ts'
import { datasetFrom } from './catalog-text.ts'

const TEXT = `
dataset: cloud
resources:
  kafka: { id: resource.kafka.id }
  pool: { id: resource.pool.id }
metrics:
  bytes: { type: COUNTER_INT64, unit: By, resources: [kafka], labels: [metric.topic] }
  cfus: { type: GAUGE_INT64, unit: '1', resources: [pool], labels: [metric.statement] }
rollups:
  both: { grain: PT1M, labels: [], measures: [bytes, cfus], keep: { push: PT6H } }
  pools: { grain: PT1M, labels: [resource.pool.id], measures: [cfus], keep: { push: PT6H } }
  ours: { grain: PT1M, labels: [metric.topic], filter: { field: resource.kafka.id, op: EQ, value: lkc-a }, measures: [bytes], keep: { push: PT6H } }
  theirs: { grain: PT1M, labels: [metric.topic], filter: { field: resource.kafka.id, op: EQ, value: lkc-b }, measures: [bytes], keep: { push: PT6H } }
`
const LIMITS = { strictDatasets: false, datasetsMax: 10, metricsMax: 10, labelsMax: 10 }
const madeUp = (dataset: string): MetricDescriptor => ({
  dataset,
  name: 'made.up',
  type: 'GAUGE_INT64',
  unit: '1',
  description: '',
  labels: ['resource.kafka.id'],
})
const files: CatalogVersion = {
  version: 3,
  datasets: new Map([
    ['cloud', datasetFrom(TEXT)],
    ['edge', defaultDataset('edge')],
  ]),
}
const whole = enrol(files, [madeUp('cloud'), madeUp('edge'), madeUp('own')], LIMITS).catalog
const kafkaOfA = scopeOf('a', null, [{ label: 'resource.kafka.id', values: ['lkc-a'] }])
const seen = (scope: Scope) => new ScopedCatalogs().of(whole, scope)
const keys = (map: ReadonlyMap<string, unknown>) => [...map.keys()]

test('who is not constrained sees the version itself', () => {
  assert.equal(seen(UNSCOPED), whole)
})

test('with constraints there are only metrics of catalog files that carry every constrained label', () => {
  const { datasets } = seen(kafkaOfA)
  assert.deepEqual(keys(datasets), ['cloud'])
  assert.deepEqual(keys(datasets.get('cloud')!.metrics), ['bytes'])
  const both = scopeOf('a', null, [...kafkaOfA.constraints, { label: 'resource.pool.id', values: ['p'] }])
  assert.deepEqual(keys(seen(both).datasets), [])
})

test('labels and resource types of hidden metrics are hidden with them', () => {
  const { labels, resources } = seen(kafkaOfA).datasets.get('cloud')!
  assert.deepEqual(keys(labels).sort(), ['metric.topic', 'resource.kafka.id'])
  assert.deepEqual(keys(resources), ['kafka'])
})

test('rollups of seen metrics stay as good for routing, without the measures of hidden ones', () => {
  const { rollups } = seen(kafkaOfA).datasets.get('cloud')!
  const before = whole.datasets.get('cloud')!.rollups
  assert.deepEqual(keys(rollups), ['both', 'ours'])
  assert.deepEqual(
    rollups.get('both')!.measures.map(({ metric }) => metric),
    ['bytes'],
  )
  assert.equal(rollups.get('both')!.defHash, before.get('both')!.defHash)
  assert.equal(rollups.get('ours'), before.get('ours'))
})

test("a rollup whose own filter names another tenant's resource is hidden", () => {
  assert.equal(seen(kafkaOfA).datasets.get('cloud')!.rollups.has('theirs'), false)
  const kafkaOfB = scopeOf('b', null, [{ label: 'resource.kafka.id', values: ['lkc-b'] }])
  assert.deepEqual(keys(seen(kafkaOfB).datasets.get('cloud')!.rollups), ['both', 'theirs'])
})

test('a scope of datasets alone shows those whole, made-up names too: they are all its own', () => {
  const { datasets } = seen(scopeOf('o', ['nowhere', 'own'], []))
  assert.deepEqual(keys(datasets), ['own'])
  assert.equal(datasets.get('own'), whole.datasets.get('own'))
})

test('the same version and rights give the same catalog, so that what was found about it is found again', () => {
  const scoped = new ScopedCatalogs(2)
  const first = scoped.of(whole, kafkaOfA)
  assert.equal(scoped.of(whole, { ...kafkaOfA }), first)
  const grown = enrol(whole, [madeUp('later')], LIMITS).catalog
  assert.notEqual(scoped.of(grown, kafkaOfA), first)
  assert.equal(scoped.of(grown, kafkaOfA).version, grown.version)
})

test('only the scopes that asked last are kept', () => {
  const scoped = new ScopedCatalogs(2)
  const scopes = ['a', 'b', 'c'].map((tenant) => ({ ...kafkaOfA, tenant }))
  const first = scoped.of(whole, scopes[0]!)
  const second = scoped.of(whole, scopes[1]!)
  assert.equal(scoped.of(whole, scopes[0]!), first)
  scoped.of(whole, scopes[2]!)
  assert.equal(scoped.of(whole, scopes[0]!), first)
  assert.notEqual(scoped.of(whole, scopes[1]!), second)
})
