import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadCatalogFiles } from '../../src/catalog/catalog-files.ts'
import type { DatasetDefinition, MetricDefinition } from '../../src/model/definition.ts'
import { measureKey } from '../../src/model/measure.ts'
import { MINUTE, NOON, openWorld } from '../ingest/otlp/intake-world.ts'
import { datasetOf, MemoryCatalog, metricsOf } from '../ingest/otlp/memory-catalog.ts'
import { latePoint, type PageDataset, type PageMetric } from './page-modules.ts'

const NOW = NOON + 11 * MINUTE + 34_567
const START = NOON + MINUTE

/** As `/console/catalog.json` writes it. */
const pageDataset = (dataset: DatasetDefinition): PageDataset => ({
  ...dataset,
  metrics: [...dataset.metrics.values()],
  labels: [...dataset.labels.values()],
  rollups: [...dataset.rollups.values()].map((rollup) => ({ ...rollup, measures: rollup.measures.map(measureKey) })),
})

const valuesFor = (labels: readonly string[]): Record<string, string> =>
  Object.fromEntries(labels.map((label) => [label, `some ${label}`]))

/** Sends the late point of one metric as the page would; what the store got of that metric. */
async function landed(dataset: DatasetDefinition, metric: MetricDefinition) {
  const world = await openWorld({ catalog: new MemoryCatalog([dataset]), nowMs: NOW })
  const page = pageDataset(dataset)
  const labels = valuesFor(metric.labels)
  const value = latePoint.lateValue(metric as PageMetric, 21)
  const request = latePoint.lateRequest(page, metric as PageMetric, { labels, start: START, value, nowMs: NOW })
  const reply = await world.intake.accept(Buffer.from(JSON.stringify(request)), 'application/json')
  const { writer, catalog } = world
  return {
    reply,
    labels,
    value,
    points: writer.of(metric.name),
    late: writer.late,
    registered: catalog.registered,
    world,
  }
}

let cloud: DatasetDefinition
before(() => {
  cloud = loadCatalogFiles(['catalog']).datasets.get('cloud')!
})

test('the late point of every shipped metric lands in a series with exactly the labels that were meant', async () => {
  for (const metric of cloud.metrics.values()) {
    const { reply, labels, value, points, late, registered } = await landed(cloud, metric)
    assert.deepEqual([reply.accepted, reply.rejected], [1, 0], metric.name)
    assert.deepEqual(
      points.map((point) => ({ labels: { ...point.labels }, stepMs: point.stepMs, value: point.value })),
      [{ labels, stepMs: START, value }],
      metric.name,
    )
    assert.deepEqual(late, [{ dataset: 'cloud', stepMs: START }], metric.name)
    assert.deepEqual(registered, [], 'no metric registered itself under a name of the catalog')
  }
})

test('renamed attributes and names that feed another metric are sent as senders name them', async () => {
  const from = {
    otlp: 'bytes',
    labels: { to: 'metric.from', from: 'metric.to' },
    resource: { cid: 'resource.kafka.id' },
  }
  const labels = ['metric.from', 'metric.to', 'resource.kafka.id']
  const metrics = metricsOf('shop', {
    received: { type: 'COUNTER_INT64', labels, from },
    records: { type: 'COUNTER_INT64', labels, from: { ...from, otlp: 'received' } },
  })
  const dataset = datasetOf('shop', { metrics })
  for (const metric of metrics.values()) {
    const { points, labels: meant, world } = await landed(dataset, metric)
    assert.deepEqual(
      points.map((point) => ({ ...point.labels })),
      [meant],
      metric.name,
    )
    assert.equal(world.writer.points.length, 1, 'and feeds no other metric')
  }
})

test('the late point of a metric that registered itself lands without another label', async () => {
  const world = await openWorld({ nowMs: NOON })
  const sent = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  const dataPoints = [{ attributes: [sent('country', 'FR')], timeUnixNano: `${NOON}000000`, asDouble: 1.5 }]
  const metrics = [{ name: 'load', unit: '1', gauge: { dataPoints } }]
  await world.send({
    resourceMetrics: [{ resource: { attributes: [sent('service.name', 'shop')] }, scopeMetrics: [{ metrics }] }],
  })
  const dataset = world.catalog.current().datasets.get('default')!
  const { reply, labels, points, value } = await landed(dataset, dataset.metrics.get('load')!)
  assert.equal(reply.accepted, 1)
  assert.equal(value, 42, 'a reading is doubled, so that the change shows')
  assert.deepEqual({ ...points[0]!.labels }, labels)
  assert.deepEqual(Object.keys(labels), ['metric.country', 'resource.service.name'])
})

test('a second late point is no repeat of the first, and a gauge reading is the latest of its step', async () => {
  for (const name of ['io.confluent.kafka.server/received_bytes', 'io.confluent.kafka.server/retained_bytes']) {
    const metric = cloud.metrics.get(name)!
    const { world, labels, value, points } = await landed(cloud, metric)
    const again = { labels, start: START, value, nowMs: NOW + 1_234 }
    const request = latePoint.lateRequest(pageDataset(cloud), metric as PageMetric, again)
    assert.equal((await world.intake.accept(Buffer.from(JSON.stringify(request)), 'application/json')).rejected, 0)
    assert.equal(world.writer.of(name).length, 2, name)
    if (metric.type.startsWith('GAUGE')) assert.ok(points[0]!.readingMs >= START + 59_000, 'after what the sender read')
  }
})

test('the step is the one that lies ten minutes back', () => {
  assert.equal(latePoint.lateStep(NOW, MINUTE), START)
})

test('the minute is watched as the chart asks, then as the finest rollups of the metric are kept', () => {
  const metric = cloud.metrics.get('io.confluent.kafka.server/received_bytes') as PageMetric
  const questions = latePoint.watchQuestions(pageDataset(cloud), metric, { groupBy: 'metric.topic', start: START })
  const groups = questions.map(({ group_by }) => group_by as string[] | undefined)
  assert.deepEqual(groups[0], ['metric.topic'])
  assert.ok(questions.length > 1 && questions.length <= 6)
  const fine = [...cloud.rollups.values()].filter(
    ({ grain, measures }) => grain === 'PT1M' && measures.some((each) => each.metric === metric.name),
  )
  for (const { labels } of fine)
    assert.ok(
      groups.some((group) => group?.join() === labels.join()),
      labels.join(),
    )
  for (const { granularity, intervals } of questions) {
    assert.equal(granularity, 'ALL')
    assert.deepEqual(intervals, ['2026-11-21T10:01:00.000Z/2026-11-21T10:02:00.000Z'])
  }
})
