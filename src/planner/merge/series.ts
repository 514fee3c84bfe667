import type { ResultPoint, ResultSeries, StateRow } from '../../model/frame.ts'
import { type Group, groupKey } from '../../model/label.ts'
import type { Num } from '../../model/number.ts'
import type { State } from '../../model/state.ts'
import { type BucketShare, shareOf } from './bucket-steps.ts'
import { finish, withRatios } from './finish.ts'
import type { MergeSpec } from './merge.ts'

type SeriesSpec = Pick<MergeSpec, 'measures' | 'ratios' | 'granularity' | 'intervals' | 'stepMs' | 'completeUntilMs'>

/** Merged states ▸ points by group, in no order of groups. A row of which nothing is present makes no point. */
export function finishRows(rows: readonly StateRow[], spec: SeriesSpec): ResultSeries[] {
  const shares = bucketShares(spec)
  const byGroup = new Map<string, { group: Group; points: ResultPoint[] }>()
  for (const row of rows) {
    const point = pointOf(row, spec, shares(row.bucket))
    if (!point) continue
    const key = groupKey(row.group)
    const series = byGroup.get(key)
    if (series) series.points.push(point)
    else byGroup.set(key, { group: row.group, points: [point] })
  }
  for (const series of byGroup.values()) series.points.sort((a, b) => a.timestamp - b.timestamp)
  return [...byGroup.values()]
}

/** Bucket ▸ its share, each looked for once. */
export function bucketShares(spec: SeriesSpec): (bucket: number) => BucketShare {
  const shares = new Map<number, BucketShare>()
  return (bucket) => {
    let share = shares.get(bucket)
    if (!share) {
      share = shareOf(bucket, spec.granularity, spec.intervals, spec.stepMs, spec.completeUntilMs)
      shares.set(bucket, share)
    }
    return share
  }
}

function pointOf({ bucket, states }: StateRow, spec: SeriesSpec, share: BucketShare): ResultPoint | null {
  const values = finishStates(states, spec, share.steps)
  if (values.every((value) => value === null)) return null
  return { timestamp: bucket, values: withRatios(values, spec.ratios), cut: share.cut }
}

/** One value a measure; null where absent. */
export const finishStates = (
  states: readonly (State | null)[],
  { measures }: Pick<MergeSpec, 'measures'>,
  steps: number,
): (Num | null)[] => measures.map((measure, i) => finish(states[i] ?? null, measure, steps))
