import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  add,
  addInteger,
  decodeNum,
  encodeNum,
  exactInteger,
  greater,
  lesser,
  type Num,
  numberText,
} from '../../src/model/number.ts'

const SAFE = Number.MAX_SAFE_INTEGER
const integer: fc.Arbitrary<Num> = fc
  .oneof(
    fc.bigInt(-(2n ** 80n), 2n ** 80n),
    fc.bigInt(BigInt(SAFE) - 3n, BigInt(SAFE) + 3n),
    fc.bigInt(-BigInt(SAFE) - 3n, -BigInt(SAFE) + 3n),
    fc.bigInt(-10n, 10n),
  )
  .map(exactInteger)

test('integers add exactly at any size, and have one form each', () => {
  fc.assert(
    fc.property(integer, integer, (a, b) => {
      const sum = addInteger(a, b)
      assert.equal(BigInt(sum), BigInt(a) + BigInt(b))
      assert.equal(
        typeof sum === 'number',
        Number.isSafeInteger(Number(sum)) && Number.isSafeInteger(Number(BigInt(a) + BigInt(b))),
      )
      assert.deepEqual(add('INT64', a, b), sum)
    }),
  )
})

test('past 2^53 a number becomes a bigint and comes back', () => {
  assert.equal(addInteger(SAFE, 1), 9007199254740992n)
  assert.equal(addInteger(9007199254740992n, -1), SAFE)
  assert.equal(addInteger(-SAFE, -1), -9007199254740992n)
  assert.equal(exactInteger(5n), 5)
})

test('doubles add as doubles, also when one comes as a bigint', () => {
  assert.equal(add('DOUBLE', 0.1, 0.2), 0.1 + 0.2)
  assert.equal(add('DOUBLE', 2n ** 60n, 0.5), 2 ** 60)
})

test('lesser and greater compare numbers and bigints by value', () => {
  assert.equal(lesser(1, 2n ** 60n), 1)
  assert.equal(greater(1, 2n ** 60n), 2n ** 60n)
  assert.equal(lesser(-(2n ** 60n), -1), -(2n ** 60n))
  assert.equal(greater(2, 2), 2)
})

test('what is written on a topic is read back with all digits, through JSON too', () => {
  fc.assert(
    fc.property(fc.oneof(integer, fc.double({ noNaN: true, noDefaultInfinity: true })), (value) => {
      const plain = value === 0 ? 0 : value
      const through = JSON.parse(JSON.stringify(encodeNum(plain))) as number | string
      assert.equal(decodeNum(through), plain)
    }),
  )
})

test('the JSON text of a number has every digit and no quotes', () => {
  assert.equal(numberText(2n ** 63n), '9223372036854775808')
  assert.equal(numberText(-1), '-1')
  assert.equal(numberText(0.1), '0.1')
})
