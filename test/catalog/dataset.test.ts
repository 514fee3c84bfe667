import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultDataset } from '../../src/catalog/dataset.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/model/granularity.ts'
import { datasetFrom, problemsOf } from './catalog-text.ts'

test('a file that only names its dataset has every default, like a dataset that nobody wrote', () => {
  const dataset = datasetFrom('dataset: shop')
  assert.deepEqual(dataset, defaultDataset('shop'))
  assert.equal(dataset.stepMs, MINUTE_MS)
  assert.equal(dataset.latenessMs, 90_000)
  assert.equal(dataset.dedupeMs, HOUR_MS)
  assert.equal(dataset.retentionRawMs, 7 * DAY_MS)
  assert.equal(dataset.strict, false)
  assert.equal(dataset.match, null)
})

test('sections without content are empty', () => {
  const dataset = datasetFrom('dataset: shop\nresources:\nlabels:\nmetrics:\nrollups:\n')
  assert.deepEqual(dataset, defaultDataset('shop'))
})

test('what is written replaces the defaults', () => {
  const dataset = datasetFrom(
    'dataset: shop\nstep: PT5M\nlateness: PT2M\ndedupe: PT10M\nretention: { raw: P2D }\nstrict: true\n',
  )
  const { stepMs, latenessMs, dedupeMs, retentionRawMs, strict } = dataset
  const expected = [5 * MINUTE_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, 2 * DAY_MS, true]
  assert.deepEqual([stepMs, latenessMs, dedupeMs, retentionRawMs, strict], expected)
})

const MATCHES: readonly (readonly [string, Record<string, string | null>])[] = [
  ['[a]', { a: null }],
  ['[a, { b: x }]', { a: null, b: 'x' }],
  ['{ a: x, b: }', { a: 'x', b: null }],
]
for (const [written, expected] of MATCHES) {
  test(`match ${written} asks for ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(datasetFrom(`dataset: shop\nmatch: { resource: ${written} }`).match, expected)
  })
}

test('labels come from their section, from resources and from metrics, the first description counting', () => {
  const { labels } = datasetFrom(`
dataset: shop
resources:
  shop: { id: resource.shop.id, description: A shop }
  till: { id: resource.till.id, description: A till }
labels:
  metric.customer: { description: Who buys, cardinality: high }
  resource.till.id: { description: 'A till, by number' }
  metric.nobody:
metrics:
  orders: { type: COUNTER_INT64, resources: [shop], labels: [metric.customer, metric.product] }
`)
  assert.deepEqual(
    Object.fromEntries([...labels].map(([name, { description, cardinality }]) => [name, [description, cardinality]])),
    {
      'metric.customer': ['Who buys', 'high'],
      'resource.till.id': ['A till, by number', 'normal'],
      'metric.nobody': ['', 'normal'],
      'resource.shop.id': ['A shop', 'normal'],
      'metric.product': ['', 'normal'],
    },
  )
})

const WRONG: readonly (readonly [string, string, readonly string[]])[] = [
  ['a missing name', 'step: PT1M', ['a.yaml:1: dataset: is missing; allowed: a string']],
  [
    'a name that is a number',
    'dataset: 7',
    ['a.yaml:1: dataset: 7 is not allowed; allowed: a string (write it in quotes)'],
  ],
  [
    'a name with other characters',
    'dataset: my shop',
    [
      'a.yaml:1: dataset: "my shop" is not allowed; allowed: a letter, then letters, digits, _ and -, at most 63 characters',
    ],
  ],
  [
    'an unknown key',
    'dataset: d\nrollup: {}',
    [
      'a.yaml:2: rollup: is not a key here; allowed: dataset, step, lateness, dedupe, strict, match, retention, resources, labels, metrics, rollups',
    ],
  ],
  [
    'a step that is no part of an hour',
    'dataset: d\nstep: PT2M',
    ['a.yaml:2: step: "PT2M" is not allowed; allowed: PT1M, PT5M, PT15M, PT30M, PT1H'],
  ],
  [
    'durations of another kind',
    'dataset: d\nlateness: 90\ndedupe: 1h\nretention: { raw: P7 }',
    [
      'a.yaml:2: lateness: 90 is not allowed; allowed: a string (write it in quotes)',
      'a.yaml:3: dedupe: "1h" is not a duration; allowed: ISO-8601 like PT90S, PT1H, P7D or P2Y',
      'a.yaml:4: retention.raw: "P7" is not a duration; allowed: ISO-8601 like PT90S, PT1H, P7D or P2Y',
    ],
  ],
  [
    'raw data kept shorter than a chunk',
    'dataset: d\nretention: { raw: PT59M }\n',
    ['a.yaml:2: retention.raw: is too short; allowed: at least PT1H'],
  ],
  [
    'lateness beyond the raw data',
    'dataset: d\nlateness: P8D\n',
    ['a.yaml:2: lateness: is longer than raw data is kept; allowed: at most retention.raw'],
  ],
  ['strict as a word', 'dataset: d\nstrict: yes', ['a.yaml:2: strict: "yes" is not allowed; allowed: true or false']],
  [
    'a match without attributes',
    'dataset: d\nmatch: { resource: [] }',
    ['a.yaml:2: match.resource: is empty; allowed: at least one resource attribute'],
  ],
  [
    'a match that is no list and no map',
    'dataset: d\nmatch: { resource: [[a]] }',
    [
      'a.yaml:2: match.resource: [["a"]] is not allowed; allowed: a list of resource attributes, or a map of them with the values they must have',
    ],
  ],
  [
    'sections of another type',
    'dataset: d\nresources: x\nlabels: [a]\nmetrics: 3\nrollups: no',
    [
      'a.yaml:2: resources: "x" is not allowed; allowed: a map',
      'a.yaml:4: metrics: 3 is not allowed; allowed: a map',
      'a.yaml:3: labels: ["a"] is not allowed; allowed: a map',
      'a.yaml:5: rollups: "no" is not allowed; allowed: a map',
    ],
  ],
  [
    'resources with wrong names, ids and keys',
    'dataset: d\nresources:\n  Kafka: { id: resource.kafka.id }\n  a: { id: metric.a }\n  b: { label: resource.b }\n  c:',
    [
      'a.yaml:3: resources.Kafka: is no name; allowed: a small letter, then small letters, digits and _, at most 63 characters',
      'a.yaml:4: resources.a.id: is not allowed; allowed: a label that starts with resource.',
      'a.yaml:5: resources.b.id: is missing; allowed: a string',
      'a.yaml:5: resources.b.label: is not a key here; allowed: id, description',
      'a.yaml:6: resources.c: null is not allowed; allowed: a map',
    ],
  ],
  [
    'a text that is cut by its comma',
    'dataset: d\nlabels:\n  metric.a: { description: Size, in bytes }',
    [
      'a.yaml:3: labels["metric.a"]["in bytes"]: is not a key here; allowed: description, cardinality (inside { } text with a comma needs quotes)',
    ],
  ],
  [
    'labels with wrong names, cardinality and keys',
    'dataset: d\nlabels:\n  topic: {}\n  metric.a: { cardinality: huge }\n  metric.b: { about: x }',
    [
      'a.yaml:3: labels.topic: is no name; allowed: a name that starts with metric. or resource., at most 255 characters',
      'a.yaml:4: labels["metric.a"].cardinality: "huge" is not allowed; allowed: normal, high',
      'a.yaml:5: labels["metric.b"].about: is not a key here; allowed: description, cardinality',
    ],
  ],
]
for (const [title, text, expected] of WRONG) {
  test(`${title}: the error names file, line, key and what is allowed`, () => {
    assert.deepEqual(
      problemsOf(() => datasetFrom(text)),
      expected,
    )
  })
}

test('errors in one part do not hide those of another', () => {
  const problems = problemsOf(() =>
    datasetFrom(`
dataset: my shop
resources: { K: { id: resource.k } }
labels: { topic: }
metrics:
  a: { type: COUNTER }
  b: { type: GAUGE_INT64 }
rollups:
  r: { grain: PT3M, labels: [], measures: [b] }
  s: { grain: PT1M, labels: [], measures: [a] }
  t: { grain: PT1M, labels: [], measures: [c] }
`),
  )
  assert.deepEqual(
    problems.map((problem) => problem.split(': ').slice(0, 2).join(' ')),
    [
      'a.yaml:2 dataset',
      'a.yaml:3 resources.K',
      'a.yaml:6 metrics.a.type',
      'a.yaml:4 labels.topic',
      'a.yaml:9 rollups.r.grain',
      'a.yaml:11 rollups.t.measures[0]',
    ],
  )
})
