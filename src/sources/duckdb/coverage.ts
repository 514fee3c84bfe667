import type { Coverage, CoverageRun } from '../../model/coverage.ts'
import { RAW_NEWEST } from '../../model/coverage.ts'
import type { DatasetDefinition } from '../../model/definition.ts'
import { HOUR_MS } from '../../model/granularity.ts'
import { floorTo, type Interval, intersect, isEmpty, lengthMs } from '../../model/interval.ts'

/** Last moment of the calendar: raw answers about the future too, that there is nothing. */
export const END_OF_TIME_MS = 8.64e15

/** Steps from here on are kept: raw retention, and what is left of the hour (or longer step) in which it ends. */
export const retentionEdge = ({ retentionRawMs, stepMs }: DatasetDefinition, nowMs: number): number =>
  floorTo(nowMs - retentionRawMs, Math.max(HOUR_MS, stepMs))

export interface RawExtent {
  readonly startMs: number
  /** asOf less lateness, on a step: before it everything counts as settled. */
  readonly settledMs: number
  readonly asOfMs: number
  /** Hour ▸ points, ascending. */
  readonly pointsByHour: ReadonlyMap<number, number>
}

/** `[edge · settled · watermark · open · end of time)`, cut at hours wherever the number of points changes. */
export function rawCoverage({ startMs, settledMs, asOfMs, pointsByHour }: RawExtent): Coverage {
  const watermark = Math.max(startMs, settledMs)
  const runs: CoverageRun[] = []
  const add = (part: Interval, rows: number) => {
    for (const [settled, side] of [
      [true, { start: startMs, end: watermark }],
      [false, { start: watermark, end: END_OF_TIME_MS }],
    ] as const) {
      const interval = intersect(part, side)
      if (isEmpty(interval)) continue
      const share = rows * shareBefore(interval, part, asOfMs)
      runs.push({ interval, settled, dirty: false, raw: RAW_NEWEST, through: asOfMs, rows: Math.ceil(share) })
    }
  }
  let from = startMs
  for (const [hour, rows] of pointsByHour) {
    if (hour + HOUR_MS <= startMs) continue
    add({ start: from, end: Math.max(from, hour) }, 0)
    add({ start: Math.max(from, hour), end: hour + HOUR_MS }, rows)
    from = hour + HOUR_MS
  }
  add({ start: from, end: END_OF_TIME_MS }, 0)
  return { runs, asOf: asOfMs }
}

/** How much of an hour's points lies in a part of it; the current hour has them before asOf. */
function shareBefore(part: Interval, whole: Interval, asOfMs: number): number {
  const past = { start: whole.start, end: Math.min(whole.end, asOfMs) }
  if (isEmpty(past)) return lengthMs(part) / lengthMs(whole)
  return lengthMs(intersect(part, past)) / lengthMs(past)
}
