import { bucketStart } from '../../model/granularity.ts'
import { formatTime } from '../../model/interval.ts'
import type { SourceId } from '../../ports/source.ts'
import type { FreshnessReport } from '../contract.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { Ran } from './run-question.ts'

/**
 * The least asOf of all slices: everything that had arrived by then is in the answer. Never later than the request's
 * own `now`, so that the same question asked at the same `now` says the same.
 */
export const asOfOf = ({ now }: LogicalQuery, { runs }: Ran): number =>
  Math.min(now, ...runs.map(({ frame }) => frame.asOf))

/**
 * How far an answer can be trusted (docs/semantics.md, "Freshness"):
 *
 *     asked            |-----------------------------|
 *     asOf                                     ^
 *     watermark                          ^            everything before was settled, or raw had it in time
 *     served dirty            [--]
 *     completeThrough         ^                       start of the bucket that lacks late data
 */
export function freshnessOf(question: LogicalQuery, ran: Ran, preference: readonly SourceId[]): FreshnessReport {
  const asOf = asOfOf(question, ran)
  const completeThrough = Math.min(asOf - question.latenessMs, staleFrom(question, ran))
  const used = new Set(ran.runs.map(({ slice }) => slice.source))
  return {
    completeThrough: formatTime(completeThrough),
    asOf: formatTime(asOf),
    state: stateOf(question, ran, completeThrough),
    sources: preference.filter((source) => used.has(source)),
  }
}

function staleFrom({ granularity, allStart }: LogicalQuery, { route }: Ran): number {
  const first = Math.min(...route.stale.map(({ start }) => start))
  return first === Number.POSITIVE_INFINITY ? first : bucketStart(granularity, first, allStart)
}

function stateOf({ intervals }: LogicalQuery, { route }: Ran, completeThrough: number): FreshnessReport['state'] {
  if (route.stale.length > 0) return 'stale'
  return intervals.at(-1)!.end <= completeThrough ? 'complete' : 'provisional'
}

/**
 * Steps that start at or after this moment are unknown to whoever served them; AVG with `missing: zero` does not
 * divide by them. Not the answer's asOf: a finished window holds all its steps, however long ago it was read.
 */
export function countedUntil({ now }: LogicalQuery, { runs, sights }: Ran): number {
  const rawAsOf = runs
    .filter(({ slice }) => !slice.rollup)
    .map(({ slice, frame }) => {
      const asOf = Math.min(now, frame.asOf)
      return slice.intervals.at(-1)!.end <= asOf ? Number.POSITIVE_INFINITY : asOf
    })
  return Math.min(...sights.map(({ unfinishedFromMs }) => unfinishedFromMs), ...rawAsOf)
}
