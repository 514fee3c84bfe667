import type { ResultFrame, ResultPoint, ResultSeries, StateFrame, StateRow } from '../../model/frame.ts'
import type { Granularity } from '../../model/granularity.ts'
import type { Interval } from '../../model/interval.ts'
import { compareGroups, type Group, groupKey } from '../../model/label.ts'
import type { MeasureRef } from '../../model/measure.ts'
import type { Num } from '../../model/number.ts'
import { type BucketShare, shareOf } from './bucket-steps.ts'
import { finish } from './finish.ts'
import { joinStates } from './join.ts'

export interface MergeSpec {
  readonly labels: readonly string[]
  readonly measures: readonly MeasureRef[]
  readonly granularity: Granularity
  /** As asked, sorted and disjoint. */
  readonly intervals: readonly Interval[]
  readonly allStart: number
  readonly stepMs: number
  readonly order: { readonly measure: number; readonly descending: boolean } | null
  /** Groups to keep; null = all. */
  readonly limit: number | null
  /** Steps that start at or after this moment do not count for AVG with `missing: zero`, epoch ms. */
  readonly completeUntilMs: number
}

/** slices ▸ join ▸ finish ▸ order ▸ limit. Nothing is ordered or cut before all slices have met. */
export function mergeFrames(frames: readonly StateFrame[], spec: MergeSpec): ResultFrame {
  const rows = joinStates(frames, spec.measures, spec.labels).rows
  const series = finished(rows, spec).sort(orderOf(spec))
  const kept = spec.limit === null ? series : series.slice(0, spec.limit)
  return { labels: spec.labels, series: kept, groupsTotal: series.length, truncated: kept.length < series.length }
}

function finished(rows: readonly StateRow[], spec: MergeSpec): ResultSeries[] {
  const shares = new Map<number, BucketShare>()
  const byGroup = new Map<string, { group: Group; points: ResultPoint[] }>()
  for (const row of rows) {
    const point = pointOf(row, spec, shareFor(row.bucket, shares, spec))
    if (!point) continue
    const key = groupKey(row.group)
    const series = byGroup.get(key)
    if (series) series.points.push(point)
    else byGroup.set(key, { group: row.group, points: [point] })
  }
  for (const series of byGroup.values()) series.points.sort((a, b) => a.timestamp - b.timestamp)
  return [...byGroup.values()]
}

function shareFor(bucket: number, shares: Map<number, BucketShare>, spec: MergeSpec): BucketShare {
  let share = shares.get(bucket)
  if (!share) {
    share = shareOf(bucket, spec.granularity, spec.intervals, spec.stepMs, spec.completeUntilMs)
    shares.set(bucket, share)
  }
  return share
}

function pointOf(row: StateRow, spec: MergeSpec, share: BucketShare): ResultPoint | null {
  const values = spec.measures.map((measure, i) => finish(row.states[i] ?? null, measure, share.steps))
  if (values.every((value) => value === null)) return null
  return { timestamp: row.bucket, values, cut: share.cut }
}

/** By labels; with `order`, by the value of the only point (granularity ALL), absent last, ties by labels. */
function orderOf(spec: MergeSpec): (a: ResultSeries, b: ResultSeries) => number {
  const { order } = spec
  if (!order) return (a, b) => compareGroups(a.group, b.group)
  const valueIn = (series: ResultSeries): Num | null => series.points[0]?.values[order.measure] ?? null
  return (a, b) => compareValues(valueIn(a), valueIn(b), order.descending) || compareGroups(a.group, b.group)
}

function compareValues(a: Num | null, b: Num | null, descending: boolean): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0)
  if (a === b) return 0
  return a < b === descending ? 1 : -1
}
