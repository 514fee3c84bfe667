import type { Asked } from './asked.ts'
import { capped } from './capped.ts'
import { cheapest } from './cheapest.ts'
import { competitive } from './competitive.ts'
import { type Contender, Grid } from './grid.ts'
import { type Judged, mayServe, offerOf, type RuleSet } from './judge.ts'
import { STRETCHES_MAX } from './price.ts'
import type { RoutingWorld } from './route.ts'

export interface Offered extends Contender {
  readonly judged: Judged
}

/** Measures whose candidates are the same, and those candidates with what they offer, in order of preference. */
export interface Lot {
  /** Positions in the question's measures, ascending. */
  readonly measures: readonly number[]
  readonly offers: readonly Offered[]
}

/** Who serves which elementary piece of a lot. */
export interface Allotment {
  readonly lot: Lot
  /** Those that cover something and may win. */
  readonly contenders: readonly Offered[]
  readonly grid: Grid
  /** By piece: position of the contender, −1 for nobody. */
  readonly chosen: readonly number[]
}

/** One missing MAX must not send SUM to raw: measures are parted by who may serve them. */
export function lotsOf(judged: readonly Judged[], asked: Asked, world: RoutingWorld, rules: RuleSet): Lot[] {
  const lots: { measures: number[]; able: Judged[] }[] = []
  for (const measure of asked.measures.keys()) {
    const able = judged.filter((each) => mayServe(each, measure))
    const lot = lots.find((each) => isSame(each.able, able))
    if (lot) lot.measures.push(measure)
    else lots.push({ measures: [measure], able })
  }
  return lots.map(({ measures, able }) => {
    const refs = measures.map((measure) => asked.measures[measure]!.ref)
    const offers = able.map((each) => {
      const { candidate } = each
      const coverage = world.coverage(candidate.source, candidate.rollup?.version.defHash ?? 'raw', refs)
      return { candidate, judged: each, offer: offerOf(candidate, coverage, asked, rules) }
    })
    return { measures, offers }
  })
}

const isSame = (a: readonly Judged[], b: readonly Judged[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i])

export function allot(lot: Lot, { question }: Asked): Allotment {
  const contenders = competitive(lot.offers.filter(({ offer }) => offer.pieces.length > 0))
  const grid = new Grid(question.intervals, contenders)
  const { chosen } = cheapest(grid, question.stepMs)
  return { lot, contenders, grid, chosen: capped(grid, chosen, STRETCHES_MAX) }
}
