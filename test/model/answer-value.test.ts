import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quotient } from '../../src/model/answer-value.ts'

test('a ratio is a double', () => {
  assert.equal(quotient(1, 4), 0.25)
  assert.equal(quotient(0, 4), 0)
  assert.equal(quotient(2n ** 60n, 2n ** 59n), 2)
  assert.equal(quotient(2n ** 60n, 4), 2 ** 58)
})

test('there is no ratio where a side is absent, the denominator is zero, or no double is near', () => {
  assert.equal(quotient(null, 4), null)
  assert.equal(quotient(4, null), null)
  assert.equal(quotient(4, 0), null)
  assert.equal(quotient(0, -0), null)
  assert.equal(quotient(1e308, 1e-10), null)
})
