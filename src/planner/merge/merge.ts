import type { Fill, Ratio } from '../../model/answer-value.ts'
import type { ResultFrame, ResultPoint, ResultSeries, StateFrame } from '../../model/frame.ts'
import type { Granularity } from '../../model/granularity.ts'
import type { Interval } from '../../model/interval.ts'
import type { MeasureRef } from '../../model/measure.ts'
import { truthOf, type ValueCondition } from '../../model/value-condition.ts'
import { fillSeries } from './fill.ts'
import { joinStates } from './join.ts'
import { orderOf } from './order.ts'
import { finishRows } from './series.ts'

export interface MergeSpec {
  readonly labels: readonly string[]
  readonly measures: readonly MeasureRef[]
  readonly ratios: readonly Ratio[]
  readonly granularity: Granularity
  /** As asked, sorted and disjoint. */
  readonly intervals: readonly Interval[]
  readonly allStart: number
  readonly stepMs: number
  /** Points to keep; null = all. */
  readonly having: ValueCondition | null
  /** By the value at this position of a point (measures, then ratios), over all intervals; null = by labels. */
  readonly order: { readonly value: number; readonly descending: boolean } | null
  /** Groups to keep; null = all. */
  readonly limit: number | null
  readonly fill: Fill
  /** Values that filling may make the answer hold; null = any number. */
  readonly valuesMax: number | null
  /** Steps that start at or after this moment are unknown: AVG with `missing: zero` and `fill` pass over them. Epoch ms. */
  readonly completeUntilMs: number
}

/**
 * slices ▸ join ▸ finish ▸ having ▸ order ▸ limit ▸ fill. Nothing is judged, ordered or cut before all slices have met.
 * Error: QUERY_TOO_EXPENSIVE when filling would make it too long.
 */
export function mergeFrames(frames: readonly StateFrame[], spec: MergeSpec): ResultFrame {
  const rows = joinStates(frames, spec.measures, spec.labels).rows
  const series = passing(finishRows(rows, spec), spec.having).sort(orderOf(rows, spec))
  const kept = spec.limit === null ? series : series.slice(0, spec.limit)
  return {
    labels: spec.labels,
    series: spec.fill === 'none' ? kept : fillSeries(kept, spec),
    groupsTotal: series.length,
    truncated: kept.length < series.length,
  }
}

/** As HAVING of SQL that groups by bucket too: points that do not pass go, and groups without any point. */
function passing(series: readonly ResultSeries[], having: ValueCondition | null): ResultSeries[] {
  if (!having) return [...series]
  return series.flatMap(({ group, points }) => {
    const kept = points.filter(({ values }) => truthOf(having, values) === true)
    if (kept.length === 0) return []
    if (kept.length === points.length) return [{ group, points }]
    const taken = new Set(points.map(timestampOf)).difference(new Set(kept.map(timestampOf)))
    return [{ group, points: kept, taken }]
  })
}

const timestampOf = ({ timestamp }: ResultPoint): number => timestamp
