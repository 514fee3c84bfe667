import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { exponentialParts, summaryParts, type Taken } from '../../../src/ingest/otlp/parts.ts'
import type { Part } from '../../../src/ingest/otlp/sent.ts'
import type { Long64 } from '../../../src/ingest/otlp/wire.ts'
import { MINUTE, NOON, openWorld } from './intake-world.ts'
import { request } from './requests.ts'

const long = (value: number): Long64 => ({ high: 0, low: value })
const partsOf = (taken: Taken): readonly Part[] => ('parts' in taken ? taken.parts : assert.fail(taken.fault))
const buckets = (taken: Taken): Record<string, unknown> =>
  Object.fromEntries(
    partsOf(taken).flatMap(({ suffix, extra, value }) => (suffix === '.bucket' ? [[extra![1], value]] : [])),
  )

/** Bucket of one observation at a scale, by the definition: base^i < value ≤ base^(i+1). */
const indexOf = (value: number, scale: number): number => Math.ceil(Math.log2(value) * 2 ** scale) - 1

test('an exponential histogram counts observations up to powers of two, whatever its scale', () => {
  const values = [0.26, 0.5, 0.51, 3, 3.9, 4.1, 1000]
  for (const scale of [-1, 0, 1, 3, 7]) {
    const indexes = values.map((value) => indexOf(value, scale))
    const offset = Math.min(...indexes)
    const counts = Array.from(
      { length: Math.max(...indexes) - offset + 1 },
      (_, i) => indexes.filter((index) => index === i + offset).length,
    )
    const point = { count: long(values.length), scale, positive: { offset, bucketCounts: counts.map(long) } }
    const atMost = buckets(exponentialParts(point, 's', 2_000))
    const bound = (le: number) => (scale === -1 ? 4 ** Math.ceil(Math.log2(le) / 2) : le)
    for (const le of [0.5, 1, 4, 8, 1024]) {
      if (bound(le) === le)
        assert.equal(atMost[String(le)], values.filter((value) => value <= le).length, `${scale} ${le}`)
    }
    assert.equal(atMost['+Inf'], values.length)
  }
})

test('buckets of an exponential histogram never fall from bound to bound, and the last is the count', () => {
  const counts = fc.array(fc.nat(5), { maxLength: 40 })
  fc.assert(
    fc.property(
      counts,
      counts,
      fc.nat(5),
      fc.integer({ min: -10, max: 20 }),
      fc.integer({ min: -2_000, max: 2_000 }),
      (up, down, zeros, scale, offset) => {
        const count = [...up, ...down, zeros].reduce((a, b) => a + b, 0)
        const point = {
          count: long(count),
          zeroCount: long(zeros),
          scale,
          positive: { offset, bucketCounts: up.map(long) },
          negative: { offset, bucketCounts: down.map(long) },
        }
        const values = partsOf(exponentialParts(point, 's', 2_000))
          .filter(({ suffix }) => suffix === '.bucket')
          .map(({ value }) => Number(value))
        assert.deepEqual(
          values,
          values.toSorted((a, b) => a - b),
        )
        assert.equal(values.at(-1), count)
      },
    ),
  )
})

test('zero and negative observations are at most 0', () => {
  const point = {
    count: long(6),
    zeroCount: long(1),
    negative: { offset: 0, bucketCounts: [long(2)] },
    positive: { offset: 0, bucketCounts: [long(3)] },
  }
  const atMost = buckets(exponentialParts(point, 's', 100))
  assert.deepEqual([atMost['0'], atMost['1'], atMost['2'], atMost['+Inf']], [3, 3, 6, 6])
})

test('a cumulative exponential histogram counts a bound that it did not need before from 0', async () => {
  const world = await openWorld()
  const send = (minute: number, offset: number, counts: number[]) => {
    const count = String(counts.reduce((a, b) => a + b, 0))
    const ns = (ms: number) => String(BigInt(ms) * 1_000_000n)
    const point = {
      startTimeUnixNano: ns(NOON),
      timeUnixNano: ns(NOON + minute * MINUTE),
      count,
      scale: 0,
      positive: { offset, bucketCounts: counts.map(String) },
    }
    return world.send(
      request({}, { name: 'h', exponentialHistogram: { aggregationTemporality: 2, dataPoints: [point] } }),
      NOON + minute * MINUTE,
    )
  }
  await send(1, 3, [5])
  await send(2, 1, [2, 0, 6])
  const le = (bound: string) =>
    world.writer
      .of('h.bucket')
      .filter(({ labels }) => labels['metric.le'] === bound)
      .map(({ value }) => value)
  assert.deepEqual([le('4'), le('8'), le('16'), le('+Inf')], [[2], [2], [5, 3], [5, 3]])
})

test('a summary becomes counters of count and sum and a gauge by quantile, without the empty ones', () => {
  const quantileValues = [{ quantile: 0.5, value: 2 }, { quantile: 0.99, value: Number.NaN }, {}]
  const parts = partsOf(summaryParts({ count: long(3), sum: 6.5, quantileValues }, 's', 10))
  assert.deepEqual(
    parts.map(({ suffix, kind, value, extra, unit }) => [suffix, kind, value, extra, unit]),
    [
      ['.count', 'counter', 3, null, '1'],
      ['.sum', 'counter', 6.5, null, 's'],
      ['', 'gauge', 2, ['quantile', '0.5'], 's'],
      ['', 'gauge', 0, ['quantile', '0'], 's'],
    ],
  )
})

test('more buckets or quantiles than the limit are malformed', () => {
  const bucketCounts = [long(1), long(1), long(1)]
  assert.deepEqual(exponentialParts({ positive: { bucketCounts } }, '', 2), { fault: 'histogram_malformed' })
  assert.deepEqual(summaryParts({ quantileValues: [{}, {}, {}] }, '', 2), { fault: 'histogram_malformed' })
})
