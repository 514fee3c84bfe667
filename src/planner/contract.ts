import type { ResultFrame, StateFrame } from '../model/frame.ts'
import type { Granularity } from '../model/granularity.ts'
import type { Interval } from '../model/interval.ts'
import type { MeasureRef } from '../model/measure.ts'
import type { Scope } from '../model/scope.ts'
import type { SourceId } from '../ports/source.ts'
import type { SettledExit } from './engine/settled-contract.ts'
import type { QueryRequest, StatesRequest } from './logical/question.ts'
import type { ReadingExits } from './reading-contract.ts'
import type { CandidateReport } from './routing/reasons.ts'

export type { CandidateReport, RejectCode, RejectReason } from './routing/reasons.ts'

export type LaneName = 'control' | 'hot' | 'slow' | 'rollup' | 'background'

/** How one request is asked. */
export interface AskOptions {
  /** What the caller may see; nothing else is counted, named or answered. */
  readonly scope: Scope
  readonly signal: AbortSignal
  /** Epoch ms; never later than the lane's own deadline. */
  readonly deadlineMs?: number
  /** Pins the lane (workers: rollup); otherwise decided by price. */
  readonly lane?: LaneName
  /** Fixed `now` for tests and paging, epoch ms. */
  readonly now?: number
}

export interface SliceReport {
  readonly interval: string
  readonly source: SourceId
  readonly rollup: string | null
  readonly defHash: string | null
  readonly grain: Granularity
  /** `SUM:<metric>` of each measure it was read for. */
  readonly measures: readonly string[]
  /** Raw version read; null before it ran, and for a constrained scope. */
  readonly raw: number | null
  readonly asOf: string | null
  /** Absent where it would tell about data of others (constrained scope). */
  readonly rowsEstimated?: number
  /** Only in `full`. */
  readonly rowsRead?: number
  readonly ms?: number
}

export interface PlanReport {
  /** Absent for a constrained scope: it rises when others register metrics. */
  readonly catalogVersion?: number
  readonly exact: boolean
  readonly asOf: string | null
  readonly slices: readonly SliceReport[]
  /** `summary`: how many were considered; `full` and `plan`: each with all its reasons. */
  readonly candidates: number | readonly CandidateReport[]
  readonly missing: readonly string[]
  readonly stale: readonly string[]
  /** The smallest catalog change that would have made it cheap; null when there is none. */
  readonly hint: string | null
}

export interface FreshnessReport {
  /** Every bucket before this moment is complete (ISO time). */
  readonly completeThrough: string
  readonly asOf: string
  readonly state: 'complete' | 'provisional' | 'stale'
  readonly sources: readonly SourceId[]
}

export interface Answer {
  readonly frame: ResultFrame
  readonly measures: readonly MeasureRef[]
  readonly granularity: Granularity
  readonly intervals: readonly Interval[]
  readonly freshness: FreshnessReport
  readonly plan: PlanReport
  /** Null for a constrained scope. */
  readonly lane: LaneName | null
  /** The price: estimated rows; for a constrained scope only what its own question and answer say. */
  readonly cost: number
  /** Milliseconds by stage: plan, queue, upstream, merge. */
  readonly timings: Readonly<Record<'plan' | 'queue' | 'upstream' | 'merge', number>>
}

/** States for a worker: complete over the whole interval, or the call fails. */
export interface StatesAnswer {
  readonly frame: StateFrame
  readonly plan: PlanReport
}

export type ExplainLevel = 'summary' | 'full' | 'plan'

/**
 * The hallway. `answer` runs a question; `explain` with `plan` does not run it. Errors are LanewayErrors of the
 * catalogue; the signal's abort rejects with CLIENT_CLOSED.
 */
export interface Engine extends SettledExit, ReadingExits {
  answer(question: QueryRequest, level: ExplainLevel, options: AskOptions): Promise<Answer>
  explain(question: QueryRequest, options: AskOptions): Promise<PlanReport>
  states(question: StatesRequest, options: AskOptions): Promise<StatesAnswer>
}
