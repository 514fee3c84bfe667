import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  ceilTo,
  contains,
  floorTo,
  formatTime,
  type Interval,
  intersect,
  intersectAll,
  isEmpty,
  lengthMs,
  subtract,
  totalMs,
  unionOf,
} from '../../src/model/interval.ts'

const SPAN = 24
/** May be empty or turned round: such an interval covers nothing. */
const interval = fc.record({ start: fc.nat({ max: SPAN }), end: fc.nat({ max: SPAN }) })
const intervals = fc.array(interval, { maxLength: 6 })

const moments = (of: readonly Interval[]): number[] =>
  Array.from({ length: SPAN }, (_, i) => i).filter((i) => of.some(({ start, end }) => start <= i && i < end))

function assertTidy(of: readonly Interval[]): void {
  for (const [i, each] of of.entries()) {
    assert.ok(!isEmpty(each))
    if (i > 0) assert.ok(of[i - 1]!.end < each.start)
  }
}

test('a union covers what its parts cover: sorted, apart, and no more pieces than needed', () => {
  fc.assert(
    fc.property(intervals, (parts) => {
      const union = unionOf(parts)
      assertTidy(union)
      assert.deepEqual(moments(union), moments(parts))
      assert.equal(totalMs(union), moments(parts).length)
    }),
  )
})

test('subtracting and intersecting agree with doing it moment by moment', () => {
  fc.assert(
    fc.property(intervals, intervals, (a, b) => {
      const [difference, both] = [subtract(a, b), intersectAll(a, b)]
      assertTidy(difference)
      assertTidy(both)
      const inB = new Set(moments(b))
      assert.deepEqual(
        moments(difference),
        moments(a).filter((i) => !inB.has(i)),
      )
      assert.deepEqual(
        moments(both),
        moments(a).filter((i) => inB.has(i)),
      )
    }),
  )
})

test('two intervals: intersection, containment and length', () => {
  fc.assert(
    fc.property(interval, interval, (a, b) => {
      const inB = new Set(moments([b]))
      assert.deepEqual(
        moments([intersect(a, b)]),
        moments([a]).filter((i) => inB.has(i)),
      )
      assert.equal(lengthMs(a), moments([a]).length)
      if (contains(a, b)) assert.deepEqual(moments([a, b]), moments([a]))
    }),
  )
})

test('unions do not change what they are given', () => {
  const given = [
    { start: 3, end: 5 },
    { start: 1, end: 4 },
  ]
  unionOf(given)
  assert.deepEqual(given, [
    { start: 3, end: 5 },
    { start: 1, end: 4 },
  ])
})

test('rounding to a width goes the right way before the epoch too', () => {
  const cases = [-61, -60, -59, -1, 0, 1, 59, 60, 61]
  assert.deepEqual(
    cases.map((ms) => floorTo(ms, 60) + 0),
    [-120, -60, -60, -60, 0, 0, 0, 60, 60],
  )
  assert.deepEqual(
    cases.map((ms) => ceilTo(ms, 60) + 0),
    [-60, -60, 0, 0, 0, 60, 60, 60, 120],
  )
})

test('a time is written as ISO has it, without milliseconds where there are none', () => {
  const any = fc.integer({ min: -100_000_000_000_000, max: 300_000_000_000_000 })
  fc.assert(
    fc.property(any, fc.boolean(), (drawn, whole) => {
      const ms = whole ? Math.floor(drawn / 1_000) * 1_000 : drawn
      assert.equal(formatTime(ms), new Date(ms).toISOString().replace('.000Z', 'Z'))
    }),
  )
})
