import type { CoverageRun } from '../../model/coverage.ts'
import { isDirty, type WindowEntry } from './window-ring.ts'

/** Read after the watermark had passed its bucket, and nothing late is known since. */
export const isSettled = (entry: WindowEntry, latenessMs: number): boolean =>
  entry.live !== null && entry.live.through >= entry.bucketEnd + latenessMs && !isDirty(entry)

/**
 * Covered windows, ascending ▸ runs of windows that are alike. Settled ones share the least `through`; of open and
 * dirty ones only those with the same `through` are joined, because it is what they are complete to.
 */
export function coverageRuns(entries: readonly WindowEntry[], latenessMs: number): CoverageRun[] {
  const runs: CoverageRun[] = []
  for (const entry of entries) {
    const run = runOf(entry, latenessMs)
    if (!run) continue
    const last = runs.at(-1)
    if (last && canJoin(last, run)) runs[runs.length - 1] = joined(last, run)
    else runs.push(run)
  }
  return runs
}

function runOf(entry: WindowEntry, latenessMs: number): CoverageRun | null {
  const { live } = entry
  if (!live) return null
  return {
    interval: { start: entry.bucket, end: entry.bucketEnd },
    settled: isSettled(entry, latenessMs),
    dirty: isDirty(entry),
    raw: live.raw,
    through: live.through,
    rows: live.ids.length,
  }
}

const canJoin = (a: CoverageRun, b: CoverageRun): boolean =>
  a.interval.end === b.interval.start &&
  a.settled === b.settled &&
  a.dirty === b.dirty &&
  a.raw === b.raw &&
  (a.settled || a.through === b.through)

const joined = (a: CoverageRun, b: CoverageRun): CoverageRun => ({
  ...a,
  interval: { start: a.interval.start, end: b.interval.end },
  through: Math.min(a.through, b.through),
  rows: a.rows + b.rows,
})
