import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AsideList, offsetOf } from '../../src/ingest/kept-aside.ts'

test('without gaps the offset of a record is known exactly, with gaps between which it lies', () => {
  assert.deepEqual(offsetOf(2, { from: 10n, next: 15n, count: 5 }), { positionMin: 12n, positionMax: 12n })
  assert.deepEqual(offsetOf(0, { from: 10n, next: 20n, count: 2 }), { positionMin: 10n, positionMax: 18n })
  assert.deepEqual(offsetOf(1, { from: 10n, next: 20n, count: 2 }), { positionMin: 11n, positionMax: 19n })
})

test('the list says where the last one lies and why, and cuts endless reasons', () => {
  const list = new AsideList()
  assert.equal(list.last, null)
  list.add({ topic: 't', partition: 1, positionMin: 4n, positionMax: 9n, reason: 'x'.repeat(10_000) })
  assert.equal(list.last, `t, partition 1, offset 4 to 9: ${'x'.repeat(500)}`)
})
