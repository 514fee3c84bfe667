import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  bucketEnd,
  bucketStart,
  bucketsOf,
  GRANULARITIES,
  type Grain,
  HOUR_MS,
} from '../../../src/model/granularity.ts'
import { contains, type Interval, unionOf } from '../../../src/model/interval.ts'
import { windowsIn } from '../../../src/planner/routing/windows.ts'
import { clock, span } from './routing-fixture.ts'

const STEP_MS = HOUR_MS
const grains = GRANULARITIES.filter((each): each is Grain => each !== 'ALL').slice(4)
const START = Date.UTC(2026, 0, 1)

test('property: a window serves exactly when it lies in one asked interval and in one bucket', () => {
  const interval = fc
    .tuple(fc.integer({ min: 0, max: 24 * 90 }), fc.integer({ min: 1, max: 24 * 40 }))
    .map(([from, length]): Interval => ({ start: START + from * STEP_MS, end: START + (from + length) * STEP_MS }))
  const granularities = fc.constantFrom(...GRANULARITIES.slice(4))
  fc.assert(
    fc.property(
      fc.constantFrom(...grains),
      granularities,
      fc.array(interval, { minLength: 1, maxLength: 3 }),
      (grain, granularity, some) => {
        const intervals = unionOf(some)
        const fits = intervals.flatMap((asked) =>
          [...bucketsOf(grain, asked)]
            .map((start) => ({ start, end: bucketEnd(grain, start) }))
            .filter((window) => contains(asked, window))
            .filter(({ start, end }) => bucketStart(granularity, start) === bucketStart(granularity, end - 1)),
        )
        const { whole } = windowsIn(grain, { granularity, intervals, stepMs: STEP_MS })
        assert.deepEqual(unionOf(whole), unionOf(fits))
      },
    ),
  )
})

test('the first window that an edge cuts, and the first that a bucket cuts, are told', () => {
  const { cutByEdge, cutByBucket } = windowsIn('PT4H', {
    granularity: 'PT6H',
    intervals: [clock('00:00/13:30')],
    stepMs: 60_000,
  })
  assert.deepEqual([cutByEdge, cutByBucket], [clock('12:00/13:30'), span(4, 8)])
})

test('nothing is cut at the base step', () => {
  const intervals = [clock('10:01/10:03')]
  const windows = windowsIn('PT1M', { granularity: 'PT1H', intervals, stepMs: 60_000 })
  assert.deepEqual(windows, { whole: intervals, cutByEdge: null, cutByBucket: null })
})
