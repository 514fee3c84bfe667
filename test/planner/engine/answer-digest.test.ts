import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ResultFrame } from '../../../src/model/frame.ts'
import type { Num } from '../../../src/model/number.ts'
import { answerDigest } from '../../../src/planner/engine/answer-digest.ts'

const num: fc.Arbitrary<Num | null> = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom(2n ** 53n + 1n, 2n ** 53n + 3n, 0.1, -0, null),
)
const point = fc.record({
  timestamp: fc.nat(3),
  values: fc.tuple(num, num),
  cut: fc.boolean(),
})
const series = fc.record({
  group: fc.array(fc.option(fc.constantFrom('', 'a', 'a","b')), { minLength: 1, maxLength: 2 }),
  points: fc.array(point, { minLength: 1, maxLength: 3 }),
})
const frame: fc.Arbitrary<ResultFrame> = fc.record({
  labels: fc.constant(['x', 'y']),
  series: fc.array(series, { maxLength: 3 }),
  groupsTotal: fc.constant(0),
  truncated: fc.constant(false),
})

/** What an answer says, in other words. */
const said = ({ series }: ResultFrame): string =>
  JSON.stringify(series, (_key, value) => (typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? 0 : value))

test('property: two answers have the same digest when they say the same, and only then', () => {
  fc.assert(
    fc.property(frame, frame, (a, b) => {
      assert.equal(answerDigest('q', a) === answerDigest('q', b), said(a) === said(b))
      assert.equal(answerDigest('q', structuredClone(a)), answerDigest('q', a))
      assert.notEqual(answerDigest('q', a), answerDigest('r', a))
    }),
    { numRuns: 300 },
  )
})

test('a number, time or edge that differs anywhere makes another digest', () => {
  const point = { timestamp: 60_000, values: [1, null, 2n ** 60n], cut: false }
  const of = (changes: Partial<typeof point>) => {
    const points = [
      { ...point, timestamp: 0 },
      { ...point, ...changes },
    ]
    return answerDigest('q', { labels: [], series: [{ group: [], points }], groupsTotal: 1, truncated: false })
  }
  const others = [
    { timestamp: 120_000 },
    { cut: true },
    { values: [2, null, 2n ** 60n] },
    { values: [1, 0, 2n ** 60n] },
    { values: [1, null, 2n ** 60n + 1n] },
    { values: [1, null, 2 ** 60] },
  ]
  const digests = [{}, ...others].map((changes) => of(changes as Partial<typeof point>))
  assert.equal(new Set(digests).size, digests.length)
})

test('a point that was taken away is not one that is missing', () => {
  const frame = { labels: [], groupsTotal: 1, truncated: false }
  const points = [{ timestamp: 0, values: [1], cut: false }]
  const without = answerDigest('q', { ...frame, series: [{ group: [], points }] })
  assert.notEqual(answerDigest('q', { ...frame, series: [{ group: [], points, taken: new Set([60_000]) }] }), without)
})
