import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { murmur2, partitionOf } from '../../src/model/murmur2.ts'
import { type AggregateRecord, decodeRecord, encodeRecord } from '../../src/model/records.ts'
import { bytesIn, rollupOf, tableOf } from '../cache/push/push-fixture.ts'

const page = readFileSync('docs/aggregates-topic.md', 'utf8')

const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => match[1]!.trimEnd())

const examples = blocks('json').map((block) => block.split('\n') as [string, string])

/** `partition key`, then the value, line by line. */
const wholeWindow = blocks('text')[0]!
  .split('\n')
  .reduce<[number, string, string][]>((records, line, i, lines) => {
    if (i % 2 === 0) records.push([Number(line[0]), line.slice(2), lines[i + 1]!.trim()])
    return records
  }, [])

for (const [key, value] of [...examples, ...wholeWindow.map(([, key, value]): [string, string] => [key, value])]) {
  test(`the example ${key} reads as a record and is written as it stands`, () => {
    assert.deepEqual(encodeRecord(decodeRecord(key, value)), { key, value })
  })
}

test('every kind of record has an example', () => {
  const kinds = new Set(examples.map(([key, value]) => decodeRecord(key, value).kind))
  const all: Record<AggregateRecord['kind'], true> = {
    aggregate: true,
    seal: true,
    dirty: true,
    rawVersion: true,
    coverage: true,
  }
  assert.deepEqual([...kinds].sort(), Object.keys(all).sort())
})

test('every length of a state has an example', () => {
  const lengths = examples.flatMap(([key, value]) => {
    const record = decodeRecord(key, value)
    return record.kind === 'aggregate' ? Object.values(record.measures).map((state) => state.length) : []
  })
  assert.deepEqual([...new Set(lengths)].sort(), [1, 2, 6, 8])
})

test('the table of partitions is right', () => {
  const rows = [...page.matchAll(/^\| `(\[.*\])` \| (\d+) \| (\d) \|$/gm)]
  assert.equal(rows.length, 4)
  for (const [, labels, hash, partition] of rows) {
    assert.equal(murmur2(new TextEncoder().encode(labels)), Number(hash))
    assert.equal(partitionOf(labels!, 4), Number(partition))
  }
})

test('the whole window lies in its partitions and is served by a push table, but not without its last record', () => {
  const measure = { ...bytesIn, metric: 'received_bytes' }
  const rollup = rollupOf({ defHash: '3f0c9a5be1d27788', measures: [measure] })
  for (const left of [0, 1]) {
    const table = tableOf([rollup])
    for (const [partition, key, value] of wholeWindow.slice(0, wholeWindow.length - left)) {
      const record = decodeRecord(key, value)
      if (record.kind === 'aggregate') assert.equal(partition, partitionOf(JSON.stringify(record.group), 4))
      if (record.kind === 'seal') assert.equal(partition, record.partition)
      table.apply(partition, record)
    }
    const covered = table.coverage(rollup.defHash, [], 0).runs.length
    assert.equal(covered, left === 0 ? 1 : 0)
    assert.equal(table.stats().ignoredRecords, 0)
    assert.equal(table.stats().rows, left === 0 ? 2 : 0)
  }
})
