import type { Coverage, CoverageRun } from '../../model/coverage.ts'
import { bucketStart } from '../../model/granularity.ts'
import type { Interval } from '../../model/interval.ts'
import type { Candidate } from './candidate.ts'
import { type Narrowed, NONE, type Objection, type Piece } from './rule.ts'

/**
 * Lays coverage over time. Every piece of the result lies in one run, or in none:
 *   asked  [------------------]      runs  ..[settled][dirty]......
 *   after  [settled][dirty][–]       where nothing is covered, run is null
 * An open run is cut where its windows begin to end after what it was read from.
 */
export function layCoverage(candidate: Candidate, intervals: readonly Interval[], { runs }: Coverage): Piece[] {
  const pieces: Piece[] = []
  for (const interval of intervals) {
    let from = interval.start
    for (let i = firstRunAfter(runs, from); i < runs.length && runs[i]!.interval.start < interval.end; i++) {
      const run = runs[i]!
      if (run.interval.start > from) pieces.push({ start: from, end: run.interval.start, run: null, stale: false })
      const start = Math.max(from, run.interval.start)
      from = Math.min(interval.end, run.interval.end)
      pushRun(pieces, candidate, { start, end: from }, run)
    }
    if (from < interval.end) pieces.push({ start: from, end: interval.end, run: null, stale: false })
  }
  return pieces
}

function firstRunAfter(runs: readonly CoverageRun[], moment: number): number {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (runs[middle]!.interval.end <= moment) low = middle + 1
    else high = middle
  }
  return low
}

function pushRun(into: Piece[], { rollup }: Candidate, { start, end }: Interval, run: CoverageRun): void {
  const cut = rollup && !run.settled ? bucketStart(rollup.version.grain, run.through) : end
  const middle = Math.min(end, Math.max(start, cut))
  if (start < middle) into.push({ start, end: middle, run, stale: false })
  if (middle < end) into.push({ start: middle, end, run, stale: false })
}

export type Look = (piece: Piece) => 'keep' | 'stale' | Objection

/** Keeps a piece, keeps it flagged as stale, or takes it away with a reason; of each code the first is reported. */
export function sift(pieces: readonly Piece[], look: Look): Narrowed<Piece> {
  const first = pieces.findIndex((piece) => look(piece) !== 'keep')
  return first < 0 ? { kept: pieces, objections: NONE } : siftFrom(first, pieces, look)
}

function siftFrom(start: number, pieces: readonly Piece[], look: Look): Narrowed<Piece> {
  const kept = pieces.slice(0, start)
  const first = new Map<string, { objection: Objection; more: number }>()
  for (const piece of pieces.slice(start)) {
    const seen = look(piece)
    if (seen === 'keep') kept.push(piece)
    else if (seen === 'stale') kept.push({ ...piece, stale: true })
    else {
      const have = first.get(seen.code)
      if (have) have.more++
      else first.set(seen.code, { objection: seen, more: 0 })
    }
  }
  return { kept, objections: [...first.values()].map(counted) }
}

const counted = ({ objection, more }: { objection: Objection; more: number }): Objection =>
  more === 0 ? objection : { ...objection, detail: () => `${objection.detail()}, and in ${more} more pieces` }

/**
 * Rows a run has between two moments, were they spread evenly. They lie before `asOf`: a run that ends later (the
 * open tail of raw never ends) is not yet full.
 */
export function rowsBetween(run: CoverageRun, start: number, end: number, asOf: number): number {
  const { interval, rows } = run
  const full = Math.min(interval.end, Math.max(asOf, interval.start + 1))
  const share = (Math.min(end, full) - Math.max(start, interval.start)) / (full - interval.start)
  return rows * Math.min(1, Math.max(0, share))
}
