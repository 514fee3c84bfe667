import type { Coverage, CoverageRun } from '../../model/coverage.ts'
import type { Filter } from '../../model/filter.ts'
import type { Interval } from '../../model/interval.ts'
import type { Asked, AskedMeasure } from './asked.ts'
import type { Candidate } from './candidate.ts'
import type { RejectCode } from './reasons.ts'

/** A reason against a candidate. The code is bare; what it is about stands in the fields. */
export interface Objection {
  readonly code: RejectCode
  readonly label?: string
  readonly metric?: string
  readonly interval?: Interval
  /** One sentence for people, written only when somebody reads the report. */
  readonly detail: () => string
}

export const NONE: readonly Objection[] = []

/** What a scan of the candidate still has to filter by, and the labels whose value it knows without looking. */
export interface Residual {
  readonly filter: Filter
  readonly pinned: Readonly<Record<string, string>>
}

/** `objections` reject the candidate wholly; otherwise `residual`, when given, is what is left of the filter. */
export interface Verdict {
  readonly objections: readonly Objection[]
  readonly residual?: Residual
}

export const PASS: Verdict = { objections: NONE }
export const verdictOf = (objections: readonly Objection[]): Verdict => (objections.length > 0 ? { objections } : PASS)

/** Time a candidate is asked to serve, all inside one coverage run; `run` is null where it covers nothing. */
export interface Piece extends Interval {
  readonly run: CoverageRun | null
  /** Served although it is known to be behind (only with maxStaleness). */
  readonly stale: boolean
}

/** What the coverage rules before have left, and the whole coverage it is part of. */
export interface Covering {
  readonly pieces: readonly Piece[]
  readonly coverage: Coverage
}

/** What is left of some time, and why the rest was taken away. */
export interface Narrowed<T extends Interval> {
  readonly kept: readonly T[]
  readonly objections: readonly Objection[]
}

/** Looks at who the candidate is and what it keeps; may change the residual filter. */
export interface DefinitionRule {
  readonly kind: 'definition'
  readonly name: string
  judge(candidate: Candidate, asked: Asked, residual: Residual): Verdict
}

/** Looks at one measure, because measures whose candidates differ are routed apart. */
export interface MeasureRule {
  readonly kind: 'measure'
  readonly name: string
  judge(candidate: Candidate, measure: AskedMeasure, asked: Asked): Objection | null
}

/** Takes away time in which the candidate's windows do not fit the question. */
export interface WindowRule {
  readonly kind: 'window'
  readonly name: string
  narrow(candidate: Candidate, intervals: readonly Interval[], asked: Asked): Narrowed<Interval>
}

/** Takes away time whose data is not there, or not as fresh as asked. */
export interface CoverageRule {
  readonly kind: 'coverage'
  readonly name: string
  narrow(candidate: Candidate, covering: Covering, asked: Asked): Narrowed<Piece>
}

/** definition ▸ measure ▸ window ▸ coverage. Every rule looks at every candidate; all reasons are reported. */
export type Rule = DefinitionRule | MeasureRule | WindowRule | CoverageRule
