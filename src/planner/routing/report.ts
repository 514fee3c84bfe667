import type { Coverage } from '../../model/coverage.ts'
import { formatTime, type Interval } from '../../model/interval.ts'
import type { Allotment, Offered } from './allot.ts'
import type { Asked } from './asked.ts'
import type { Candidate } from './candidate.ts'
import { type Judged, mayServe, type Offer, offerOf, type RuleSet } from './judge.ts'
import { rowsBetween } from './pieces.ts'
import type { CandidateReport, RejectReason } from './reasons.ts'
import type { Objection } from './rule.ts'

/** What a plan looked at, and what may be asked about it afterwards. */
export interface Considered {
  readonly asked: Asked
  readonly rules: RuleSet
  readonly allotments: readonly Allotment[]
  /** Every candidate, those too that the plan had no need to look at. */
  readonly all: () => readonly Judged[]
  /** What a candidate covers that no measure could use; the offers of others hold theirs. */
  readonly coverage: (candidate: Candidate) => Coverage
}

/** Every candidate with all reasons against it: by place, then by id. */
export function reportsOf(considered: Considered): CandidateReport[] {
  const reporting = new Reporting(considered)
  return [...considered.all()].sort(compare).map((judged) => reporting.report(judged))
}

/** Ids and hashes are of letters, digits and a few signs: any order of text is the same for them. */
function compare({ candidate: a }: Judged, { candidate: b }: Judged): number {
  if (a.place !== b.place || !a.rollup || !b.rollup) return a.place - b.place
  const [one, two] = [a.rollup.version, b.rollup.version]
  if (one.id !== two.id) return one.id < two.id ? -1 : 1
  return one.defHash < two.defHash ? -1 : 1
}

export function coverageOf(judged: Judged, { allotments, coverage }: Considered): Coverage {
  for (const { lot } of allotments) {
    const offered = lot.offers.find((each) => each.judged === judged)
    if (offered) return offered.offer.coverage
  }
  return coverage(judged.candidate)
}

class Reporting {
  readonly #considered: Considered
  /** By allotment: what each candidate of its lot offered, and whether it serves. */
  readonly #offers: readonly ReadonlyMap<Judged, Offered>[]
  readonly #chosen: readonly ReadonlySet<Judged>[]
  readonly #times = new Map<number, string>()

  constructor(considered: Considered) {
    const { allotments } = considered
    this.#considered = considered
    this.#offers = allotments.map(({ lot }) => new Map(lot.offers.map((offered) => [offered.judged, offered])))
    this.#chosen = allotments.map(
      ({ contenders, chosen }) => new Set([...new Set(chosen)].flatMap((who) => contenders[who]?.judged ?? [])),
    )
  }

  report(judged: Judged): CandidateReport {
    const { asked } = this.#considered
    const { source, rollup } = judged.candidate
    const able = asked.question.measures.filter((_, i) => mayServe(judged, i)).map(({ metric }) => metric)
    return {
      source,
      rollup: rollup?.version.id ?? null,
      defHash: rollup?.version.defHash ?? null,
      chosen: this.#chosen.some((chosen) => chosen.has(judged)),
      measures: [...new Set(able)],
      reasons: this.#reasons([...judged.wholly, ...judged.byMeasure.flat(), ...this.#inTime(judged)]),
    }
  }

  /** What windows and coverage say, lot by lot; for a candidate of no lot, what they would have said. */
  #inTime(judged: Judged): readonly Objection[] {
    const { asked, rules, allotments, coverage } = this.#considered
    if (!this.#offers.some((offers) => offers.has(judged))) {
      return offerOf(judged.candidate, coverage(judged.candidate), asked, rules).objections
    }
    return allotments.flatMap((allotment, i) => {
      const offer = this.#offers[i]!.get(judged)?.offer
      if (!offer) return []
      return this.#chosen[i]!.has(judged) ? offer.objections : [...offer.objections, ...costOf(offer, allotment)]
    })
  }

  /** In order of being found, each once: lots and measures may give the same. */
  #reasons(objections: readonly Objection[]): RejectReason[] {
    const reasons: RejectReason[] = []
    for (const { code, label, metric, interval, detail } of objections) {
      const reason = {
        code,
        ...(label === undefined ? {} : { label }),
        ...(metric === undefined ? {} : { metric }),
        ...(interval === undefined ? {} : { interval: `${this.#time(interval.start)}/${this.#time(interval.end)}` }),
        detail: detail(),
      }
      if (!reasons.some((each) => isSame(each, reason))) reasons.push(reason)
    }
    return reasons
  }

  /** Most reasons are about the same few moments. */
  #time(ms: number): string {
    let text = this.#times.get(ms)
    if (text === undefined) this.#times.set(ms, (text = formatTime(ms)))
    return text
  }
}

const isSame = (a: RejectReason, b: RejectReason): boolean =>
  a.code === b.code &&
  a.label === b.label &&
  a.metric === b.metric &&
  a.interval === b.interval &&
  a.detail === b.detail

/** E12. It could serve, and something cheaper did wherever it could. */
function costOf({ pieces, coverage }: Offer, allotment: Allotment): Objection[] {
  if (pieces.length === 0) return []
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
