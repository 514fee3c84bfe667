import type { ResultFrame, ResultSeries } from '../../model/frame.ts'

/** Rough heap bytes: of a series with its arrays, of a point with its array, of a value, of a label value. */
const SERIES_BYTES = 160
const POINT_BYTES = 96
const VALUE_BYTES = 16
const TEXT_BYTES = 32

/** About how much memory an answer holds; never 0. */
export const frameBytes = ({ series }: ResultFrame): number =>
  series.reduce((sum, each) => sum + seriesBytes(each), SERIES_BYTES)

function seriesBytes({ group, points, taken }: ResultSeries): number {
  const texts = group.reduce((sum, value) => sum + TEXT_BYTES + 2 * (value?.length ?? 0), 0)
  const values = points[0]?.values.length ?? 0
  return SERIES_BYTES + texts + (taken?.size ?? 0) * VALUE_BYTES + points.length * (POINT_BYTES + values * VALUE_BYTES)
}
