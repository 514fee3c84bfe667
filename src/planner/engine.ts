import type { Answer, AskOptions, Engine, ExplainLevel, PlanReport, StatesAnswer } from './contract.ts'
import { countedUntil, freshnessOf } from './engine/freshness.ts'
import { type Asked, type EngineParts, type Hall, hallOf } from './engine/parts.ts'
import { planReport } from './engine/plan-report.ts'
import { published, type Told } from './engine/publish.ts'
import { refuseExpensive, refuseManyValues } from './engine/refusals.ts'
import { type Ran, runQuestion } from './engine/run-question.ts'
import { isInMemory } from './engine/run-slices.ts'
import { sightOf } from './engine/sight.ts'
import { worldOf } from './engine/world.ts'
import { logicalStates, normalise } from './logical/normalise.ts'
import type { LogicalQuery, QueryRequest, StatesRequest } from './logical/question.ts'
import { joinStates } from './merge/join.ts'
import { mergeFrames } from './merge/merge.ts'
import { RoutePlanner } from './routing/plan-route.ts'
import type { Route } from './routing/route.ts'

export type * from './contract.ts'
export type { EngineParts } from './engine/parts.ts'
export { DEFAULT_QUERY_LIMITS, type QueryLimits } from './logical/limits.ts'
export type * from './logical/question.ts'
export type { Place } from './routing/route.ts'

/** The hallway: normalise ▸ route ▸ admit ▸ run ▸ merge. Throws TypeError when a place has no source. */
export function createEngine(parts: EngineParts): Engine {
  const planner = new RoutePlanner()
  const hall = hallOf(parts, (question, world) => planner.plan(question, world))
  const begin = (options: AskOptions): Asked => {
    const { catalog, clock } = parts
    return { hall, catalog: catalog.current(), now: options.now ?? clock(), options }
  }
  return {
    answer: (request, level, options) => published('answer', begin(options), (asked) => answer(request, level, asked)),
    states: (request, options) => published('states', begin(options), (asked) => states(request, asked)),
    explain: (request, options) => published('explain', begin(options), (asked) => explain(request, asked)),
  }
}

async function answer(request: QueryRequest, level: ExplainLevel, asked: Asked): Promise<Told<Answer>> {
  const { hall, options } = asked
  const lap = laps(hall.stopwatch)
  const question = normalise(request, logicalWorld(asked))
  const normaliseMs = lap()
  const ran = await runQuestion(question, asked, (route) => {
    refuseExpensive(question, route, hall.limits)
    return options.lane ?? laneOf(route, hall)
  })
  const runMs = lap()
  const frame = merged(question, ran)
  refuseManyValues(frame, question.measures.length, hall.limits)
  const freshness = freshnessOf(question, ran, [...hall.byId.keys()])
  const { measures, granularity, intervals } = question
  const { route, lane } = ran
  const plan = planReport(question, ran, level)
  const timings = { ...stagesOf(ran, normaliseMs, runMs), merge: lap() }
  const value = { frame, measures, granularity, intervals, freshness, plan, lane, cost: route.cost, timings }
  return { value, lane, freshness, rows: rowsOf(ran) }
}

async function states(request: StatesRequest, asked: Asked): Promise<Told<StatesAnswer>> {
  const question = logicalStates(request, logicalWorld(asked))
  const ran = await runQuestion(question, asked, () => asked.options.lane ?? 'rollup')
  const frame = joinStates(framesOf(ran), question.measures, question.groupBy)
  const plan = planReport(question, ran, 'summary')
  return { value: { frame, plan }, lane: ran.lane, rows: rowsOf(ran) }
}

async function explain(request: QueryRequest, asked: Asked): Promise<Told<PlanReport>> {
  const question = normalise(request, logicalWorld(asked))
  const world = worldOf(question, asked, [])
  const route = asked.hall.planRoute(question, world)
  const sights = route.slices.map((slice) => sightOf(slice, question, world))
  return { value: planReport(question, { route, sights, runs: null }, 'plan'), lane: 'control', rows: 0 }
}

const logicalWorld = ({ hall, catalog, now }: Asked) => ({
  catalog,
  now,
  limits: hall.limits,
  sources: [...hall.byId.keys()],
})

/** By the rows of the residual: what memory does not answer. Without any it is hot, however much memory there is to read. */
function laneOf({ slices }: Route, { lanes }: Hall): 'hot' | 'slow' {
  const residual = slices.filter((slice) => !isInMemory(slice))
  return residual.length === 0 ? 'hot' : lanes.classify(residual.reduce((sum, slice) => sum + slice.rowsEstimated, 0))
}

const framesOf = ({ runs }: Ran) => runs.map(({ frame }) => frame)
const rowsOf = ({ runs }: Ran): number => runs.reduce((sum, { frame }) => sum + frame.rowsRead, 0)

const merged = (question: LogicalQuery, ran: Ran) =>
  mergeFrames(framesOf(ran), {
    ...question,
    labels: question.groupBy,
    completeUntilMs: countedUntil(question, ran),
  })

/** Slices run side by side: the longest wait is how long the answer waited. */
function stagesOf({ planMs, runs }: Ran, normaliseMs: number, runMs: number) {
  const queue = Math.max(0, ...runs.map(({ waitMs }) => waitMs))
  return { plan: normaliseMs + planMs, queue, upstream: Math.max(0, runMs - planMs - queue) }
}

/** Ms since it was last asked. */
function laps(stopwatch: () => number): () => number {
  let from = stopwatch()
  return () => {
    const lap = stopwatch() - from
    from += lap
    return lap
  }
}
