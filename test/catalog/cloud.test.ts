import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { readRecording } from '../../examples/kafka-telemetry/recording.ts'
import { loadCatalogFiles } from '../../src/catalog/catalog-files.ts'
import { decodeRequest } from '../../src/ingest/otlp/decode.ts'
import { INTAKE_LIMITS } from '../../src/ingest/otlp/limits.ts'
import { loadSchema } from '../../src/ingest/otlp/schema.ts'
import type { SentPoint } from '../../src/ingest/otlp/sent.ts'
import { SeriesResolver } from '../../src/ingest/otlp/series.ts'
import { takeApart } from '../../src/ingest/otlp/take-apart.ts'
import type { DatasetDefinition } from '../../src/model/definition.ts'
import { isCounter, measureKey } from '../../src/model/measure.ts'

// The shipped catalog against the recorded telemetry, up to the series that each point feeds.

const catalog = loadCatalogFiles(['catalog'])
const cloud: DatasetDefinition = catalog.datasets.get('cloud')!
const STEP_NS = 60_000_000_000n

interface Feed {
  readonly metric: string
  readonly streams: Set<string>
}

const points = new Map<string, number>()
const labelsSeen = new Map<string, Set<string>>()
/** By series and step. */
const gauges = new Map<string, Feed>()
const skipped = new Map<string, number>()
const refused: string[] = []
const selfRegistered = new Set<string>()
const datasets = new Set<string>()

before(() => {
  const schema = loadSchema()
  const resolver = new SeriesResolver(catalog, INTAKE_LIMITS)
  for (const { body } of readRecording()) {
    const request = decodeRequest(schema, 'protobuf', body, INTAKE_LIMITS)
    for (const point of takeApart(request, INTAKE_LIMITS)) resolve(resolver, point)
  }
})

function resolve(resolver: SeriesResolver, point: SentPoint): void {
  const dataset = resolver.datasetOf(point.metric.resource)
  datasets.add(dataset)
  for (const part of point.parts) {
    const resolution = resolver.resolve(dataset, point, part)
    const name = point.metric.name + part.suffix
    if (resolution.kind === 'unknown') selfRegistered.add(name)
    if (resolution.kind === 'skipped') skipped.set(name, (skipped.get(name) ?? 0) + 1)
    if (resolution.kind === 'refused') refused.push(`${name}: ${resolution.reason}`)
    if (resolution.kind !== 'targets') continue
    for (const { metric, type, labels, seriesId } of resolution.targets) {
      points.set(metric, (points.get(metric) ?? 0) + 1)
      const seen = labelsSeen.get(metric) ?? new Set()
      labelsSeen.set(metric, seen)
      for (const label of Object.keys(labels)) seen.add(label)
      if (isCounter(type)) continue
      const key = `${seriesId} ${point.timeNs / STEP_NS}`
      const feed = gauges.get(key) ?? { metric, streams: new Set() }
      gauges.set(key, feed)
      feed.streams.add(point.hash + part.id)
    }
  }
}

test('every sender of the recording belongs to the dataset cloud', () => {
  assert.deepEqual([...datasets], ['cloud'])
})

test('every metric receives points, and every label of it has values', () => {
  for (const { name, labels } of cloud.metrics.values()) {
    assert.ok((points.get(name) ?? 0) > 0, `${name} receives no point`)
    assert.deepEqual([...labelsSeen.get(name)!].sort(), labels, name)
  }
})

test('no point of the recording contradicts a type', () => {
  assert.deepEqual(refused, [])
})

test('readings of different streams never meet in one series and step', () => {
  const meeting = [...gauges.values()].filter(({ streams }) => streams.size > 1).map(({ metric }) => metric)
  assert.deepEqual(meeting, [])
})

test('only the fetch requests that stand in two other types are left out', () => {
  assert.deepEqual([...skipped], [['kafka.request.handled', 206]])
})

test('what the catalog leaves to register itself says again what a metric of it says, or is detail of one process', () => {
  const detail = /^(?:kafka\.(?:consumer|producer)\.|jvm\.gc\.duration\.(?:bucket|min)$|otlp\.exporter\.)/
  assert.deepEqual([...selfRegistered].filter((name) => !detail.test(name)).sort(), [
    'jvm.class.loaded',
    'jvm.class.unloaded',
    'jvm.cpu.count',
    'kafka.logs.flush.time.50p',
    'kafka.message.count',
    'kafka.network.io',
    'kafka.partition.underReplicated',
    'kafka.request.count',
    'kafka.request.time.total',
  ])
})

test('metrics with a name of the Metrics API v2 have the type and the labels its clients expect', () => {
  const v2 = Object.fromEntries(
    [...cloud.metrics.values()]
      .filter(({ name }) => name.startsWith('io.confluent.kafka.server/'))
      .map(({ name, type, unit, labels }) => [name.split('/')[1], [type, unit, ...labels]]),
  )
  assert.deepEqual(v2, {
    received_bytes: ['COUNTER_INT64', 'By', 'metric.broker', 'metric.topic', 'resource.kafka.id'],
    sent_bytes: ['COUNTER_INT64', 'By', 'metric.broker', 'metric.topic', 'resource.kafka.id'],
    received_records: ['COUNTER_INT64', '1', 'metric.broker', 'metric.topic', 'resource.kafka.id'],
    retained_bytes: ['GAUGE_INT64', 'By', 'metric.broker', 'metric.partition', 'metric.topic', 'resource.kafka.id'],
    request_count: ['COUNTER_INT64', '1', 'metric.broker', 'metric.type', 'resource.kafka.id'],
    partition_count: ['GAUGE_INT64', '1', 'metric.broker', 'resource.kafka.id'],
    consumer_lag_offsets: [
      'GAUGE_INT64',
      '1',
      'metric.consumer_group_id',
      'metric.partition',
      'metric.topic',
      'resource.kafka.id',
    ],
  })
})

test('every label and every metric is described', () => {
  for (const { name, description } of [...cloud.labels.values(), ...cloud.metrics.values()]) {
    assert.notEqual(description, '', name)
  }
})

test('there are rollups by cluster, by topic and by client, of minutes for two days and of hours for thirty', () => {
  const by = new Map(
    [...cloud.rollups.values()].map(({ name, grain, labels, keep }) => [name, { grain, labels, keep }]),
  )
  const groups = { cluster: [], topic: ['metric.topic'], client: ['metric.client_id'] }
  for (const [name, labels] of Object.entries(groups)) {
    const all = [...labels, 'resource.kafka.id']
    const [minutes, hours] = [by.get(`${name}_1m`), by.get(`${name}_1h`)]
    assert.deepEqual(minutes, { grain: 'PT1M', labels: all, keep: { pushMs: 48 * 3_600_000, druidMs: null } })
    assert.deepEqual(hours, { grain: 'PT1H', labels: all, keep: { pushMs: 30 * 86_400_000, druidMs: null } })
  }
})

test('every measure of a rollup of hours can be computed from a rollup of minutes that keeps its labels', () => {
  const all = [...cloud.rollups.values()]
  const minutes = all.filter(({ grain }) => grain === 'PT1M')
  for (const { name, labels, measures } of all.filter(({ grain }) => grain === 'PT1H')) {
    const finer = minutes.filter((rollup) => labels.every((label) => rollup.labels.includes(label)))
    const stored = new Set(finer.flatMap((rollup) => rollup.measures.map(measureKey)))
    for (const measure of measures.map(measureKey)) assert.ok(stored.has(measure), `${name}: ${measure}`)
  }
})

test('a question that says nothing about aggregation is pushed for every metric', () => {
  const minutes = [...cloud.rollups.values()].filter(({ grain }) => grain === 'PT1M')
  const stored = new Set(minutes.flatMap(({ measures }) => measures.map(measureKey)))
  const without = [...cloud.metrics.keys()].filter((metric) => !stored.has(`SUM:${metric}`))
  assert.deepEqual(without, [])
})
