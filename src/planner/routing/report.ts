import { type Coverage, NO_COVERAGE } from '../../model/coverage.ts'
import { formatInterval, type Interval } from '../../model/interval.ts'
import { compareText } from '../../model/label.ts'
import type { Allotment } from './allot.ts'
import type { Asked } from './asked.ts'
import { type Judged, mayServe, type Offer, offerOf, type RuleSet } from './judge.ts'
import { rowsBetween } from './pieces.ts'
import type { CandidateReport, RejectReason } from './reasons.ts'
import type { Objection } from './rule.ts'

/** Everything a plan looked at. */
export interface Considered {
  readonly asked: Asked
  readonly rules: RuleSet
  readonly judged: readonly Judged[]
  /** By position in `judged`: coverage, at the time of the plan, of a candidate that no measure could use. */
  readonly unused: readonly (Coverage | null)[]
  readonly allotments: readonly Allotment[]
}

/** Every candidate with all reasons against it, written when they are read: by place, then by id. */
export function reportsOf(considered: Considered): CandidateReport[] {
  const sorted = [...considered.judged].sort(
    (a, b) => a.candidate.place - b.candidate.place || compareText(id(a), id(b)),
  )
  return sorted.map((judged) => reportOf(judged, considered))
}

const id = ({ candidate: { rollup } }: Judged): string =>
  rollup ? `${rollup.version.id} ${rollup.version.defHash}` : ''

function reportOf(judged: Judged, considered: Considered): CandidateReport {
  const { candidate } = judged
  const { measures } = considered.asked.question
  let reasons: readonly RejectReason[] | null = null
  const able = measures.filter((_, i) => mayServe(judged, i)).map(({ metric }) => metric)
  return {
    source: candidate.source,
    rollup: candidate.rollup?.version.id ?? null,
    defHash: candidate.rollup?.version.defHash ?? null,
    chosen: considered.allotments.some((allotment) => isChosen(judged, allotment)),
    measures: [...new Set(able)],
    get reasons() {
      reasons ??= reasonsOf([...judged.wholly, ...judged.byMeasure.flat(), ...inTime(judged, considered)])
      return reasons
    },
  }
}

function isChosen(judged: Judged, { contenders, chosen }: Allotment): boolean {
  const position = contenders.findIndex((contender) => contender.judged === judged)
  return position >= 0 && chosen.includes(position)
}

/** What a candidate covered at the time of the plan. */
export function coverageOf(judged: Judged, { judged: all, unused, allotments }: Considered): Coverage {
  for (const { lot } of allotments) {
    const offered = lot.offers.find((each) => each.judged === judged)
    if (offered) return offered.offer.coverage
  }
  return unused[all.indexOf(judged)] ?? NO_COVERAGE
}

/** What windows and coverage say, lot by lot; for a candidate of no lot, what they would have said. */
function inTime(judged: Judged, { asked, rules, judged: all, unused, allotments }: Considered): Objection[] {
  const coverage = unused[all.indexOf(judged)]
  if (coverage) return [...offerOf(judged.candidate, coverage, asked, rules).objections]
  return allotments.flatMap((allotment) => {
    const offered = allotment.lot.offers.find((each) => each.judged === judged)
    return offered ? [...offered.offer.objections, ...costOf(judged, offered.offer, allotment)] : []
  })
}

/** E12. It could serve, and something cheaper did wherever it could. */
function costOf(judged: Judged, offer: Offer, allotment: Allotment): Objection[] {
  const { pieces, coverage } = offer
  if (pieces.length === 0 || isChosen(judged, allotment)) return []
  const detail = () => {
    const own = pieces.reduce(
      (sum, { run, start, end }) => sum + (run ? rowsBetween(run, start, end, coverage.asOf) : 0),
      0,
    )
    return `${Math.ceil(own)} rows there against ${Math.ceil(plannedRows(pieces, allotment))} as planned`
  }
  return [{ code: 'COST', detail }]
}

function plannedRows(within: readonly Interval[], { grid, chosen }: Allotment): number {
  let rows = 0
  for (const [piece, who] of chosen.entries()) {
    const { start, end } = grid.pieces[piece]!
    if (who >= 0 && within.some((each) => each.start <= start && end <= each.end)) rows += grid.rows(piece, who)
  }
  return rows
}

/** In order of being found, each once: lots and measures may give the same. */
function reasonsOf(objections: readonly Objection[]): RejectReason[] {
  const reasons = new Map<string, RejectReason>()
  for (const { code, label, metric, interval, detail } of objections) {
    const reason = {
      code,
      ...(label === undefined ? {} : { label }),
      ...(metric === undefined ? {} : { metric }),
      ...(interval === undefined ? {} : { interval: formatInterval(interval) }),
      detail: detail(),
    }
    reasons.set(JSON.stringify(reason), reason)
  }
  return [...reasons.values()]
}
