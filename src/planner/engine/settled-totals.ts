import { type MeasureRef, numericOfX } from '../../model/measure.ts'
import { add } from '../../model/number.ts'
import { alongside, type Column, ColumnBuilder, columnBytes, valueAt } from './settled-column.ts'

/** Totals of one metric's series after some bucket. Never changes. */
export interface Totals {
  readonly column: Column
  /** By position: start of the first bucket that was added, epoch ms. */
  readonly created: Float64Array
  /** By position: start of the last bucket that had the series. */
  readonly seen: Float64Array
}

export const NO_TOTALS: Totals = {
  column: { groups: [], values: new Float64Array(), big: new Map() },
  created: new Float64Array(),
  seen: new Float64Array(),
}

export const totalsBytes = ({ column }: Totals): number => columnBytes(column) + column.groups.length * 16

/**
 * Totals and the increases of one more bucket. A series that is new begins at nothing; one without points keeps its
 * total for `idleMsMax`, then it is forgotten, and begins anew should it come back.
 */
export function withBucket(
  before: Totals,
  { bucket, column }: { readonly bucket: number; readonly column: Column },
  { measure, idleMsMax }: { readonly measure: MeasureRef; readonly idleMsMax: number },
): Totals {
  const builder = new ColumnBuilder()
  const created: number[] = []
  const seen: number[] = []
  for (const { group, places } of alongside([before.column, column])) {
    const [had, has] = places as [number, number]
    const seenAt = Math.max(had < 0 ? bucket : before.seen[had]!, has < 0 ? Number.NEGATIVE_INFINITY : bucket)
    if (seenAt < bucket - idleMsMax) continue
    const increase = has < 0 ? 0 : valueAt(column, has)
    builder.push(group, had < 0 ? increase : add(numericOfX(measure), valueAt(before.column, had), increase))
    created.push(had < 0 ? bucket : before.created[had]!)
    seen.push(seenAt)
  }
  return { column: builder.finish(), created: Float64Array.from(created), seen: Float64Array.from(seen) }
}
