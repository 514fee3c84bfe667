import type { ResultPoint, ResultSeries } from '../../model/frame.ts'
import { bucketEnd } from '../../model/granularity.ts'
import type { Answer } from '../contract.ts'

/**
 * Which buckets of an answer are complete: those whose end, or the end of what was asked where that comes first, is
 * not after `completeThrough`.
 */
export function completenessOf({ granularity, intervals, freshness }: Answer): (timestamp: number) => boolean {
  const through = Date.parse(freshness.completeThrough)
  const askedEnd = intervals.at(-1)!.end
  return (timestamp) => Math.min(bucketEnd(granularity, timestamp), askedEnd) <= through
}

/** Whether a reader who has one has the other: same groups, points, values and completeness. */
export function sameAnswer(a: Answer, b: Answer): boolean {
  if (a === b) return true
  if (a.freshness.state !== b.freshness.state) return false
  if (a.frame.groupsTotal !== b.frame.groupsTotal || a.frame.truncated !== b.frame.truncated) return false
  if (!sameTexts(a.frame.labels, b.frame.labels)) return false
  const completeA = completenessOf(a)
  const completeB = completenessOf(b)
  return sameSeries(a.frame.series, b.frame.series, (time) => completeA(time) === completeB(time))
}

type Check = (timestamp: number) => boolean

const sameSeries = (a: readonly ResultSeries[], b: readonly ResultSeries[], asComplete: Check): boolean =>
  a.length === b.length &&
  a.every(({ group, points }, i) => {
    const other = b[i]!
    return sameTexts(group, other.group) && samePoints(points, other.points, asComplete)
  })

const samePoints = (a: readonly ResultPoint[], b: readonly ResultPoint[], asComplete: Check): boolean =>
  a.length === b.length && a.every((point, i) => samePoint(point, b[i]!) && asComplete(point.timestamp))

const samePoint = (a: ResultPoint, b: ResultPoint): boolean =>
  a.timestamp === b.timestamp && a.cut === b.cut && sameValues(a.values, b.values)

const sameValues = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]))

const sameTexts = sameValues
