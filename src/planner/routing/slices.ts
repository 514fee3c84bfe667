import { type Interval, unionOf } from '../../model/interval.ts'
import type { Allotment, Offered } from './allot.ts'
import type { MissingPiece, RouteSlice } from './route.ts'
import type { Piece } from './rule.ts'

/** One slice for each contender that serves something, with all it serves. */
export function slicesOf({ lot, contenders, grid, chosen }: Allotment): RouteSlice[] {
  const slices: RouteSlice[] = []
  for (const position of new Set(chosen)) {
    if (position < 0) continue
    const offered = contenders[position]!
    const served: Interval[] = []
    let rows = 0
    let asOf = Number.POSITIVE_INFINITY
    for (const [piece, who] of chosen.entries()) {
      if (who !== position) continue
      served.push(grid.pieces[piece]!)
      rows += grid.rows(piece, position)
      asOf = Math.min(asOf, asOfPart(grid.part(piece, position), offered))
    }
    slices.push(sliceOf(offered, lot.measures, { intervals: unionOf(served), rowsEstimated: whole(rows), asOf }))
  }
  return slices
}

const whole = (rows: number): number => Math.ceil(rows - 1e-6)

const sliceOf = (
  { candidate, judged }: Offered,
  measures: readonly number[],
  rest: Pick<RouteSlice, 'intervals' | 'rowsEstimated' | 'asOf'>,
): RouteSlice => ({
  source: candidate.source,
  rollup: candidate.rollup?.version ?? null,
  measures,
  ...judged.residual,
  ...rest,
})

/** Settled windows show whatever the table has applied since; open and dirty ones only what they were read from. */
function asOfPart({ run }: Piece, { candidate, offer }: Offered): number {
  return candidate.rollup && run && !run.settled ? Math.min(run.through, offer.coverage.asOf) : offer.coverage.asOf
}

/** Lots that chose the same rollup version or raw for the same time are read in one scan. */
export function joinSlices(slices: readonly RouteSlice[]): readonly RouteSlice[] {
  if (slices.length < 2) return slices
  const joined: RouteSlice[] = []
  for (const slice of slices) {
    const same = joined.findIndex((each) => isSameRead(each, slice))
    if (same < 0) joined.push(slice)
    else joined[same] = together(joined[same]!, slice)
  }
  return joined.sort((a, b) => a.intervals[0]!.start - b.intervals[0]!.start)
}

const isSameRead = (a: RouteSlice, b: RouteSlice): boolean =>
  a.source === b.source &&
  a.rollup === b.rollup &&
  a.intervals.length === b.intervals.length &&
  a.intervals.every(({ start, end }, i) => start === b.intervals[i]!.start && end === b.intervals[i]!.end)

/** A rollup's rows hold all its measures; raw has rows for each metric. */
function together(a: RouteSlice, b: RouteSlice): RouteSlice {
  const rowsEstimated = a.rollup ? Math.max(a.rowsEstimated, b.rowsEstimated) : a.rowsEstimated + b.rowsEstimated
  const measures = [...a.measures, ...b.measures].sort((x, y) => x - y)
  return { ...a, measures, rowsEstimated, asOf: Math.min(a.asOf, b.asOf) }
}

export function missingOf({ lot, grid, chosen }: Allotment): MissingPiece[] {
  const missing = unionOf(grid.pieces.filter((_, i) => chosen[i] === -1))
  return missing.map((interval) => ({ interval, measures: lot.measures }))
}

export const staleOf = ({ grid, chosen }: Allotment): Interval[] =>
  grid.pieces.filter((_, i) => chosen[i]! >= 0 && grid.part(i, chosen[i]!).stale)
