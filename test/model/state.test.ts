import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addInteger, type Num, type Numeric } from '../../src/model/number.ts'
import { addPairs, combineInto, pairMean, type State, stateOfStep } from '../../src/model/state.ts'

const ABSENT: State = { sum: 0, n: 0, min: 0, max: 0, lastStep: 0, last: 0 }
const copy = (state: State): State => ({ ...state })

function combined(states: readonly State[], numeric: Numeric = 'INT64'): State {
  const into = copy(ABSENT)
  for (const state of states) combineInto(into, copy(state), numeric)
  return into
}

const x = fc.oneof(
  fc.integer({ min: -100, max: 100 }),
  fc.constantFrom<Num>(2n ** 60n, -(2n ** 60n), Number.MAX_SAFE_INTEGER),
)
/** X by step: every step once. */
const steps = fc.uniqueArray(fc.record({ step: fc.nat({ max: 50 }), x }), {
  selector: ({ step }) => step,
  minLength: 1,
  maxLength: 12,
})
const statesOf = (of: readonly { step: number; x: Num }[]): State[] => of.map(({ step, x }) => stateOfStep(x, step))

test('at the base step a state is X five times', () => {
  assert.deepEqual(stateOfStep(7, 120), { sum: 7, n: 1, min: 7, max: 7, lastStep: 120, last: 7 })
})

test('combined states say what the steps say: sum, count, least, greatest, latest', () => {
  fc.assert(
    fc.property(steps, (of) => {
      const state = combined(statesOf(of))
      const values = of.map(({ x }) => x)
      assert.equal(state.sum, values.reduce<Num>(addInteger, 0))
      assert.equal(state.n, of.length)
      assert.ok(values.includes(state.min) && values.every((value) => value >= state.min))
      assert.ok(values.includes(state.max) && values.every((value) => value <= state.max))
      const latest = of.reduce((a, b) => (b.step > a.step ? b : a))
      assert.deepEqual([state.lastStep, state.last], [latest.step, latest.x])
    }),
  )
})

test('the order of combining, and how it is split over sources, does not matter', () => {
  const split = steps.chain((of) =>
    fc.record({ of: fc.constant(of), order: fc.shuffledSubarray(of, { minLength: of.length }), at: fc.nat(of.length) }),
  )
  fc.assert(
    fc.property(split, ({ of, order, at }) => {
      const whole = combined(statesOf(of))
      assert.deepEqual(combined(statesOf(order)), whole)
      assert.deepEqual(combined([combined(statesOf(order.slice(0, at))), combined(statesOf(order.slice(at)))]), whole)
    }),
  )
})

test('an absent state changes nothing, on either side', () => {
  const state = stateOfStep(5, 60)
  assert.deepEqual(combined([ABSENT, state, ABSENT]), state)
  assert.deepEqual(combined([ABSENT, ABSENT]), ABSENT)
})

test('combining copies: the other state stays as it was', () => {
  const first = copy(ABSENT)
  const other = stateOfStep(5, 60)
  combineInto(first, other, 'INT64')
  combineInto(first, stateOfStep(7, 120), 'INT64')
  assert.deepEqual(other, stateOfStep(5, 60))
})

test('doubles stay doubles', () => {
  const state = combined([stateOfStep(0.1, 0), stateOfStep(0.2, 60)], 'DOUBLE')
  assert.equal(state.sum, 0.1 + 0.2)
})

test('the pair of AVG in space is that of the latest step', () => {
  const state = combined([
    stateOfStep(4, 120, { sum: 8, count: 2 }),
    stateOfStep(5, 60, { sum: 5, count: 1 }),
    stateOfStep(6, 180, { sum: 18, count: 3 }),
  ])
  assert.deepEqual(state.pair, { sum: 18, count: 3 })
})

test('pairs add and divide as numbers, exact beyond 2^53 until the division', () => {
  const pair = addPairs({ sum: Number.MAX_SAFE_INTEGER, count: 1 }, { sum: 1, count: 3 }, 'INT64')
  assert.deepEqual(pair, { sum: 9007199254740992n, count: 4 })
  assert.equal(pairMean(pair), 2 ** 51)
})
