import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LanewayError } from '../../../src/model/errors.ts'
import type { StateFrame } from '../../../src/model/frame.ts'
import { HOUR_MS, MINUTE_MS } from '../../../src/model/granularity.ts'
import type { Group } from '../../../src/model/label.ts'
import type { MeasureRef, Time } from '../../../src/model/measure.ts'
import type { Num } from '../../../src/model/number.ts'
import { type State, stateOfStep } from '../../../src/model/state.ts'
import { joinStates } from '../../../src/planner/merge/join.ts'
import { type MergeSpec, mergeFrames } from '../../../src/planner/merge/merge.ts'
import { SEED } from '../../seed.ts'

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
  ratios: [],
  granularity: 'PT1H',
  intervals: [{ start: 0, end: HOUR_MS }],
  allStart: 0,
  stepMs: MINUTE_MS,
  having: null,
  order: null,
  limit: null,
  fill: 'none',
  valuesMax: null,
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
  assert.deepEqual(names({ order: { value: 0, descending: true } }), ['c', 'a', 'b', null])
  assert.deepEqual(names({ order: { value: 0, descending: false } }), [null, 'a', 'b', 'c'])
})

test('the limit is taken after all slices have met', () => {
  const sum = [measure('SUM')]
  const order = { value: 0, descending: true }
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

/** Minutes ▸ values of group a and b, one state a minute; `null` where there is none. */
const byMinute = (measures: MeasureRef[], groups: Readonly<Record<string, readonly (Num | null)[]>>): StateFrame =>
  frame(
    measures,
    Object.entries(groups).flatMap(([name, all]) =>
      all.flatMap((x, i): [number, Group, State[]][] =>
        x === null ? [] : [[i * MINUTE_MS, [name], measures.map(() => stateOfStep(x, i * MINUTE_MS))]],
      ),
    ),
  )
const minutes = (n: number): Partial<MergeSpec> => ({
  granularity: 'PT1M',
  intervals: [{ start: 0, end: n * MINUTE_MS }],
})

test('ratios come behind the measures, null where a side is absent or the denominator is zero', () => {
  const both = [measure('SUM'), measure('SUM', 'absent', 'other')]
  const row = (name: string, a: Num | null, b: Num | null): [number, Group, (State | null)[]] => [
    0,
    [name],
    [a, b].map((x) => (x === null ? null : stateOfStep(x, 0))),
  ]
  const rows = frame(both, [row('a', 3, 4), row('b', null, 4), row('c', 3, null), row('d', 3, 0)])
  const ratios = [{ numerator: 0, denominator: 1 }]
  const all = mergeFrames([rows], spec(both, { ratios })).series.map(({ points }) => points[0]?.values)
  assert.deepEqual(all, [
    [3, 4, 0.75],
    [null, 4, null],
    [3, null, null],
    [3, 0, null],
  ])
})

test('having keeps points that pass, and groups that have some left; groups are counted after it', () => {
  const sum = [measure('SUM')]
  const rows = byMinute(sum, { a: [1, 5, 9], b: [2, 2, 2], c: [null, 7, null] })
  const having = { kind: 'compare', value: 0, op: 'GT', than: 4 } as const
  const result = mergeFrames([rows], spec(sum, { ...minutes(3), having }))
  assert.deepEqual(values(result), [
    ['a', 5, 9],
    ['c', 7],
  ])
  assert.equal(result.groupsTotal, 2)
  const not = mergeFrames([rows], spec(sum, { ...minutes(3), having: { kind: 'not', condition: having } }))
  assert.deepEqual(values(not), [
    ['a', 1],
    ['b', 2, 2, 2],
  ])
})

test('with a time granularity groups come by their value over all intervals, of points that having left out too', () => {
  const order = (time: Time, descending: boolean, over: Partial<MergeSpec> = {}) => {
    const measures = [measure(time)]
    const rows = byMinute(measures, { a: [9, 0, 0], b: [4, 4, 4], c: [null, 8, null], d: [4, 4, 4] })
    const result = mergeFrames([rows], spec(measures, { ...minutes(3), order: { value: 0, descending }, ...over }))
    return result.series.map(({ group }) => group[0]).join('')
  }
  assert.equal(order('SUM', true), 'bdac')
  assert.equal(order('SUM', false), 'cabd')
  assert.equal(order('MAX', true), 'acbd')
  assert.equal(order('AVG', true), 'cbda')
  assert.equal(order('LAST', true), 'cbda')
  assert.equal(order('SUM', true, { limit: 2 }), 'bd')
  const having = { kind: 'compare', value: 0, op: 'LT', than: 1 } as const
  assert.equal(order('SUM', true, { having }), 'a')
})

test('ordering leaves the frames as they are: merged again they give the same', () => {
  const both = [measure('SUM'), measure('MAX', 'absent', 'other')]
  const rows = frame(both, [
    [0, ['a'], [stateOfStep(1, 0), null]],
    [MINUTE_MS, ['a'], [stateOfStep(2, MINUTE_MS), stateOfStep(5, MINUTE_MS)]],
    [2 * MINUTE_MS, ['a'], [stateOfStep(3, 2 * MINUTE_MS), stateOfStep(9, 2 * MINUTE_MS)]],
  ])
  const asked = spec(both, { ...minutes(3), order: { value: 1, descending: true } })
  const once = structuredClone(mergeFrames([rows], asked))
  assert.deepEqual(mergeFrames([rows], asked), once)
})

test('property: groups are ordered as the same question with granularity ALL orders them', () => {
  const step = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.constantFrom('a', 'b', 'c'), fc.integer({ min: -5, max: 5 }))
  const times = fc.constantFrom<Time>('SUM', 'MIN', 'MAX', 'AVG', 'LAST')
  const missing = fc.constantFrom('absent' as const, 'zero' as const)
  fc.assert(
    fc.property(
      fc.uniqueArray(step, { selector: ([s, l]) => `${s}${l}` }),
      times,
      missing,
      fc.integer({ min: 0, max: 2 }),
      (steps, time, zero, value) => {
        const measures = [measure(time, zero), measure('SUM', 'absent', 'other')]
        const states = (bucket: (s: number) => number) =>
          steps.map(([s, l, x]) =>
            frame(measures, [
              [bucket(s), [l], [stateOfStep(x, s * MINUTE_MS), s % 3 === 0 ? null : stateOfStep(1, s * MINUTE_MS)]],
            ]),
          )
        const rest = { ratios: [{ numerator: 0, denominator: 1 }], order: { value, descending: true } }
        const asked = spec(measures, { ...minutes(10), ...rest, completeUntilMs: 7 * MINUTE_MS })
        const names = (result: ReturnType<typeof mergeFrames>) => result.series.map(({ group }) => group[0])
        assert.deepEqual(
          names(
            mergeFrames(
              states((s) => s * MINUTE_MS),
              asked,
            ),
          ),
          names(
            mergeFrames(
              states(() => 0),
              { ...asked, granularity: 'ALL' },
            ),
          ),
        )
      },
    ),
    { seed: SEED },
  )
})

test('filled, every group has every bucket of the intervals; what is not known yet stays null', () => {
  const sum = [measure('SUM')]
  const rows = byMinute(sum, { a: [null, 7, null, 2, null], b: [1, null, null, null, null] })
  const fill = (how: MergeSpec['fill'], over: Partial<MergeSpec> = {}) =>
    values(mergeFrames([rows], spec(sum, { ...minutes(5), fill: how, ...over })))
  assert.deepEqual(fill('null'), [
    ['a', null, 7, null, 2, null],
    ['b', 1, null, null, null, null],
  ])
  assert.deepEqual(fill('zero'), [
    ['a', 0, 7, 0, 2, 0],
    ['b', 1, 0, 0, 0, 0],
  ])
  assert.deepEqual(fill('previous'), [
    ['a', null, 7, 7, 2, 2],
    ['b', 1, 1, 1, 1, 1],
  ])
  assert.deepEqual(fill('zero', { completeUntilMs: 2.5 * MINUTE_MS })[1], ['b', 1, 0, 0, null, null])
  assert.deepEqual(fill('previous', { completeUntilMs: 2 * MINUTE_MS })[1], ['b', 1, 1, null, null, null])
})

test('filled points say when their bucket is cut, between intervals there are none, and ALL has one', () => {
  const sum = [measure('SUM')]
  const rows = byMinute(sum, { a: [5] })
  const intervals = [
    { start: 0, end: 7 * MINUTE_MS },
    { start: 20 * MINUTE_MS, end: 22 * MINUTE_MS },
    { start: 23 * MINUTE_MS, end: 25 * MINUTE_MS },
  ]
  const over = { granularity: 'PT5M', intervals, fill: 'zero' } as const
  const points = mergeFrames([rows], spec(sum, over)).series[0]!.points
  assert.deepEqual(
    points.map(({ timestamp, values: [value], cut }) => [timestamp / MINUTE_MS, value, cut]),
    [
      [0, 5, false],
      [5, 0, true],
      [20, 0, true],
    ],
  )
  const all = mergeFrames([rows], spec(sum, { ...over, granularity: 'ALL' })).series[0]!.points
  assert.deepEqual(
    all.map((point) => point.values),
    [[5]],
  )
})

test('each measure is filled by itself, and a ratio is that of the values beside it', () => {
  const both = [measure('SUM'), measure('SUM', 'absent', 'other')]
  const rows = frame(both, [
    [0, ['a'], [stateOfStep(6, 0), stateOfStep(3, 0)]],
    [MINUTE_MS, ['a'], [stateOfStep(8, MINUTE_MS), null]],
  ])
  const filled = (fill: MergeSpec['fill']) => {
    const over = { ...minutes(3), ratios: [{ numerator: 0, denominator: 1 }], fill }
    return mergeFrames([rows], spec(both, over)).series[0]!.points.map((point) => point.values)
  }
  assert.deepEqual(filled('zero'), [
    [6, 3, 2],
    [8, 0, null],
    [0, 0, null],
  ])
  assert.deepEqual(filled('previous'), [
    [6, 3, 2],
    [8, 3, 8 / 3],
    [8, 3, 8 / 3],
  ])
})

test('having, order and limit look at what is there, before anything is filled', () => {
  const sum = [measure('SUM')]
  const rows = byMinute(sum, { a: [null, 3], b: [5, null], c: [null, 4] })
  const having = { kind: 'compare', value: 0, op: 'GT', than: 3 } as const
  const order = { value: 0, descending: false }
  const result = mergeFrames([rows], spec(sum, { ...minutes(2), having, order, limit: 1, fill: 'zero' }))
  assert.deepEqual(values(result), [['c', 0, 4]])
  assert.deepEqual([result.groupsTotal, result.truncated], [2, true])
})

test('what having took away was not missing, so it is not filled', () => {
  const sum = [measure('SUM')]
  const rows = byMinute(sum, { a: [9, 1, null, 8] })
  const having = { kind: 'compare', value: 0, op: 'GT', than: 3 } as const
  const fill = (how: MergeSpec['fill']) => values(mergeFrames([rows], spec(sum, { ...minutes(4), having, fill: how })))
  assert.deepEqual(fill('zero'), [['a', 9, null, 0, 8]])
  assert.deepEqual(fill('previous'), [['a', 9, null, 9, 8]])
})

test('filling is refused before it makes more values than an answer may hold', () => {
  const sum = [measure('SUM')]
  const rows = byMinute(sum, { a: [1], b: [1] })
  const over = { ...minutes(6), ratios: [{ numerator: 0, denominator: 0 }], fill: 'zero' } as const
  assert.equal(values(mergeFrames([rows], spec(sum, { ...over, valuesMax: 24 }))).length, 2)
  assert.throws(
    () => mergeFrames([rows], spec(sum, { ...over, valuesMax: 23 })),
    (error: LanewayError) => error.code === 'QUERY_TOO_EXPENSIVE' && error.facts.actual === 24,
  )
  assert.equal(values(mergeFrames([rows], spec(sum, { ...over, valuesMax: 12, limit: 1 }))).length, 1)
})
