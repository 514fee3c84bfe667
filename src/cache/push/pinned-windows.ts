import { LanewayError } from '../../model/errors.ts'
import { formatInterval, type Interval } from '../../model/interval.ts'
import { isSettled } from './coverage-runs.ts'
import type { LiveWindow } from './live-window.ts'
import type { RollupTable } from './rollup-table.ts'

/** The covered windows of some intervals as they were at one moment. */
export interface PinnedWindows {
  readonly windows: readonly { readonly bucket: number; readonly live: LiveWindow }[]
  /** Least over the windows; 0 when there are none, because nothing was read that could promise more. */
  readonly raw: number
  /** Least over the windows: `nowMs` for settled ones, `through` for others. */
  readonly asOf: number
}

/** Every interval must be whole windows that are all covered. Throws EDGE_UNAVAILABLE. */
export function pinWindows(table: RollupTable, intervals: readonly Interval[], nowMs: number): PinnedWindows {
  const windows: { bucket: number; live: LiveWindow }[] = []
  let raw = Number.POSITIVE_INFINITY
  let asOf = nowMs
  for (const interval of intervals) {
    let expected = interval.start
    for (let i = table.ring.indexFrom(expected); expected < interval.end; i++) {
      const entry = table.ring.entries[i]
      if (entry?.bucket !== expected || !entry.live || entry.bucketEnd > interval.end) {
        throw unavailable(table.rollup.id, interval)
      }
      windows.push({ bucket: entry.bucket, live: entry.live })
      raw = Math.min(raw, entry.live.raw)
      if (!isSettled(entry, table.rollup.latenessMs)) asOf = Math.min(asOf, entry.live.through)
      expected = entry.bucketEnd
    }
  }
  return { windows, raw: windows.length === 0 ? 0 : raw, asOf }
}

export const unavailable = (what: string, interval: Interval | undefined): LanewayError =>
  new LanewayError('EDGE_UNAVAILABLE', {
    detail: `push does not cover ${what}${interval ? ` over ${formatInterval(interval)}` : ''} any more`,
  })
