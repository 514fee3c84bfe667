import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedValues } from '../../src/telemetry/bounded-values.ts'

test('the first short names stand for themselves, all that come later are other', () => {
  const values = new BoundedValues(2)
  assert.deepEqual(
    ['hot', 'slow', 'hot', 'third', 'slow'].map((value) => values.of(value)),
    ['hot', 'slow', 'hot', 'other', 'slow'],
  )
})

test('what is no short name is other and takes no place', () => {
  const values = new BoundedValues(1)
  for (const value of [undefined, null, 7, '', 'a b', 'x'.repeat(65), '"\n']) assert.equal(values.of(value), 'other')
  assert.equal(values.of('hot'), 'hot')
})
