import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOON, openWorld } from './intake-world.ts'
import { datasetOf, MemoryCatalog, metricsOf, type Written } from './memory-catalog.ts'
import { cumulative, delta, gauge, histogram, request } from './requests.ts'

const sender = { 'service.name': 'shop' }
const one = { at: NOON, value: 1 }
const worldWith = (metrics: Readonly<Record<string, Written>>) =>
  openWorld({ catalog: new MemoryCatalog([datasetOf('default', { metrics: metricsOf('default', metrics) })]) })

test('a mapped metric takes its name, its renamed labels and no others', async () => {
  const world = await worldWith({
    received: {
      type: 'COUNTER_INT64',
      labels: ['metric.broker', 'metric.topic', 'resource.kafka.id'],
      from: {
        otlp: 'kafka.topic.bytes.in',
        labels: { t: 'metric.topic' },
        resource: { 'kafka.cluster.id': 'resource.kafka.id', 'kafka.broker.id': 'metric.broker' },
      },
    },
  })
  const resource = { 'kafka.cluster.id': 'lkc-1', 'kafka.broker.id': '3', 'host.name': 'h' }
  await world.send(
    request(resource, delta('kafka.topic.bytes.in', { ...one, attributes: { t: 'orders', partition: '7' } })),
  )
  const [point] = world.writer.points
  assert.equal(point?.metric, 'received')
  assert.deepEqual(point?.labels, { 'metric.topic': 'orders', 'resource.kafka.id': 'lkc-1', 'metric.broker': '3' })
  assert.equal(world.catalog.asked, 0)
})

test('one sent metric may feed several, and a point with a skipped attribute feeds none', async () => {
  const world = await worldWith({
    all: { type: 'COUNTER_INT64', labels: [], from: { otlp: 'requests', skip: { kind: ['Fetch'] } } },
    byKind: { type: 'COUNTER_DOUBLE', labels: ['metric.kind'], from: { otlp: 'requests', skip: { kind: ['Fetch'] } } },
  })
  const point = (kind: string, value: number) => ({ at: NOON, value, attributes: { kind } })
  const reply = await world.send(
    request(sender, delta('requests', point('Fetch', 5), point('FetchConsumer', 2), point('FetchFollower', 3))),
  )
  assert.deepEqual([world.writer.sum('all'), world.writer.of('byKind').length], [5, 2])
  assert.deepEqual([reply.accepted, reply.rejected, world.count('skipped')], [3, 0, 1])
})

test('parts of a histogram are mapped by their own names', async () => {
  const world = await worldWith({
    gc: { type: 'COUNTER_DOUBLE', labels: [], from: { otlp: 'jvm.gc.sum' } },
    gcBuckets: {
      type: 'COUNTER_INT64',
      labels: ['metric.bound'],
      from: { otlp: 'jvm.gc.bucket', labels: { le: 'metric.bound' } },
    },
  })
  await world.send(request(sender, histogram(1, 'jvm.gc', { at: NOON, counts: [1, 1], bounds: [5], sum: 9 })))
  assert.equal(world.writer.sum('gc'), 9)
  assert.deepEqual(
    world.writer.of('gcBuckets').map(({ labels, value }) => [labels['metric.bound'], value]),
    [
      ['5', 1],
      ['+Inf', 2],
    ],
  )
  assert.equal(world.writer.of('jvm.gc.count').length, 1, 'what the catalog does not map registers itself')
})

test('a point of another kind than its metric is a type conflict', async () => {
  const world = await worldWith({
    c: { type: 'COUNTER_INT64', labels: [], from: { otlp: 'c' } },
    g: { type: 'GAUGE_INT64', labels: [], from: { otlp: 'g' } },
  })
  const reply = await world.send(request(sender, gauge('c', one), delta('g', one), delta('c', one)))
  assert.deepEqual([reply.rejected, world.count('type_conflict'), world.writer.points.length], [2, 2, 1])
})

test('integers become doubles and whole doubles integers, fractions are a type conflict', async () => {
  const world = await worldWith({
    i: { type: 'GAUGE_INT64', labels: [], from: { otlp: 'i' } },
    d: { type: 'GAUGE_DOUBLE', labels: [], from: { otlp: 'd' } },
  })
  const points = [
    { at: NOON, double: 5 },
    { at: NOON + 60_000, double: 5.5 },
    { at: NOON + 120_000, double: 2 ** 53 },
  ]
  const reply = await world.send(request(sender, gauge('i', ...points), gauge('d', { at: NOON, value: 7 })))
  assert.deepEqual([reply.rejected, world.count('type_conflict')], [2, 2])
  assert.deepEqual(
    world.writer.points.map(({ value }) => value),
    [5, 7],
  )
})

test('a rejected cumulative reading leaves its stream as it was, so nothing is lost', async () => {
  const world = await worldWith({ c: { type: 'COUNTER_INT64', labels: [], from: { otlp: 'c' } } })
  const reading = (minute: number, double: number) =>
    world.send(
      request(sender, cumulative('c', { start: NOON, at: NOON + minute * 60_000, double })),
      NOON + minute * 60_000,
    )
  await reading(1, 10)
  await reading(2, 12.5)
  await reading(3, 15)
  assert.deepEqual([world.writer.sum('c'), world.count('type_conflict')], [15, 1])
})

test('the dataset comes from laneway.dataset, else from what matches, else is default', async () => {
  const catalog = new MemoryCatalog([datasetOf('cloud', { match: { 'kafka.cluster.id': null } })])
  const world = await openWorld({ catalog })
  await world.send(request({ 'kafka.cluster.id': 'x' }, gauge('m', one)))
  await world.send(request({ 'kafka.cluster.id': 'x', 'laneway.dataset': 'mine' }, gauge('m', one)))
  await world.send(request({}, gauge('m', one)))
  assert.deepEqual(
    world.writer.points.map(({ dataset }) => dataset),
    ['cloud', 'mine', 'default'],
  )
})

test('names that are none are rejected: of datasets, metrics and labels', async () => {
  const world = await openWorld({ limits: { labelsMax: 2, labelValueBytesMax: 4 } })
  await world.send(request({ 'laneway.dataset': 'no/name' }, gauge('m', one)))
  const reply = await world.send(
    request(
      {},
      gauge('', one),
      gauge('a\nb', one),
      gauge('x'.repeat(256), one),
      gauge('m', { ...one, attributes: { ['k'.repeat(300)]: '1' } }),
      gauge('m', { ...one, attributes: { k: '12345' } }),
      gauge('m', { ...one, attributes: { k: 'ééé' } }),
      gauge('m', { ...one, attributes: { a: '1', b: '2', c: '3' } }),
      gauge('m', { ...one, attributes: { a: '1234', b: 'éé' } }),
    ),
  )
  assert.equal(reply.rejected, 7)
  const counts = world.intake.stats().datasets
  assert.equal(counts['']?.dataset_invalid, 1)
  const { name_invalid, label_invalid, label_too_long, label_limit, stored } = counts.default!
  assert.deepEqual([name_invalid, label_invalid, label_too_long, label_limit, stored], [3, 1, 2, 1, 1])
})

test('a flood of label values ends at the series limit; known series go on, and idle ones make room', async () => {
  const world = await openWorld({ limits: { seriesMax: 3, seriesActiveMs: 600_000 } })
  const flood = (at: number, from: number) =>
    request(
      sender,
      delta('m', ...[0, 1, 2, 3, 4].map((i) => ({ at, value: 1, attributes: { user: String(from + i) } }))),
    )
  assert.equal((await world.send(flood(NOON, 0))).rejected, 2)
  assert.equal((await world.send(flood(NOON + 1, 0))).rejected, 2)
  assert.equal((await world.send(flood(NOON + 2, 100))).rejected, 5)
  assert.equal((await world.send(flood(NOON + 700_000, 100), NOON + 700_000)).rejected, 2)
  assert.deepEqual([world.writer.sum('m'), world.count('series_limit')], [9, 11])
})

test('points beyond the limit of one request are rejected, the ones before are kept', async () => {
  const world = await openWorld({ limits: { pointsPerRequestMax: 2 } })
  const reply = await world.send(
    request(sender, gauge('m', one, { at: NOON + 1, value: 2 }, { at: NOON + 2, value: 3 })),
  )
  assert.deepEqual([reply.accepted, reply.rejected, world.count('point_limit')], [2, 1, 1])
})
