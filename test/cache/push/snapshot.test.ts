import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PushTable } from '../../../src/cache/push/push-table.ts'
import { LanewayError } from '../../../src/model/errors.ts'
import { HOUR_MS } from '../../../src/model/granularity.ts'
import { SEED } from '../../seed.ts'
import {
  coverageOf,
  deliver,
  dirtyOf,
  minute,
  minutes,
  read,
  rolledUp,
  rollupOf,
  sumsIn,
  tableOf,
  topics,
} from './push-fixture.ts'

const HOURLY = rollupOf({
  id: 'cloud/cluster_1h',
  name: 'cluster_1h',
  defHash: 'bbbbbbbbbbbbbbbb',
  labels: ['cluster'],
  grain: 'PT1H',
})
const GRAND = rollupOf({ id: 'cloud/all_1m', name: 'all_1m', defHash: 'cccccccccccccccc', labels: [] })
const ROLLUPS = [rollupOf(), HOURLY, GRAND]
const BIG = (2n ** 60n + 1n).toString()

/** Live windows, integers beyond 2^53, a half-received epoch, marks, chunk versions, absent and odd label values. */
function richTable(): PushTable {
  const table = tableOf(ROLLUPS)
  for (const n of [0, 1, 3])
    deliver(
      table,
      rolledUp({ bucket: minute(n), epoch: 1, raw: n, rows: topics({ a: n, b: BIG, '\ud800': 1, '': 2 }) }),
    )
  deliver(table, rolledUp({ bucket: minute(3), epoch: 2, rows: topics({ b: 5, c: BIG, d: 4 }) }).slice(0, 3))
  deliver(table, rolledUp({ bucket: minute(4), epoch: 1, rows: topics({ z: 1 }) }).slice(1))
  const written = { 'SUM:bytes_in': [BIG, 2, 1, BIG, minute(7), 1] }
  deliver(
    table,
    rolledUp(
      {
        bucket: minute(0),
        epoch: 9,
        rows: [
          [[null], written],
          [['c1'], written],
        ],
      },
      HOURLY,
    ),
  )
  deliver(table, rolledUp({ bucket: minute(0), epoch: 3, rows: [[[], { 'SUM:bytes_in': [3] }]] }, GRAND))
  deliver(table, [dirtyOf(minute(0), 7), dirtyOf(minute(9), 2)])
  table.apply(0, { kind: 'rawVersion', dataset: 'cloud', chunkStart: minute(0), version: 12 })
  return table
}

const restored = (bytes: Uint8Array, rollups = ROLLUPS): PushTable => {
  const table = tableOf(rollups)
  table.restore(bytes)
  return table
}

const isDamaged = (error: unknown) => error instanceof LanewayError && error.code === 'SNAPSHOT_DAMAGED'

test('a restored table is equal in everything: what is read, staged, marked and published', () => {
  const table = richTable()
  const copy = restored(table.snapshot())
  assert.deepEqual(copy.snapshot(), table.snapshot())
  for (const rollup of ROLLUPS) {
    assert.deepEqual(coverageOf(copy, rollup), coverageOf(table, rollup))
    for (const { interval } of coverageOf(table, rollup).runs) {
      const asked = { rollup, intervals: [interval], groupBy: rollup.labels }
      assert.deepEqual(read(copy, asked), read(table, asked))
    }
  }
  assert.equal(copy.rawVersion('cloud', minute(0)), 12)
  deliver(copy, rolledUp({ bucket: minute(3), epoch: 2, rows: topics({ b: 5, c: BIG, d: 4 }) }).slice(2))
  assert.deepEqual(sumsIn(read(copy, { intervals: [minutes(3, 4)] })), { b: 5, c: BigInt(BIG), d: 4 })
})

test('a snapshot tells listeners of all that it covers', () => {
  const table = tableOf(ROLLUPS)
  const heard: string[] = []
  table.subscribe(({ rollup, buckets }) => heard.push(`${rollup} ${buckets.length}`))
  table.restore(richTable().snapshot())
  assert.deepEqual(heard, ['cloud/topic_1m 3', 'cloud/cluster_1h 1', 'cloud/all_1m 1'])
})

test('versions that are not defined any more are passed over, new ones start empty', () => {
  const added = rollupOf({ id: 'cloud/new', defHash: 'dddddddddddddddd' })
  const copy = restored(richTable().snapshot(), [HOURLY, added])
  assert.equal(coverageOf(copy, HOURLY).runs.length, 1)
  assert.equal(copy.stats().windows, 1)
})

test('a table with less room restores the newest windows', () => {
  const small = rollupOf({ keep: { pushMs: 0.5 * HOUR_MS, druidMs: null } })
  const table = tableOf([small])
  const rows = topics(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`t${i}`, i])))
  for (let n = 0; n < 20; n++) deliver(table, rolledUp({ bucket: minute(n), epoch: 1, rows }))
  const copy = tableOf([small], { bytesMax: 60_000 })
  copy.restore(table.snapshot())
  assert.ok(copy.stats().bytes <= 60_000)
  assert.equal(coverageOf(copy).runs.at(-1)?.interval.end, minute(20))
  assert.ok(copy.stats().windows < 20 && copy.stats().windows > 0)
})

test('a snapshot cut anywhere is damaged, and leaves the table empty but usable', () => {
  const bytes = richTable().snapshot()
  const table = tableOf(ROLLUPS)
  const fresh = table.stats()
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => table.restore(bytes.subarray(0, length)), isDamaged)
    assert.deepEqual(table.stats(), fresh)
  }
  assert.throws(() => table.restore(new Uint8Array([...bytes, 0])), isDamaged)
  table.restore(bytes)
  assert.deepEqual(table.snapshot(), bytes)
})

/** Whatever the bytes: restored, or SNAPSHOT_DAMAGED and empty. */
function survives(bytes: Uint8Array): void {
  const table = tableOf(ROLLUPS)
  try {
    table.restore(bytes)
  } catch (error) {
    assert.ok(isDamaged(error), `${error}`)
    assert.equal(table.stats().windows + table.stats().series, 0)
  }
}

test('random bytes never do more than be damaged', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), survives), { numRuns: 2000, seed: SEED })
  const layout = Uint8Array.of(1, 0, 0, 0)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => survives(new Uint8Array([...layout, ...bytes]))),
    { numRuns: 2000, seed: SEED },
  )
})

test('a snapshot with some bytes changed is restored or damaged, nothing else', () => {
  const bytes = richTable().snapshot()
  const change = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const changed = Uint8Array.from(bytes)
      for (const [at, value] of changes) changed[at] = value
      survives(changed)
    }),
    { numRuns: 3000, seed: SEED },
  )
})
