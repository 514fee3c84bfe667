import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DATASET_NAME,
  LABEL_NAME,
  METRIC_NAME,
  type NameRule,
  RESOURCE_TYPE,
  ROLLUP_NAME,
} from '../../src/catalog/names.ts'

const RULES: readonly (readonly [string, NameRule, readonly string[], readonly string[]])[] = [
  [
    'dataset',
    DATASET_NAME,
    ['a', 'health-plus', 'A_1', 'a'.repeat(63)],
    ['', '1a', '-a', 'a b', 'ä', 'a/b', 'a'.repeat(64)],
  ],
  [
    'metric',
    METRIC_NAME,
    ['a', 'io.confluent.kafka.server/received_bytes', 'größe in %', '7', 'x'.repeat(255), '😀'.repeat(255)],
    ['', 'a\n', '\u0000', 'a\u200bb', 'x'.repeat(256)],
  ],
  [
    'label',
    LABEL_NAME,
    ['metric.a', 'resource.kafka.id', 'metric.client-id', 'metric.größe', `metric.${'x'.repeat(246)}`],
    ['', 'metric', 'metric.', 'topic', 'Metric.a', 'metrics.a', 'metric.a\t', `metric.${'x'.repeat(247)}`],
  ],
  [
    'resource type',
    RESOURCE_TYPE,
    ['kafka', 'schema_registry', 'k2'],
    ['', 'Kafka', '2k', 'k-a', 'k.a', 'k'.repeat(64)],
  ],
  ['rollup', ROLLUP_NAME, ['topic_1m', 'a', 'autos', 'auto'], ['', 'auto_', 'auto_1m.x', 'Topic', '1m', 'a-b', 'a.b']],
]

for (const [what, { pattern, rule }, allowed, refused] of RULES) {
  test(`names of a ${what}: ${rule}`, () => {
    for (const name of allowed) assert.ok(pattern.test(name), JSON.stringify(name))
    for (const name of refused) assert.ok(!pattern.test(name), JSON.stringify(name))
  })
}
