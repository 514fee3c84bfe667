import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { alignedCore } from '../../src/model/granularity.ts'
import { isEmpty, totalMs } from '../../src/model/interval.ts'
import { type MeasureRef, type Missing, SPACES, type Space, TIMES } from '../../src/model/measure.ts'
import type { LogicalQuery } from '../../src/planner/logical/question.ts'
import { RoutePlanner } from '../../src/planner/routing/plan-route.ts'
import type { Route } from '../../src/planner/routing/route.ts'
import { type DefinitionRule, NONE, type Rule, type WindowRule } from '../../src/planner/routing/rule.ts'
import { FILTER_IMPLIED } from '../../src/planner/routing/rules/filter-implied.ts'
import { FOLDABLE, FOLDING_TABLE, type FoldingRow, foldableBy } from '../../src/planner/routing/rules/foldable.ts'
import { GRAIN_NESTS } from '../../src/planner/routing/rules/grain-nests.ts'
import { RULES } from '../../src/planner/routing/rules.ts'
import { randomAsk } from './random-asks.ts'
import { randomWorld, type World } from './random-world.ts'
import { checkAnswer, routingWorld } from './routed-answer.ts'

/** Questions are drawn as they are needed, the same for every mutant, and given up after this many. */
const WORLDS_MAX = 80
const ASKS = 40
const SEED = 77

interface Case {
  readonly world: World
  readonly question: LogicalQuery
  /** With all rules on. */
  readonly route: Route
}

const worlds: Case[][] = []

function* cases(): Generator<Case> {
  const planner = new RoutePlanner()
  for (let i = 0; i < WORLDS_MAX; i++) {
    if (!worlds[i]) {
      const world = randomWorld(SEED * 1000 + i)
      const view = routingWorld(world)
      worlds[i] = Array.from({ length: ASKS }, () => {
        const question = randomAsk(world)
        return { world, question, route: planner.plan(question, view) }
      })
    }
    yield* worlds[i]!
  }
}

const planText = ({ slices, missing, stale }: Route): string => JSON.stringify([slices, missing, stale])

/** Runs the differential with other rules until it finds a difference or an error; questions planned alike are no news. */
function caught(rules: readonly Rule[]): { asks: number; by: string } | null {
  const planner = new RoutePlanner(rules)
  let asks = 0
  for (const { world, question, route } of cases()) {
    asks++
    try {
      const other = planner.plan(question, routingWorld(world))
      if (planText(other) !== planText(route)) checkAnswer(other, question, world)
    } catch (error) {
      return { asks, by: (error as Error).message.split('\n')[0]! }
    }
  }
  return null
}

function assertCaught(t: TestContext, rules: readonly Rule[]): void {
  const found = caught(rules)
  assert.ok(found, 'the differential test does not notice')
  t.diagnostic(`after ${found.asks} questions: ${found.by}`)
}

const instead = (rule: Rule, other: Rule): Rule[] => RULES.map((each) => (each === rule ? other : each))

for (const rule of RULES) {
  test(`the rule "${rule.name}" switched off is caught`, (t) => {
    assertCaught(
      t,
      RULES.filter((each) => each !== rule),
    )
  })
}

/** Every combination that the table does not allow, alone or only with one way of counting missing steps. */
const refusals: FoldingRow[] = SPACES.flatMap((space) =>
  [...TIMES, 'EVERY' as const].flatMap((time): FoldingRow[] => {
    const refused = (['absent', 'zero'] as const).filter((missing) => !isAllowed(space, time, missing))
    const row = { spaces: [space], times: [time] }
    return refused.length === 2 ? [row] : refused.map((missing) => ({ ...row, missing }))
  }),
)

function isAllowed(space: Space, time: MeasureRef['time'], missing: Missing): boolean {
  return FOLDING_TABLE.some(
    (row) => row.spaces.includes(space) && row.times.includes(time) && (row.missing ?? missing) === missing,
  )
}

const withTable = (table: readonly FoldingRow[]): Rule[] => instead(FOLDABLE, foldableBy(table))

for (const row of refusals) {
  const only = row.missing ? ` and missing: ${row.missing}` : ''
  test(`coarse rows of ${row.spaces} with ${row.times}${only} are not folded for a reason`, (t) => {
    assertCaught(t, withTable([...FOLDING_TABLE, row]))
  })
}

const pushedMs = ({ slices }: Route): number =>
  totalMs(slices.filter(({ rollup }) => rollup).flatMap(({ intervals, measures }) => measures.flatMap(() => intervals)))

for (const row of FOLDING_TABLE) {
  for (const space of row.spaces) {
    test(`less is pushed when the table does not allow to fold coarse rows of ${space} with ${row.times}`, () => {
      const without = { ...row, spaces: row.spaces.filter((each) => each !== space) }
      const planner = new RoutePlanner(withTable(FOLDING_TABLE.map((each) => (each === row ? without : each))))
      const isMissed = ({ world, question, route }: Case) =>
        pushedMs(planner.plan(question, routingWorld(world))) < pushedMs(route)
      assert.ok([...cases()].some(isMissed))
    })
  }
}

test('windows cut by an edge of the interval are taken out for a reason', (t) => {
  const noEdges: WindowRule = {
    ...GRAIN_NESTS,
    narrow: (candidate, intervals, asked) => {
      const { kept } = GRAIN_NESTS.narrow(candidate, intervals, asked)
      return { kept: kept.length > 0 ? intervals : [], objections: NONE }
    },
  }
  assertCaught(t, instead(GRAIN_NESTS, noEdges))
})

test('windows that lie in two buckets are taken out for a reason', (t) => {
  const noBuckets: WindowRule = {
    ...GRAIN_NESTS,
    narrow: ({ rollup }, intervals) => {
      const cores = intervals.map((each) => (rollup ? alignedCore(rollup.version.grain, each) : each))
      return { kept: cores.filter((core) => !isEmpty(core)), objections: NONE }
    },
  }
  assertCaught(t, instead(GRAIN_NESTS, noBuckets))
})

test('a conjunct that only implies the own filter stays in what is left of the filter for a reason', (t) => {
  const forgets: DefinitionRule = {
    ...FILTER_IMPLIED,
    judge: (candidate, asked, residual) => {
      const verdict = FILTER_IMPLIED.judge(candidate, asked, residual)
      const own = candidate.rollup?.conjuncts.values().next().value
      if (!own || !('label' in own) || !verdict.residual) return verdict
      const { filter, pinned } = verdict.residual
      const filters = (filter.kind === 'and' ? filter.filters : [filter]).filter(
        (each) => !('label' in each) || each.label !== own.label,
      )
      return { ...verdict, residual: { filter: { kind: 'and', filters }, pinned } }
    },
  }
  assertCaught(t, instead(FILTER_IMPLIED, forgets))
})
