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
    return routeOf({ asked, rules: this.#rules, judged, allotments, unused: unusedOf(judged, world) }, world.catalog)
  }

  #factsOf(catalog: CatalogVersion): CatalogFacts {
    let facts = this.#facts.get(catalog)
    if (!facts) this.#facts.set(catalog, (facts = new CatalogFacts(catalog)))
    return facts
  }
}

/** One plan; see RoutePlanner for many. */
export const planRoute = (question: LogicalQuery, world: RoutingWorld, rules: readonly Rule[] = RULES): Route =>
  new RoutePlanner(rules).plan(question, world)

function unusedOf(judged: readonly Judged[], world: RoutingWorld): Considered['unused'] {
  return judged.map(({ candidate: { source, rollup }, wholly, byMeasure }) => {
    const isUsed = wholly.length === 0 && byMeasure.some((against) => against.length === 0)
    return isUsed ? null : world.coverage(source, rollup?.version.defHash ?? 'raw', [])
  })
}

/** Reports and hint are written when somebody reads them, of what was known at the time of the plan. */
function routeOf(considered: Considered, catalog: CatalogVersion): Route {
  const { allotments } = considered
  const slices = joinSlices(allotments.flatMap(slicesOf))
  let candidates: Route['candidates'] | null = null
  let hint: string | null | undefined
  return {
    slices,
    missing: joinMissing(allotments.flatMap(missingOf)),
    stale: unionOf(allotments.flatMap(staleOf)),
    cost: slices.reduce((sum, { rowsEstimated }) => sum + rowsEstimated, 0),
    get candidates() {
      candidates ??= reportsOf(considered)
      return candidates
    },
    get hint() {
      if (hint === undefined) hint = hintOf(considered, catalog)
      return hint
    },
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
