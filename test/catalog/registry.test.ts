import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Registry, type RegistryOptions } from '../../src/catalog/registry.ts'
import type { MetricDescriptor } from '../../src/model/definition.ts'
import { LanewayError, LanewayErrors } from '../../src/model/errors.ts'
import type { DescriptorStore } from '../../src/ports/catalog.ts'
import { descriptor } from './catalog-text.ts'

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'laneway-registry-'))
  writeFileSync(
    join(folder, 'shop.yaml'),
    "dataset: shop\nmetrics: { orders: { type: COUNTER_INT64, unit: '1', labels: [metric.till] } }",
  )
})
after(() => rmSync(folder, { recursive: true, force: true }))

/** Keeps what is saved; saving waits for the gate and fails when told to. */
class MemoryStore implements DescriptorStore {
  readonly kept: MetricDescriptor[]
  saves = 0
  gate: Promise<void> = Promise.resolve()
  broken = false

  constructor(kept: readonly MetricDescriptor[] = []) {
    this.kept = [...kept]
  }

  async load(): Promise<readonly MetricDescriptor[]> {
    return this.kept
  }

  async save(descriptors: readonly MetricDescriptor[]): Promise<void> {
    this.saves++
    await this.gate
    if (this.broken) throw new LanewayError('STORE_UNWRITABLE', { detail: 'disk full' })
    this.kept.push(...descriptors)
  }
}

const open = (store: DescriptorStore, options: Partial<RegistryOptions> = {}): Promise<Registry> =>
  Registry.open({ paths: [folder], store, ...options })
const metricsOf = (registry: Registry, dataset: string): string[] => [
  ...(registry.current().datasets.get(dataset)?.metrics.keys() ?? []),
]
const codeOf = (code: string) => (error: unknown) => error instanceof LanewayError && error.code === code

test('what registers is in the catalog, in the store, and in the next registry on that store', async () => {
  const store = new MemoryStore()
  const registry = await open(store)
  assert.equal(registry.current().version, 1)
  await registry.register([descriptor({ dataset: 'web', name: 'hits', labels: ['metric.path'] })])
  assert.equal(registry.current().version, 2)
  assert.deepEqual(metricsOf(registry, 'web'), ['hits'])
  const again = await open(store)
  assert.deepEqual(again.current().datasets.get('web'), registry.current().datasets.get('web'))
  assert.deepEqual(again.ignored, [])
})

test('a catalog version that someone holds never changes', async () => {
  const registry = await open(new MemoryStore())
  const held = registry.current()
  await registry.register([descriptor({ name: 'returns' })])
  assert.equal(held.datasets.get('shop')!.metrics.size, 1)
  assert.notEqual(registry.current(), held)
})

test('what is known already is not saved again', async () => {
  const store = new MemoryStore()
  const registry = await open(store)
  await registry.register([descriptor({ name: 'returns' })])
  const { version } = registry.current()
  await registry.register([descriptor({ name: 'returns' }), descriptor()])
  assert.equal(store.saves, 1)
  assert.equal(registry.current().version, version)
})

test('nothing is published before the store has it', async () => {
  const store = new MemoryStore()
  const gate = Promise.withResolvers<void>()
  store.gate = gate.promise
  const registry = await open(store)
  const registered = registry.register([descriptor({ name: 'returns' })])
  await new Promise(setImmediate)
  assert.equal(store.saves, 1)
  assert.deepEqual(metricsOf(registry, 'shop'), ['orders'])
  gate.resolve()
  await registered
  assert.deepEqual(metricsOf(registry, 'shop'), ['orders', 'returns'])
})

test('calls at the same time: the first writer wins, and equal ones are saved once', async () => {
  const store = new MemoryStore()
  const registry = await open(store)
  const outcomes = await Promise.allSettled([
    registry.register([descriptor({ name: 'stock', type: 'GAUGE_INT64' })]),
    registry.register([descriptor({ name: 'stock', type: 'GAUGE_INT64' })]),
    registry.register([descriptor({ name: 'stock', type: 'GAUGE_DOUBLE' })]),
    registry.register([descriptor({ name: 'stock', type: 'GAUGE_INT64', labels: ['metric.till'] })]),
  ])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  )
  assert.ok(codeOf('METRIC_CONFLICT')((outcomes[2] as PromiseRejectedResult).reason))
  assert.equal(store.saves, 2)
  const stock = registry.current().datasets.get('shop')!.metrics.get('stock')!
  assert.deepEqual([stock.type, stock.labels], ['GAUGE_INT64', ['metric.till']])
})

test('when the store breaks, the call fails, nothing is published, and the next call tries again', async () => {
  const store = new MemoryStore()
  const registry = await open(store)
  store.broken = true
  await assert.rejects(registry.register([descriptor({ name: 'returns' })]), codeOf('STORE_UNWRITABLE'))
  assert.deepEqual(metricsOf(registry, 'shop'), ['orders'])
  assert.equal(registry.current().version, 1)
  store.broken = false
  await registry.register([descriptor({ name: 'returns' })])
  assert.deepEqual(metricsOf(registry, 'shop'), ['orders', 'returns'])
})

test('good descriptors are saved although others are refused; several refusals are thrown together', async () => {
  const store = new MemoryStore()
  const registry = await open(store)
  const sent = [descriptor({ name: 'returns' }), descriptor({ unit: 'By' }), descriptor({ dataset: '?' })]
  await assert.rejects(registry.register(sent), (error) => {
    assert.ok(error instanceof LanewayErrors)
    assert.deepEqual(
      error.errors.map(({ code, facts }) => [code, facts.pointer]),
      [
        ['METRIC_CONFLICT', '/1'],
        ['FIELD_INVALID', '/2'],
      ],
    )
    return true
  })
  assert.deepEqual(
    store.kept.map(({ name }) => name),
    ['returns'],
  )
  await assert.rejects(registry.register([descriptor({ unit: 'By' })]), codeOf('METRIC_CONFLICT'))
})

test('calls that wait for a slow store are bounded; those that bring nothing new do not wait', async () => {
  const store = new MemoryStore()
  const gate = Promise.withResolvers<void>()
  store.gate = gate.promise
  const registry = await open(store, { waitingMax: 2 })
  const waiting = ['a', 'b'].map((name) => registry.register([descriptor({ name })]))
  await assert.rejects(registry.register([descriptor({ name: 'c' })]), (error) => {
    assert.ok(error instanceof LanewayError && error.code === 'INTAKE_BUSY')
    assert.deepEqual([error.facts.limit, error.facts.configKey], [2, 'catalog.waitingMax'])
    return true
  })
  await registry.register([descriptor()])
  gate.resolve()
  await Promise.all(waiting)
  await registry.register([descriptor({ name: 'c' })])
  assert.deepEqual(metricsOf(registry, 'shop'), ['orders', 'a', 'b', 'c'])
})

test('files come before the store: a stored metric that they contradict is left out and said', async () => {
  const stored = [
    descriptor({ type: 'GAUGE_INT64' }),
    descriptor({ name: 'returns' }),
    descriptor({ dataset: 'web', name: 'hits' }),
  ]
  const registry = await open(new MemoryStore(stored), { strictDatasets: true })
  assert.deepEqual(metricsOf(registry, 'shop'), ['orders', 'returns'])
  assert.equal(registry.current().datasets.get('shop')!.metrics.get('orders')!.type, 'COUNTER_INT64')
  assert.deepEqual(
    registry.ignored.map(({ code, facts }) => [code, facts.pointer]),
    [
      ['METRIC_CONFLICT', '/0'],
      ['DATASET_UNKNOWN', '/2'],
    ],
  )
})

test('limits of the configuration hold, those not said have defaults', async () => {
  const registry = await open(new MemoryStore(), { metricsMax: 1 })
  await assert.rejects(registry.register([descriptor({ name: 'returns' })]), codeOf('CATALOG_FULL'))
  const labels = Array.from({ length: 65 }, (_, i) => `metric.l${i}`)
  await assert.rejects(registry.register([descriptor({ dataset: 'web', labels })]), codeOf('CATALOG_FULL'))
  await registry.register([descriptor({ dataset: 'web', labels: labels.slice(1) })])
})

test('a broken catalog file stops the start, with every error', async () => {
  const path = join(folder, 'broken.txt')
  writeFileSync(path, 'dataset: a b\nstep: PT2M')
  await assert.rejects(
    open(new MemoryStore(), { paths: [path] }),
    (error) => error instanceof LanewayErrors && error.errors.length === 2,
  )
})
