import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StateFrame } from '../../../src/model/frame.ts'
import { HOUR_MS, MINUTE_MS } from '../../../src/model/granularity.ts'
import type { Group } from '../../../src/model/label.ts'
import type { MeasureRef, Time } from '../../../src/model/measure.ts'
import type { Num } from '../../../src/model/number.ts'
import { type State, stateOfStep } from '../../../src/model/state.ts'
import { joinStates } from '../../../src/planner/merge/join.ts'
import { type MergeSpec, mergeFrames } from '../../../src/planner/merge/merge.ts'

const measure = (time: Time, missing: 'absent' | 'zero' = 'absent', metric = 'm'): MeasureRef => ({
  metric,
  type: 'GAUGE_INT64',
  unit: '1',
  space: 'SUM',
  missing,
  time,
})

const frame = (measures: MeasureRef[], rows: [number, Group, (State | null)[]][], asOf = 1): StateFrame => ({
  kind: 'states',
  labels: ['l'],
  measures,
  rows: rows.map(([bucket, group, states]) => ({ bucket, group, states })),
  rowsRead: rows.length,
  raw: asOf,
  asOf,
})

const spec = (measures: MeasureRef[], over: Partial<MergeSpec> = {}): MergeSpec => ({
  labels: ['l'],
  measures,
  granularity: 'PT1H',
  intervals: [{ start: 0, end: HOUR_MS }],
  allStart: 0,
  stepMs: MINUTE_MS,
  order: null,
  limit: null,
  completeUntilMs: HOUR_MS,
  ...over,
})

const values = (result: ReturnType<typeof mergeFrames>) =>
  result.series.map(({ group, points }) => [group[0], ...points.map((point) => point.values[0])])

test('averages of two slices are never averaged: sums and counts meet first', () => {
  const avg = [measure('AVG')]
  const left = frame(avg, [[0, ['a'], [{ ...stateOfStep(10, 0), sum: 30, n: 3 }]]])
  const right = frame(avg, [[0, ['a'], [stateOfStep(2, 180_000)]]])
  assert.deepEqual(values(mergeFrames([left, right], spec(avg))), [['a', 8]])
})

test('missing: zero divides by the steps asked for, not by the steps present', () => {
  const avg = [measure('AVG', 'zero')]
  const one = frame(avg, [[0, ['a'], [stateOfStep(60, 0)]]])
  assert.deepEqual(values(mergeFrames([one], spec(avg))), [['a', 1]])
  const half = spec(avg, { intervals: [{ start: 0, end: HOUR_MS / 2 }] })
  assert.deepEqual(values(mergeFrames([one], half)), [['a', 2]])
  assert.deepEqual(values(mergeFrames([one], spec(avg, { completeUntilMs: 10 * MINUTE_MS }))), [['a', 6]])
})

test('a bucket shortened by the edge of the interval is marked cut, ALL never is', () => {
  const sum = [measure('SUM')]
  const one = frame(sum, [[0, ['a'], [stateOfStep(1, 0)]]])
  const half = { intervals: [{ start: 0, end: HOUR_MS / 2 }] }
  assert.equal(mergeFrames([one], spec(sum)).series[0]?.points[0]?.cut, false)
  assert.equal(mergeFrames([one], spec(sum, half)).series[0]?.points[0]?.cut, true)
  assert.equal(mergeFrames([one], spec(sum, { ...half, granularity: 'ALL' })).series[0]?.points[0]?.cut, false)
})

test('groups come by label, absent first; by value with ties by label when ordered', () => {
  const sum = [measure('SUM')]
  const rows = frame(
    sum,
    [
      ['b', 5],
      ['a', 5],
      [null, 1],
      ['c', 9],
    ].map(([l, x]) => [0, [l as string | null], [stateOfStep(x as number, 0)]]),
  )
  const names = (over: Partial<MergeSpec>) => values(mergeFrames([rows], spec(sum, over))).map(([name]) => name)
  assert.deepEqual(names({}), [null, 'a', 'b', 'c'])
  assert.deepEqual(names({ order: { measure: 0, descending: true } }), ['c', 'a', 'b', null])
  assert.deepEqual(names({ order: { measure: 0, descending: false } }), [null, 'a', 'b', 'c'])
})

test('the limit is taken after all slices have met', () => {
  const sum = [measure('SUM')]
  const order = { measure: 0, descending: true }
  const left = frame(sum, [
    [0, ['a'], [stateOfStep(10, 0)]],
    [0, ['b'], [stateOfStep(9, 0)]],
  ])
  const right = frame(sum, [
    [0, ['b'], [stateOfStep(9, 60_000)]],
    [0, ['c'], [stateOfStep(11, 60_000)]],
  ])
  const result = mergeFrames([left, right], spec(sum, { order, limit: 1 }))
  assert.deepEqual(values(result), [['b', 18]])
  assert.equal(result.groupsTotal, 3)
  assert.equal(result.truncated, true)
})

test('integers beyond 2^53 keep every digit', () => {
  const sum = [measure('SUM')]
  const big = (2n ** 53n + 1n) as Num
  const slices = [0, 60_000].map((step) => frame(sum, [[0, ['a'], [stateOfStep(big, step)]]]))
  assert.deepEqual(values(mergeFrames(slices, spec(sum))), [['a', 2n ** 54n + 2n]])
})

test('a group whose states are all absent gives no row', () => {
  const sum = [measure('SUM')]
  const rows = frame(sum, [
    [0, ['a'], [null]],
    [0, ['b'], [{ ...stateOfStep(1, 0), n: 0 }]],
  ])
  assert.deepEqual(values(mergeFrames([rows], spec(sum))), [])
})

test('measures routed apart meet in one row, raw and asOf are the least', () => {
  const [sum, other] = [measure('SUM'), measure('MAX', 'absent', 'other')]
  const joined = joinStates(
    [frame([other], [[0, ['a'], [stateOfStep(7, 0)]]], 5), frame([sum], [[0, ['a'], [stateOfStep(3, 0)]]], 4)],
    [sum, other],
    ['l'],
  )
  assert.deepEqual(
    joined.rows.map((row) => row.states.map((state) => state?.sum)),
    [[3, 7]],
  )
  assert.deepEqual([joined.raw, joined.asOf], [4, 4])
})

test('property: how an interval is sliced, and in which order slices come, does not change the answer', () => {
  const step = fc.tuple(fc.integer({ min: 0, max: 59 }), fc.constantFrom('a', 'b', null), fc.integer())
  const times = fc.constantFrom<Time>('SUM', 'MIN', 'MAX', 'AVG', 'LAST')
  fc.assert(
    fc.property(
      fc.uniqueArray(step, { selector: ([s, l]) => `${s}${l}` }),
      times,
      fc.integer({ min: 1, max: 5 }),
      (steps, time, pieces) => {
        const measures = [measure(time)]
        const rows = steps.map(([s, l, x]): [number, Group, State[]] => [0, [l], [stateOfStep(x, s * MINUTE_MS)]])
        const whole = mergeFrames(
          rows.map((row) => frame(measures, [row])),
          spec(measures),
        )
        const sliced = Array.from({ length: pieces }, (_, i) =>
          joinStates(
            rows.filter((_, j) => j % pieces === i).map((row) => frame(measures, [row])),
            measures,
            ['l'],
          ),
        )
        assert.deepEqual(mergeFrames(sliced.reverse(), spec(measures)), whole)
      },
    ),
  )
})
