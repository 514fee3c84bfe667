import type { Coverage } from '../../model/coverage.ts'
import type { Interval } from '../../model/interval.ts'
import type { Asked } from './asked.ts'
import type { Candidate } from './candidate.ts'
import { layCoverage } from './pieces.ts'
import {
  type CoverageRule,
  type DefinitionRule,
  type MeasureRule,
  NONE,
  type Objection,
  type Piece,
  type Residual,
  type Rule,
  type WindowRule,
} from './rule.ts'
import { MEASURE_STORED } from './rules/measure-stored.ts'

/** Rules by their kind, in order. */
export interface RuleSet {
  readonly definition: readonly DefinitionRule[]
  readonly measure: readonly MeasureRule[]
  readonly window: readonly WindowRule[]
  readonly coverage: readonly CoverageRule[]
  /** A rollup that stores none of the measures need not be looked at before somebody asks why it did not serve. */
  readonly storedOnly: boolean
}

export const ruleSetOf = (rules: readonly Rule[]): RuleSet => ({
  definition: rules.filter((rule) => rule.kind === 'definition'),
  measure: rules.filter((rule) => rule.kind === 'measure'),
  window: rules.filter((rule) => rule.kind === 'window'),
  coverage: rules.filter((rule) => rule.kind === 'coverage'),
  storedOnly: rules.includes(MEASURE_STORED),
})

/** A candidate and what its definition says about the question. */
export interface Judged {
  readonly candidate: Candidate
  readonly residual: Residual
  /** Against it as a whole. */
  readonly wholly: readonly Objection[]
  /** Against it for each measure. */
  readonly byMeasure: readonly (readonly Objection[])[]
}

export const mayServe = ({ wholly, byMeasure }: Judged, measure: number): boolean =>
  wholly.length === 0 && byMeasure[measure]!.length === 0

export function judge(candidate: Candidate, asked: Asked, rules: RuleSet): Judged {
  let residual: Residual = { filter: asked.question.filter, pinned: {} }
  let wholly = NONE
  for (const rule of rules.definition) {
    const verdict = rule.judge(candidate, asked, residual)
    residual = verdict.residual ?? residual
    wholly = joined(wholly, verdict.objections)
  }
  const byMeasure = asked.measures.map((measure) => {
    let against = NONE
    for (const rule of rules.measure) {
      const objection = rule.judge(candidate, measure, asked)
      if (objection) against = [...against, objection]
    }
    return against
  })
  return { candidate, residual, wholly, byMeasure }
}

/** What a candidate can serve, piece by piece, each inside one coverage run; and why not the rest. */
export interface Offer {
  readonly pieces: readonly Piece[]
  readonly coverage: Coverage
  readonly objections: readonly Objection[]
}

export function offerOf(candidate: Candidate, coverage: Coverage, asked: Asked, rules: RuleSet): Offer {
  let intervals: readonly Interval[] = asked.question.intervals
  let objections = NONE
  for (const rule of rules.window) {
    const narrowed = rule.narrow(candidate, intervals, asked)
    intervals = narrowed.kept
    objections = joined(objections, narrowed.objections)
  }
  let pieces: readonly Piece[] = layCoverage(candidate, intervals, coverage)
  for (const rule of rules.coverage) {
    const narrowed = rule.narrow(candidate, { pieces, coverage }, asked)
    pieces = narrowed.kept
    objections = joined(objections, narrowed.objections)
  }
  return { pieces, coverage, objections }
}

const joined = (a: readonly Objection[], b: readonly Objection[]): readonly Objection[] =>
  b.length === 0 ? a : a.length === 0 ? b : [...a, ...b]
