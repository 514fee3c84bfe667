import type { CatalogVersion } from '../../model/definition.ts'
import { type Interval, unionOf } from '../../model/interval.ts'
import type { LogicalQuery } from '../logical/question.ts'
import { allot, lotsOf } from './allot.ts'
import { Asked } from './asked.ts'
import { CatalogFacts } from './candidate.ts'
import { hintOf } from './hint.ts'
import { type Judged, judge, type RuleSet, ruleSetOf } from './judge.ts'
import { type Considered, reportsOf } from './report.ts'
import type { MissingPiece, Route, RoutingWorld } from './route.ts'
import type { Rule } from './rule.ts'
import { RULES } from './rules.ts'
import { joinSlices, missingOf, slicesOf, staleOf } from './slices.ts'

/**
 * Decides who answers which piece of a question: candidates ▸ rules ▸ offers ▸ the cheapest for each piece ▸ slices.
 * Pure but for what it remembers about a catalog version while that is alive: keep one for many questions.
 */
export class RoutePlanner {
  readonly #rules: RuleSet
  readonly #facts = new WeakMap<CatalogVersion, CatalogFacts>()

  constructor(rules: readonly Rule[] = RULES) {
    this.#rules = ruleSetOf(rules)
  }

  plan(question: LogicalQuery, world: RoutingWorld): Route {
    const asked = new Asked(question)
    const candidates = this.#factsOf(world.catalog).candidates(question, world.places)
    const judged = candidates.map((candidate) => judge(candidate, asked, this.#rules))
    const lots = lotsOf(judged, asked, world, this.#rules)
    const allotments = lots.map((lot) => allot(lot, asked))
    const considered = { asked, rules: this.#rules, judged, allotments, unused: unusedOf(judged, world) }
    return new PlannedRoute(considered, world.catalog)
  }

  #factsOf(catalog: CatalogVersion): CatalogFacts {
    let facts = this.#facts.get(catalog)
    if (!facts) this.#facts.set(catalog, (facts = new CatalogFacts(catalog)))
    return facts
  }
}

/** One plan as plain data, reports and hint written out. For many questions keep a RoutePlanner. */
export function planRoute(question: LogicalQuery, world: RoutingWorld, rules: readonly Rule[] = RULES): Route {
  const { slices, candidates, missing, stale, cost, hint } = new RoutePlanner(rules).plan(question, world)
  return { slices, candidates, missing, stale, cost, hint }
}

function unusedOf(judged: readonly Judged[], world: RoutingWorld): Considered['unused'] {
  return judged.map(({ candidate: { source, rollup }, wholly, byMeasure }) => {
    const isUsed = wholly.length === 0 && byMeasure.some((against) => against.length === 0)
    return isUsed ? null : world.coverage(source, rollup?.version.defHash ?? 'raw', [])
  })
}

/** Reports and hint are written when somebody reads them, of what was known at the time of the plan. */
class PlannedRoute implements Route {
  readonly slices: Route['slices']
  readonly missing: Route['missing']
  readonly stale: Route['stale']
  readonly cost: number
  readonly #considered: Considered
  readonly #catalog: CatalogVersion
  #candidates: Route['candidates'] | null = null
  #hint: string | null | undefined

  constructor(considered: Considered, catalog: CatalogVersion) {
    const { allotments } = considered
    this.slices = joinSlices(allotments.flatMap(slicesOf))
    this.missing = joinMissing(allotments.flatMap(missingOf))
    this.stale = unionOf(allotments.flatMap(staleOf))
    this.cost = this.slices.reduce((sum, { rowsEstimated }) => sum + rowsEstimated, 0)
    this.#considered = considered
    this.#catalog = catalog
  }

  get candidates(): Route['candidates'] {
    this.#candidates ??= reportsOf(this.#considered)
    return this.#candidates
  }

  get hint(): string | null {
    if (this.#hint === undefined) this.#hint = hintOf(this.#considered, this.#catalog)
    return this.#hint
  }
}

/** The same time missing for several lots is one missing piece. */
function joinMissing(pieces: readonly MissingPiece[]): MissingPiece[] {
  const joined = new Map<string, MissingPiece>()
  for (const { interval, measures } of pieces) {
    const key = keyOf(interval)
    const all = [...(joined.get(key)?.measures ?? []), ...measures].sort((a, b) => a - b)
    joined.set(key, { interval, measures: all })
  }
  return [...joined.values()].sort((a, b) => a.interval.start - b.interval.start)
}

const keyOf = ({ start, end }: Interval): string => `${start}/${end}`
