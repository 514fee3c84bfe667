import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { LogDescriptorStore } from '../../src/ingest/descriptor-store.ts'
import { openMemoryLog } from '../../src/ingest/log/memory.ts'
import type { MetricDescriptor } from '../../src/model/definition.ts'

const topic = 'descriptors'

function storeOn(t: TestContext, partitions = 1) {
  const log = openMemoryLog({
    clock: () => 7,
    topics: [{ name: topic, partitions, cleanup: 'compact', retentionMs: null }],
  })
  t.after(() => log.close())
  const open = () => new LogDescriptorStore({ tail: log.tail(topic), writer: log.writer, topic, clock: () => 7 })
  const appendRaw = (key: string, value: string | null) =>
    log.writer.append([
      { topic, partition: 0, key: Buffer.from(key), value: value === null ? null : Buffer.from(value), timestampMs: 7 },
    ])
  return { log, open, appendRaw }
}

const descriptorOf = (name: string, change: Partial<MetricDescriptor> = {}): MetricDescriptor => ({
  dataset: 'shop',
  name,
  type: 'COUNTER_INT64',
  unit: '1',
  description: 'größer als vorher',
  labels: ['metric.region', 'resource.shop.id'],
  ...change,
})

test('what was saved is loaded by the next process', async (t) => {
  const { open } = storeOn(t)
  const descriptors = [descriptorOf('orders'), descriptorOf('visits', { type: 'GAUGE_DOUBLE', labels: [] })]
  await open().save(descriptors)
  assert.deepEqual(await open().load(), descriptors)
})

test('an empty topic loads as nothing', async (t) => {
  const { open } = storeOn(t, 3)
  assert.deepEqual(await open().load(), [])
})

test('the newest record of a metric is the metric, also after compaction', async (t) => {
  const { log, open } = storeOn(t)
  await open().save([descriptorOf('orders'), descriptorOf('visits')])
  await open().save([descriptorOf('orders', { labels: ['metric.country', 'metric.region'] })])
  const expected = [descriptorOf('orders', { labels: ['metric.country', 'metric.region'] }), descriptorOf('visits')]
  assert.deepEqual(await open().load(), expected)
  await log.maintain(7)
  assert.deepEqual(new Set(await open().load()), new Set(expected))
})

test('metrics of the same name in two datasets are two metrics', async (t) => {
  const { open } = storeOn(t)
  await open().save([descriptorOf('orders'), descriptorOf('orders', { dataset: 'other' })])
  assert.equal((await open().load()).length, 2)
})

test('several partitions are read, and a metric stays in its own', async (t) => {
  const { open } = storeOn(t, 4)
  const descriptors = Array.from({ length: 40 }, (_, i) => descriptorOf(`m${i}`))
  await open().save(descriptors)
  await open().save(descriptors.map((each) => ({ ...each, unit: 'By' })))
  const loaded = await open().load()
  assert.equal(loaded.length, 40)
  assert.ok(loaded.every(({ unit }) => unit === 'By'))
})

test('unreadable records are counted and kept aside with place and reason, the others are loaded', async (t) => {
  const { open, appendRaw } = storeOn(t)
  const good = '{"type":"GAUGE_INT64","unit":"","description":"","labels":[]}'
  await appendRaw('["shop","a"]', 'not JSON')
  await appendRaw('["shop"]', good)
  await appendRaw('["shop","b","c"]', good)
  await appendRaw('{"shop":"d"}', good)
  await appendRaw('["shop","e"]', good.replace('GAUGE_INT64', 'HISTOGRAM'))
  await appendRaw('["shop","f"]', good.replace('[]', '[7]'))
  await appendRaw('["shop","g"]', '[]')
  await open().save([descriptorOf('orders')])
  const store = open()
  assert.deepEqual(await store.load(), [descriptorOf('orders')])
  assert.equal(store.aside.count, 7)
  assert.deepEqual(
    store.aside.newest.map(({ positionMin, reason }) => [positionMin, reason.replace('descriptor record: ', '')]),
    [
      [0n, 'value is not JSON in UTF-8'],
      [1n, 'key[1] is not a string'],
      [2n, 'key is not [dataset, metric]'],
      [3n, 'key is not an array'],
      [4n, 'type is none of COUNTER_INT64, COUNTER_DOUBLE, GAUGE_INT64, GAUGE_DOUBLE'],
      [5n, 'labels[0] is not a string'],
      [6n, 'value is not an object'],
    ],
  )
})

test('fields that a later version adds are ignored, and a tombstone removes its metric', async (t) => {
  const { open, appendRaw } = storeOn(t)
  await appendRaw('["shop","a"]', '{"type":"GAUGE_INT64","unit":"","description":"","labels":[],"colour":"red"}')
  assert.deepEqual(
    (await open().load()).map(({ name }) => name),
    ['a'],
  )
  await appendRaw('["shop","a"]', null)
  assert.deepEqual(await open().load(), [])
})
