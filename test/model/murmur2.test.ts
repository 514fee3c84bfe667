import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur2, partitionOf } from '../../src/model/murmur2.ts'

/** From Kafka's own test of Utils.murmur2. */
const KAFKA: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]
for (const [text, hash] of KAFKA) {
  test(`${text} hashes as in Kafka`, () => {
    assert.equal(murmur2(new TextEncoder().encode(text)), hash & 0x7fffffff)
  })
}

test('a partition is the hash of the UTF-8 text modulo their number', () => {
  for (const json of ['[]', '["größe",null]', '["😀"]']) {
    const hash = murmur2(new TextEncoder().encode(json))
    for (const partitions of [1, 4, 7]) assert.equal(partitionOf(json, partitions), hash % partitions)
  }
})
