import { addInteger, type Num, type Numeric } from '../../model/number.ts'
import type { Part, RejectReason } from './sent.ts'
import {
  type ExponentialPoint,
  given,
  type HistogramPoint,
  type NumberPoint,
  type SummaryPoint,
  signedInteger,
  unsignedInteger,
} from './wire.ts'

/** Parts of a data point, or what is wrong with it. */
export type Taken = { readonly parts: readonly Part[] } | { readonly fault: RejectReason | 'no_value' }

/** Bit of `flags`: the sender says that there is no value. */
const NO_RECORDED_VALUE = 1
const hasNoValue = (point: { readonly flags?: number }): boolean => ((point.flags ?? 0) & NO_RECORDED_VALUE) !== 0

const NO_VALUE = { fault: 'no_value' } as const
const NOT_FINITE = { fault: 'not_finite' } as const
const MALFORMED = { fault: 'histogram_malformed' } as const

export function numberParts(point: NumberPoint, kind: Part['kind'], unit: string): Taken {
  if (hasNoValue(point)) return NO_VALUE
  const integer = given(point, 'asInt')
  if (integer !== undefined) return { parts: [part('', '', kind, signedInteger(integer), 'INT64', unit)] }
  const double = given(point, 'asDouble')
  if (double === undefined) return NO_VALUE
  return Number.isFinite(double) ? { parts: [part('', '', kind, double, 'DOUBLE', unit)] } : NOT_FINITE
}

/**
 * Histogram `h` ▸ `h.count`, `h.sum`, `h.min`, `h.max` and `h.bucket` with `le` counting, as Prometheus does, all
 * observations ≤ le (`+Inf`: all), so that a sum over series or time of one `le` is again such a count.
 */
export function histogramParts(point: HistogramPoint, unit: string, bucketsMax: number): Taken {
  if (hasNoValue(point)) return NO_VALUE
  const counts = point.bucketCounts ?? []
  const bounds = point.explicitBounds ?? []
  const shapeless = counts.length === 0 && bounds.length === 0
  if (!shapeless && counts.length !== bounds.length + 1) return MALFORMED
  if (counts.length > bucketsMax || !bounds.every((bound, i) => Number.isFinite(bound) && !(bound <= bounds[i - 1]!))) {
    return MALFORMED
  }
  const buckets: Part[] = []
  let total: Num = 0
  for (const [i, bound] of bounds.entries()) {
    total = addInteger(total, unsignedInteger(counts[i]))
    buckets.push(bucket(String(bound), total, false))
  }
  return aggregatedParts(point, unit, buckets)
}

/** Bounds of exponential histograms: powers of two from 2^-20 (a millionth) to 2^30. */
const LEAST_EXPONENT = -20
const GREATEST_EXPONENT = 30

/**
 * As histogramParts, on bounds that are the same for all points: the powers of two. They are bounds at every scale
 * (at a negative one every second, fourth, … of them), so no observation is ever put into a wrong bucket, and points
 * of different scales add up. Bounds below the least observation are left out: they would count 0.
 */
export function exponentialParts(point: ExponentialPoint, unit: string, bucketsMax: number): Taken {
  if (hasNoValue(point)) return NO_VALUE
  const scale = point.scale ?? 0
  const positive = point.positive?.bucketCounts ?? []
  const negative = point.negative?.bucketCounts ?? []
  if (positive.length + negative.length > bucketsMax || scale < -10 || scale > 20) return MALFORMED
  const atMost = new Map<number, Num>()
  for (const [i, count] of positive.entries()) {
    const exponent = upperExponent((point.positive?.offset ?? 0) + i, scale)
    atMost.set(exponent, addInteger(atMost.get(exponent) ?? 0, unsignedInteger(count)))
  }
  const notPositive = negative.reduce<Num>(
    (sum, count) => addInteger(sum, unsignedInteger(count)),
    unsignedInteger(point.zeroCount),
  )
  return aggregatedParts(point, unit, powerBuckets(atMost, notPositive))
}

/** Bucket i covers (b^i, b^(i+1)] with b = 2^(2^-scale): the least power of two that bounds it from above. */
const upperExponent = (index: number, scale: number): number =>
  Math.max(LEAST_EXPONENT, scale < 0 ? (index + 1) * 2 ** -scale : Math.floor(index / 2 ** scale) + 1)

function powerBuckets(atMost: ReadonlyMap<number, Num>, notPositive: Num): Part[] {
  const buckets: Part[] = []
  let total = notPositive
  if (total !== 0) buckets.push(bucket('0', total, true))
  for (let exponent = LEAST_EXPONENT; exponent <= GREATEST_EXPONENT; exponent++) {
    total = addInteger(total, atMost.get(exponent) ?? 0)
    if (total !== 0) buckets.push(bucket(String(2 ** exponent), total, true))
  }
  return buckets
}

function aggregatedParts(point: HistogramPoint | ExponentialPoint, unit: string, buckets: readonly Part[]): Taken {
  const [sum, min, max] = [given(point, 'sum'), given(point, 'min'), given(point, 'max')]
  if ([sum, min, max].some((value) => value !== undefined && !Number.isFinite(value))) return NOT_FINITE
  const count = unsignedInteger(point.count)
  const parts = [part('.count', 'count', 'counter', count, 'INT64', '1')]
  if (sum !== undefined) parts.push(part('.sum', 'sum', 'counter', sum, 'DOUBLE', unit))
  if (min !== undefined) parts.push(part('.min', 'min', 'gauge', min, 'DOUBLE', unit))
  if (max !== undefined) parts.push(part('.max', 'max', 'gauge', max, 'DOUBLE', unit))
  return { parts: [...parts, ...buckets, bucket('+Inf', count, false)] }
}

/** Summary `s` ▸ counters `s.count`, `s.sum` and the gauge `s` with its `quantile`. */
export function summaryParts(point: SummaryPoint, unit: string, quantilesMax: number): Taken {
  if (hasNoValue(point)) return NO_VALUE
  const quantiles = point.quantileValues ?? []
  if (quantiles.length > quantilesMax) return MALFORMED
  const sum = point.sum ?? 0
  if (!Number.isFinite(sum)) return NOT_FINITE
  const parts = [
    part('.count', 'count', 'counter', unsignedInteger(point.count), 'INT64', '1'),
    part('.sum', 'sum', 'counter', sum, 'DOUBLE', unit),
  ]
  for (const { quantile = 0, value = 0 } of quantiles) {
    // A summary without observations says NaN: there is nothing to read.
    if (!Number.isFinite(value) || !Number.isFinite(quantile)) continue
    const text = String(quantile)
    parts.push({ ...part('', `q=${text}`, 'gauge', value, 'DOUBLE', unit), extra: ['quantile', text] })
  }
  return { parts }
}

const bucket = (le: string, value: Num, zeroWhenAbsent: boolean): Part => ({
  ...part('.bucket', `le=${le}`, 'counter', value, 'INT64', '1'),
  extra: ['le', le],
  zeroWhenAbsent,
})

const part = (suffix: string, id: string, kind: Part['kind'], value: Num, numeric: Numeric, unit: string): Part => ({
  suffix,
  id,
  kind,
  numeric,
  // -0 and 0 are one number; stores that tell them apart would not agree.
  value: value === 0 ? 0 : value,
  unit,
  extra: null,
  zeroWhenAbsent: false,
})
