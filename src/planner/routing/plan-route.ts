import type { CatalogVersion } from '../../model/definition.ts'
import { unionOf } from '../../model/interval.ts'
import type { LogicalQuery } from '../logical/question.ts'
import { allot, lotsOf } from './allot.ts'
import { Asked } from './asked.ts'
import { type Candidate, CatalogFacts } from './candidate.ts'
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

  plan(question: LogicalQuery, world: RoutingWorld): PlannedRoute {
    const { catalog, places } = world
    const rules = this.#rules
    const asked = new Asked(question)
    const facts = this.#factsOf(catalog)
    const keys = asked.measures.map(({ key }) => key)
    const candidates = rules.storedOnly ? facts.storing(question, places, keys) : facts.all(question, places)
    const judged = candidates.map((candidate) => judge(candidate, asked, rules))
    const allotments = lotsOf(judged, asked, world, rules).map((lot) => allot(lot, asked))
    const all = () => withOthers(judged, facts.all(question, places), (other) => judge(other, asked, rules))
    const coverage = ({ source, rollup }: Candidate) => world.coverage(source, rollup?.version.defHash ?? 'raw', [])
    const considered = facts.countOf(question, places)
    return new PlannedRoute({ asked, rules, allotments, all, coverage }, catalog, considered)
  }

  #factsOf(catalog: CatalogVersion): CatalogFacts {
    let facts = this.#facts.get(catalog)
    if (!facts) this.#facts.set(catalog, (facts = new CatalogFacts(catalog)))
    return facts
  }
}

/** One plan as plain data, reports and hint written out. For many questions keep a RoutePlanner. */
export function planRoute(question: LogicalQuery, world: RoutingWorld, rules: readonly Rule[] = RULES): Route {
  const { slices, candidates, considered, missing, stale, cost, hint } = new RoutePlanner(rules).plan(question, world)
  return { slices, candidates, considered, missing, stale, cost, hint }
}

/** Every candidate once: as judged already, or judged now. */
function withOthers(
  judged: readonly Judged[],
  all: readonly Candidate[],
  judgeNow: (candidate: Candidate) => Judged,
): readonly Judged[] {
  const done = new Map(judged.map((each) => [keyOf(each.candidate), each]))
  return all.map((candidate) => done.get(keyOf(candidate)) ?? judgeNow(candidate))
}

const keyOf = ({ place, rollup }: Candidate): string => `${place} ${rollup?.version.defHash} ${rollup?.version.id}`

/** A route whose reports and hint are written when somebody reads them: most answers only count candidates. */
export class PlannedRoute implements Route {
  readonly slices: Route['slices']
  readonly missing: Route['missing']
  readonly stale: Route['stale']
  readonly cost: number
  /** How many candidates there are, without writing their reports. */
  readonly considered: number
  readonly #considered: Considered
  readonly #catalog: CatalogVersion
  #candidates: Route['candidates'] | null = null
  #hint: string | null | undefined

  constructor(considered: Considered, catalog: CatalogVersion, count: number) {
    const { allotments } = considered
    this.slices = joinSlices(allotments.flatMap(slicesOf))
    this.missing = joinMissing(allotments.flatMap(missingOf))
    this.stale = unionOf(allotments.flatMap(staleOf))
    this.cost = this.slices.reduce((sum, { rowsEstimated }) => sum + rowsEstimated, 0)
    this.considered = count
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
    const key = `${interval.start}/${interval.end}`
    const all = [...(joined.get(key)?.measures ?? []), ...measures].sort((a, b) => a - b)
    joined.set(key, { interval, measures: all })
  }
  return [...joined.values()].sort((a, b) => a.interval.start - b.interval.start)
}
