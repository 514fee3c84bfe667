import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ESCAPINGS, type Escaping } from '../../../src/api/export/escaping.ts'
import { familyNames, labelNames } from '../../../src/api/export/export-names.ts'

interface Named {
  readonly name: string
  readonly selfRegistered?: boolean
  readonly counted?: 'delta' | 'cumulative'
}

const namesOf = (all: readonly Named[], escaping: Escaping = 'underscores'): Record<string, string> =>
  Object.fromEntries(
    familyNames(
      all.map(({ name, selfRegistered = false, counted = 'delta' }) => ({ metric: { name, selfRegistered }, counted })),
      escaping,
    ),
  )

test('names of Metrics API v2 are written as v2 writes them, others as they are', () => {
  const name = 'io.confluent.kafka.server/received_bytes'
  for (const escaping of ['allow-utf-8', 'underscores', 'values'] as const) {
    assert.equal(namesOf([{ name }], escaping)[name], 'confluent_kafka_server_received_bytes')
  }
  assert.deepEqual(namesOf([{ name: 'http.server.duration' }], 'allow-utf-8'), {
    'http.server.duration': 'http.server.duration',
  })
  assert.deepEqual(namesOf([{ name: 'http.server.duration' }]), { 'http.server.duration': 'http_server_duration' })
})

test('of metrics that would be called alike, the one in a catalog file keeps the name', () => {
  const names = namesOf([{ name: 'a.b', selfRegistered: true }, { name: 'a_b' }, { name: 'c' }])
  assert.equal(names.a_b, 'a_b')
  assert.match(names['a.b']!, /^a_b_[0-9a-f]{8}$/)
  assert.equal(names.c, 'c')
})

test('where none or several are in a file, none has the plain name, whatever their order', () => {
  const [one, two] = [{ name: 'a.b' }, { name: 'a_b' }]
  const names = namesOf([one, two])
  assert.deepEqual(names, namesOf([two, one]))
  assert.ok(!Object.values(names).includes('a_b'))
})

test('a metric called like a renamed one is renamed too', () => {
  const renamed = namesOf([{ name: 'a.b' }, { name: 'a_b' }])['a.b']!
  const names = namesOf([{ name: 'a.b' }, { name: 'a_b' }, { name: renamed }])
  assert.equal(new Set(Object.values(names)).size, 3)
})

test('what an export says about itself keeps its name', () => {
  assert.notEqual(namesOf([{ name: 'export_status' }]).export_status, 'export_status')
})

test('a total does not end in _total twice, nor meet a gauge of its name', () => {
  assert.equal(namesOf([{ name: 'requests_total', counted: 'cumulative' }]).requests_total, 'requests')
  const names = namesOf([
    { name: 'requests', counted: 'cumulative' },
    { name: 'requests_total', counted: 'delta', selfRegistered: true },
  ])
  assert.equal(names.requests, 'requests')
  assert.notEqual(names.requests_total, 'requests_total')
})

test('labels lose what they begin with', () => {
  assert.deepEqual(labelNames(['metric.topic', 'resource.kafka.id', 'other'], 'allow-utf-8'), [
    'topic',
    'kafka_id',
    'other',
  ])
})

test('labels that would be called alike, or are reserved, keep what they begin with', () => {
  assert.deepEqual(labelNames(['metric.topic', 'resource.topic', 'metric.__name__'], 'underscores'), [
    'metric_topic',
    'resource_topic',
    'metric___name__',
  ])
})

test('no two samples and no two labels of a metric are ever called alike', () => {
  const name = fc.stringMatching(/^(?:io\.x\/)?[ab._/]{1,4}(?:_total|_created)?$/)
  const named = fc.record({
    name,
    selfRegistered: fc.boolean(),
    counted: fc.constantFrom('delta' as const, 'cumulative' as const),
  })
  const many = fc.uniqueArray(named, { selector: (each) => each.name, maxLength: 12 })
  fc.assert(
    fc.property(many, fc.constantFrom(...ESCAPINGS), (all, escaping) => {
      const names = namesOf(all, escaping)
      const samples = all.flatMap((each) =>
        (each.counted === 'delta' ? [''] : ['', '_total', '_created']).map((suffix) => `${names[each.name]}${suffix}`),
      )
      assert.equal(new Set(samples).size, samples.length)
    }),
  )
  const label = fc.stringMatching(/^(?:metric\.|resource\.)?[ab._/]{0,4}$/)
  fc.assert(
    fc.property(fc.uniqueArray(label, { maxLength: 12 }), fc.constantFrom(...ESCAPINGS), (labels, escaping) => {
      const names = labelNames(labels, escaping)
      assert.equal(new Set(names).size, labels.length)
    }),
  )
})
