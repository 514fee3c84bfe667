import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Num } from '../../src/model/number.ts'
import { conditionKey, truthOf, VALUE_OPS, type ValueCondition, type ValueOp } from '../../src/model/value-condition.ts'

const compare = (op: ValueOp, than: Num, value = 0): ValueCondition => ({ kind: 'compare', value, op, than })
const not = (condition: ValueCondition): ValueCondition => ({ kind: 'not', condition })
const joined = (kind: 'and' | 'or', ...conditions: ValueCondition[]): ValueCondition => ({ kind, conditions })

test('each operator says what its name says', () => {
  const truths = (than: Num) => VALUE_OPS.map((op) => truthOf(compare(op, than), [5]))
  assert.deepEqual(truths(4), [true, true, false, false, false, true])
  assert.deepEqual(truths(5), [false, true, false, true, true, false])
  assert.deepEqual(truths(6), [false, false, true, true, false, true])
})

test('integers beyond 2^53 compare exactly, with doubles too', () => {
  const big = 2n ** 53n + 1n
  assert.equal(truthOf(compare('GT', 2 ** 53), [big]), true)
  assert.equal(truthOf(compare('EQ', 2 ** 53), [big]), false)
  assert.equal(truthOf(compare('EQ', 5), [5n]), true)
  assert.equal(truthOf(compare('GT', 0.5), [1n]), true)
})

test('an absent value is unknown, and AND, OR and NOT follow the three-valued tables', () => {
  const [yes, no, unknown] = [compare('GT', 0), compare('LT', 0), compare('GT', 0, 1)]
  const truth = (condition: ValueCondition) => truthOf(condition, [5, null])
  assert.equal(truth(unknown), null)
  assert.equal(truth(compare('EQ', 0, 7)), null)
  assert.equal(truth(not(unknown)), null)
  assert.deepEqual([truth(not(yes)), truth(not(no))], [false, true])
  const pairs = (kind: 'and' | 'or') =>
    [yes, no, unknown].map((a) => [yes, no, unknown].map((b) => truth(joined(kind, a, b))))
  assert.deepEqual(pairs('and'), [
    [true, false, null],
    [false, false, false],
    [null, false, null],
  ])
  assert.deepEqual(pairs('or'), [
    [true, true, true],
    [true, false, null],
    [true, null, null],
  ])
})

test('different conditions have different keys', () => {
  const all = [
    ...VALUE_OPS.flatMap((op) => [compare(op, 1), compare(op, 2), compare(op, 1, 1)]),
    not(compare('GT', 1)),
    joined('and', compare('GT', 1), compare('GT', 2)),
    joined('or', compare('GT', 1), compare('GT', 2)),
    joined('and', joined('and', compare('GT', 1)), compare('GT', 2)),
  ]
  assert.equal(new Set(all.map(conditionKey)).size, all.length)
})
