import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  alignedCore,
  bucketCeil,
  bucketEnd,
  bucketStart,
  bucketsOf,
  DAY_MS,
  fixedMs,
  GRANULARITIES,
  type Grain,
  isGranularity,
  nestsOver,
  roughMs,
} from '../../src/model/granularity.ts'
import type { Interval } from '../../src/model/interval.ts'

const GRAINS = GRANULARITIES.filter((each): each is Grain => each !== 'ALL')
const at = Date.parse
const time = fc.integer({ min: 0, max: at('2100-01-01T00:00:00Z') })
const grain = fc.constantFrom(...GRAINS)

test('every moment lies in exactly one bucket, and buckets follow each other without a gap', () => {
  fc.assert(
    fc.property(grain, time, (each, ms) => {
      const start = bucketStart(each, ms)
      const end = bucketEnd(each, start)
      assert.ok(start <= ms && ms < end)
      assert.equal(bucketStart(each, start), start)
      assert.equal(bucketStart(each, end - 1), start)
      assert.equal(bucketStart(each, end), end)
      assert.equal(bucketCeil(each, ms), ms === start ? ms : end)
    }),
  )
})

const STARTS: readonly (readonly [Grain, string, string])[] = [
  ['PT5M', '2026-11-21T10:37:42Z', '2026-11-21T10:35:00Z'],
  ['PT4H', '2026-11-21T10:37:42Z', '2026-11-21T08:00:00Z'],
  ['PT6H', '2026-11-21T10:37:42Z', '2026-11-21T06:00:00Z'],
  ['P1D', '2026-11-21T10:37:42Z', '2026-11-21T00:00:00Z'],
  ['P1W', '2026-11-21T10:37:42Z', '2026-11-16T00:00:00Z'],
  ['P1W', '2026-11-16T00:00:00Z', '2026-11-16T00:00:00Z'],
  ['P1W', '2026-11-15T23:59:59Z', '2026-11-09T00:00:00Z'],
  ['P1W', '1970-01-01T00:00:00Z', '1969-12-29T00:00:00Z'],
  ['P1M', '2024-02-29T23:00:00Z', '2024-02-01T00:00:00Z'],
]
for (const [each, ms, start] of STARTS) {
  test(`the ${each} bucket of ${ms} starts at ${start}`, () => {
    assert.equal(bucketStart(each, at(ms)), at(start))
  })
}

test('months have their own lengths', () => {
  const lengths = ['2024-02', '2026-02', '2026-04', '2026-12'].map((month) => {
    const start = at(`${month}-01T00:00:00Z`)
    return (bucketEnd('P1M', start) - start) / DAY_MS
  })
  assert.deepEqual(lengths, [29, 28, 30, 31])
})

test('ALL is one bucket without an end, stamped with the start it is given', () => {
  assert.equal(bucketStart('ALL', 12_345, 600), 600)
  assert.equal(bucketEnd('ALL', 600), Number.POSITIVE_INFINITY)
  assert.equal(roughMs('ALL'), Number.POSITIVE_INFINITY)
})

const interval = fc
  .tuple(time, fc.integer({ min: 1, max: 90 * DAY_MS }))
  .map(([start, length]): Interval => ({ start, end: start + length }))

test('the aligned core is every whole bucket of an interval and nothing else', () => {
  const coarse = fc.constantFrom<Grain>('PT1H', 'PT6H', 'P1D', 'P1W', 'P1M')
  fc.assert(
    fc.property(coarse, interval, (each, asked) => {
      const whole = [...bucketsOf(each, asked)].filter(
        (start) => start >= asked.start && bucketEnd(each, start) <= asked.end,
      )
      const core = alignedCore(each, asked)
      assert.ok(core.start <= core.end)
      if (whole.length === 0) assert.equal(core.start, core.end)
      else assert.deepEqual(core, { start: whole[0], end: bucketEnd(each, whole.at(-1)!) })
    }),
  )
})

const NESTS: readonly (readonly [Grain, Grain | 'ALL', boolean])[] = [
  ['PT1M', 'P1M', true],
  ['PT1H', 'PT4H', true],
  ['PT4H', 'PT12H', true],
  ['PT4H', 'PT6H', false],
  ['PT6H', 'PT4H', false],
  ['P1D', 'P1W', true],
  ['P1D', 'P1M', true],
  ['P1W', 'P1M', false],
  ['PT1H', 'PT1M', false],
  ['P1M', 'ALL', true],
  ['P1W', 'P1W', true],
]
const YEAR = { start: at('2026-01-01T00:00:00Z'), end: at('2027-01-01T00:00:00Z') }
for (const [fine, coarse, expected] of NESTS) {
  test(`over a year ${fine} ${expected ? 'nests' : 'does not nest'} in ${coarse}`, () => {
    const over = coarse === 'PT1M' ? { start: YEAR.start, end: YEAR.start + DAY_MS } : YEAR
    assert.equal(nestsOver(fine, coarse, over), expected)
  })
}

test('grains that do not nest everywhere nest where no boundary cuts', () => {
  const monday = { start: at('2026-06-01T00:00:00Z'), end: at('2026-06-29T00:00:00Z') }
  assert.ok(nestsOver('P1W', 'P1M', monday))
  assert.ok(nestsOver('PT4H', 'PT6H', { start: at('2026-06-01T00:00:00Z'), end: at('2026-06-01T04:00:00Z') }))
})

test('nesting is that every fine bucket touching the interval lies in one coarse bucket, as far as the interval sees', () => {
  const few = fc.constantFrom<Grain>('PT4H', 'PT6H', 'PT12H', 'P1D', 'P1W', 'P1M')
  fc.assert(
    fc.property(few, few, interval, (fine, coarse, asked) => {
      const cut = [...bucketsOf(fine, asked)].some((start) => {
        const from = Math.max(start, asked.start)
        const last = Math.min(bucketEnd(fine, start), asked.end) - 1
        return bucketStart(coarse, from) !== bucketStart(coarse, last)
      })
      assert.equal(nestsOver(fine, coarse, asked), !cut)
    }),
  )
})

test('widths: exact where all buckets have one, else undefined or a usual one', () => {
  assert.equal(fixedMs('PT30M'), 1_800_000)
  assert.deepEqual(
    (['P1W', 'P1M', 'ALL'] as const).map((each) => fixedMs(each)),
    [undefined, undefined, undefined],
  )
  assert.deepEqual([roughMs('P1W'), roughMs('P1M')], [7 * DAY_MS, 30 * DAY_MS])
})

test('granularities are spelled one way', () => {
  assert.ok(GRANULARITIES.every(isGranularity))
  for (const text of ['', 'pt1m', 'PT60M', 'P7D', 'all', 'P1Y']) assert.ok(!isGranularity(text))
})
