import { bucketEnd, type Granularity } from '../../model/granularity.ts'
import { type Interval, intersect, lengthMs } from '../../model/interval.ts'

/** What the asked intervals leave of a bucket. */
export interface BucketShare {
  /** Base steps asked for and not after `untilMs`: the divisor of AVG with `missing: zero`. */
  readonly steps: number
  /** Some of the bucket lies outside the asked intervals. ALL is never cut: it is what was asked. */
  readonly cut: boolean
}

/** `[--asked--]` over `|bucket|bucket|` ▸ how much of each bucket counts. Intervals must be sorted and disjoint. */
export function shareOf(
  bucket: number,
  granularity: Granularity,
  intervals: readonly Interval[],
  stepMs: number,
  untilMs: number,
): BucketShare {
  const whole: Interval =
    granularity === 'ALL'
      ? { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }
      : { start: bucket, end: bucketEnd(granularity, bucket) }
  let askedMs = 0
  let countedMs = 0
  for (const interval of intervals) {
    const asked = intersect(interval, whole)
    askedMs += lengthMs(asked)
    countedMs += lengthMs({ start: asked.start, end: Math.min(asked.end, untilMs) })
  }
  return { steps: Math.ceil(countedMs / stepMs), cut: granularity !== 'ALL' && askedMs < lengthMs(whole) }
}
