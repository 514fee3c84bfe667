import type { Fill } from '../../model/answer-value.ts'
import { LanewayError } from '../../model/errors.ts'
import type { ResultPoint, ResultSeries } from '../../model/frame.ts'
import { bucketsOf, type Granularity } from '../../model/granularity.ts'
import type { Interval } from '../../model/interval.ts'
import type { Num } from '../../model/number.ts'
import { withRatios } from './finish.ts'
import type { MergeSpec } from './merge.ts'
import { bucketShares } from './series.ts'

/**
 * A point for every bucket of the asked intervals in every group, and in every point a value for every measure:
 *
 *     12:00 · 12:01 7 · 12:02 · (now)  12:03     null: · 7 · ·    zero: 0 7 0 ·    previous: · 7 7 ·
 *
 * What begins at or after `completeUntilMs` is not known yet, and what `having` took away was not missing: both are null
 * whatever `fill` says. Ratios are always those of the values beside them. Error: QUERY_TOO_EXPENSIVE, before anything is
 * filled.
 */
export function fillSeries(series: readonly ResultSeries[], spec: MergeSpec): ResultSeries[] {
  const buckets = bucketsAsked(spec.granularity, spec.intervals, spec.allStart)
  refuseMany(series.length * buckets.length * (spec.measures.length + spec.ratios.length), spec)
  const shares = bucketShares(spec)
  return series.map(({ group, points, taken }) => {
    const at = new Map(points.map((point) => [point.timestamp, point]))
    const before: (Num | null)[] = spec.measures.map(() => null)
    const filled = buckets.map((bucket): ResultPoint => {
      const point = at.get(bucket)
      const isMissing = bucket < spec.completeUntilMs && !taken?.has(bucket)
      const values = filledValues(point, before, isMissing ? spec.fill : 'null')
      return { timestamp: bucket, values: withRatios(values, spec.ratios), cut: shares(bucket).cut }
    })
    return { group, points: filled }
  })
}

/** `before` holds the last values present, and is kept up to date. */
function filledValues(point: ResultPoint | undefined, before: (Num | null)[], fill: Fill): (Num | null)[] {
  return before.map((previous, i) => {
    const value = point?.values[i] ?? null
    if (value !== null) before[i] = value
    if (value !== null || fill === 'null') return value
    return fill === 'zero' ? 0 : previous
  })
}

/** Every bucket that the intervals touch, once, ascending. */
function bucketsAsked(granularity: Granularity, intervals: readonly Interval[], allStart: number): number[] {
  if (granularity === 'ALL') return [allStart]
  return [...new Set(intervals.flatMap((interval) => [...bucketsOf(granularity, interval)]))]
}

function refuseMany(values: number, { valuesMax }: MergeSpec): void {
  if (valuesMax === null || values <= valuesMax) return
  throw new LanewayError('QUERY_TOO_EXPENSIVE', {
    detail: `filled, the answer has ${values} values; an answer may hold ${valuesMax}`,
    hint: 'Ask without fill, with a smaller limit, for less time, or with a coarser granularity.',
    pointer: '/fill',
    limit: valuesMax,
    actual: values,
    configKey: 'query.valuesMax',
  })
}
