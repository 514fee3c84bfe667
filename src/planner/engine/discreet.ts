import type { ResultFrame } from '../../model/frame.ts'
import { totalMs } from '../../model/interval.ts'
import { isConstrained } from '../../model/scope.ts'
import type { CandidateReport, LaneName, PlanReport } from '../contract.ts'
import type { LogicalQuery } from '../logical/question.ts'

/**
 * What a caller whose scope is constrained may know about how the answer came about. Sources, windows and prices
 * belong to the whole dataset; whatever counts rows there, or rises when others write, would tell how much others
 * have (docs/security.md, "What an answer does not tell").
 */
export const isDiscreet = ({ scope }: LogicalQuery): boolean => isConstrained(scope)

/** Keeps which source and rollup serves which time, and why others do not; leaves out every number of rows and raw versions. */
export function discreetPlan({ catalogVersion: _, slices, candidates, ...plan }: PlanReport): PlanReport {
  return {
    ...plan,
    slices: slices.map(({ rowsEstimated: _estimated, rowsRead: _read, ms: _ms, ...slice }) => ({
      ...slice,
      raw: null,
    })),
    candidates: typeof candidates === 'number' ? candidates : candidates.map(withoutFigures),
    hint: null,
  }
}

const withoutFigures = ({ reasons, ...candidate }: CandidateReport): CandidateReport => ({
  ...candidate,
  reasons: reasons.map((reason) =>
    reason.code === 'COST' ? { ...reason, detail: 'something cheaper serves wherever it could' } : reason,
  ),
})

/**
 * The price that is told and charged: estimated rows, or, for a constrained caller, what can be known without looking
 * at data of others: measures × base steps asked, or the values answered when those are more.
 */
export function costTold(question: LogicalQuery, estimatedRows: number, { series }: ResultFrame): number {
  const { measures, intervals, stepMs } = question
  if (!isDiscreet(question)) return estimatedRows
  const values = series.reduce((sum, { points }) => sum + points.length, 0) * measures.length
  return Math.max(values, (totalMs(intervals) / stepMs) * measures.length)
}

/** Null where it would tell whether the dataset is large. */
export const laneTold = (question: LogicalQuery, lane: LaneName): LaneName | null =>
  isDiscreet(question) ? null : lane
