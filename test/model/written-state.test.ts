import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Space, StateMeasure } from '../../src/model/measure.ts'
import type { Num } from '../../src/model/number.ts'
import { type Pair, pairMean, type State, stateOfStep } from '../../src/model/state.ts'
import { atBaseStep, decodeState, encodeState, writtenWidth } from '../../src/model/written-state.ts'

const measure = (space: Space): StateMeasure => ({
  metric: 'm',
  type: 'GAUGE_INT64',
  unit: '1',
  space,
  missing: 'absent',
})
const num = fc.oneof(fc.integer(), fc.constantFrom<Num>(2n ** 60n, -(2n ** 70n)))
const pair: fc.Arbitrary<Pair> = fc.record(
  { sum: num, count: fc.integer({ min: 1, max: 1000 }) },
  { noNullPrototype: true },
)
const step = fc.nat().map((i) => i * 60_000)
const through = (written: unknown) => JSON.parse(JSON.stringify(written)) as (number | string)[]

test('at the base step X alone is written, and for AVG in space the sum and the count', () => {
  fc.assert(
    fc.property(num, step, pair, (x, at, both) => {
      const single = encodeState(stateOfStep(x, at), measure('SUM'), true)
      assert.equal(single.length, writtenWidth(measure('SUM'), true))
      assert.deepEqual(decodeState(through(single), measure('SUM'), at), stateOfStep(x, at))
      const mean = stateOfStep(pairMean(both), at, both)
      const double = encodeState(mean, measure('AVG'), true)
      assert.equal(double.length, writtenWidth(measure('AVG'), true))
      assert.deepEqual(decodeState(through(double), measure('AVG'), at), mean)
    }),
  )
})

test('above the base step all states are written, and for AVG in space the pair of the last step', () => {
  const state: fc.Arbitrary<State> = fc.record(
    { sum: num, n: fc.nat(), min: num, max: num, lastStep: step, last: num },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(state, pair, (of, both) => {
      const six = encodeState(of, measure('MAX'), false)
      assert.equal(six.length, writtenWidth(measure('MAX'), false))
      assert.deepEqual(decodeState(through(six), measure('MAX'), 0), of)
      const eight = encodeState({ ...of, pair: both }, measure('AVG'), false)
      assert.equal(eight.length, writtenWidth(measure('AVG'), false))
      assert.deepEqual(decodeState(through(eight), measure('AVG'), 0), { ...of, pair: both })
    }),
  )
})

test('AVG in space without its pair is a mistake of the caller', () => {
  assert.throws(() => encodeState(stateOfStep(1, 0), measure('AVG'), true), TypeError)
})

test('a rollup is at the base step when its grain is the step of its dataset', () => {
  assert.ok(atBaseStep({ grain: 'PT1M', stepMs: 60_000 }))
  assert.ok(atBaseStep({ grain: 'PT1H', stepMs: 3_600_000 }))
  assert.ok(!atBaseStep({ grain: 'PT1H', stepMs: 60_000 }))
  assert.ok(!atBaseStep({ grain: 'P1W', stepMs: 60_000 }))
})
