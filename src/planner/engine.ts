import { ScopedCatalogs } from '../catalog/scoped-catalog.ts'
import type { Answer, AskOptions, Engine, ExplainLevel, PlanReport, StatesAnswer } from './contract.ts'
import { admitted, logicalWorld, rowsOf } from './engine/admission.ts'
import { answerOf, cutOut, finished } from './engine/finished.ts'
import { labels } from './engine/labels.ts'
import { lapsOf, stagesOf } from './engine/laps.ts'
import { Pages } from './engine/page.ts'
import { type Asked, type EngineParts, hallOf } from './engine/parts.ts'
import { planReport } from './engine/plan-report.ts'
import { published, type Told } from './engine/publish.ts'
import { runQuestion } from './engine/run-question.ts'
import { seriesCounts } from './engine/series-counts.ts'
import { settled } from './engine/settled.ts'
import { SettledBooks } from './engine/settled-books.ts'
import { DEFAULT_SETTLED_LIMITS } from './engine/settled-contract.ts'
import { sightOf } from './engine/sight.ts'
import { watchExit } from './engine/watch.ts'
import { worldOf } from './engine/world.ts'
import { logicalStates, normalise } from './logical/normalise.ts'
import type { QueryRequest, StatesRequest } from './logical/question.ts'
import { joinStates } from './merge/join.ts'
import { RoutePlanner } from './routing/plan-route.ts'

export type * from './contract.ts'
export { DEFAULT_PAGING_LIMITS, type EngineParts } from './engine/parts.ts'
export * from './engine/settled-contract.ts'
export { DEFAULT_WATCH_LIMITS, type Timers, type WatchLimits } from './engine/watch-options.ts'
export { completenessOf } from './engine/watch-same.ts'
export { durationText } from './logical/duration-text.ts'
export { DEFAULT_QUERY_LIMITS, type QueryLimits } from './logical/limits.ts'
export type * from './logical/question.ts'
export type * from './reading-contract.ts'
export type { Place } from './routing/route.ts'

/** The hallway: normalise ▸ route ▸ admit ▸ run ▸ merge. Throws TypeError when a place has no source. */
export function createEngine(parts: EngineParts): Engine {
  const planner = new RoutePlanner()
  const scoped = new ScopedCatalogs()
  const books = new SettledBooks(parts.settled ?? DEFAULT_SETTLED_LIMITS)
  const hall = hallOf(parts, (question, world) => planner.plan(question, world))
  const begin = (options: AskOptions): Asked => {
    const { catalog, clock } = parts
    return { hall, catalog: scoped.of(catalog.current(), options.scope), now: options.now ?? clock(), options }
  }
  const answerExit: Engine['answer'] = (request, level, options) =>
    published('answer', begin(options), (asked) => answer(request, level, asked))
  const read = (request: QueryRequest, options: AskOptions) => normalise(request, logicalWorld(begin(options)))
  const pages = new Pages(hall)
  return {
    answer: answerExit,
    page: (request, page, options) => published('page', begin(options), (asked) => pages.page(request, page, asked)),
    labels: (request, options) => published('labels', begin(options), (asked) => labels(request, asked)),
    seriesCounts: (dataset, metrics, options) => seriesCounts(dataset, metrics, begin(options)),
    watch: watchExit({ hall, answer: answerExit, normalise: read }),
    states: (request, options) => published('states', begin(options), (asked) => states(request, asked)),
    explain: (request, options) => published('explain', begin(options), (asked) => explain(request, asked)),
    settled: (request, options) => published('settled', begin(options), (asked) => settled(request, asked, books)),
  }
}

async function answer(request: QueryRequest, level: ExplainLevel, asked: Asked): Promise<Told<Answer>> {
  const lap = lapsOf(asked.hall.stopwatch)
  const question = normalise(request, logicalWorld(asked))
  const normaliseMs = lap()
  const ran = await runQuestion(question, asked, admitted(question, asked))
  const runMs = lap()
  const whole = finished(question, ran, level, asked)
  const value = answerOf(whole, cutOut(whole, 0))
  const timings = { ...stagesOf(ran, normaliseMs, runMs), merge: lap() }
  return { value: { ...value, timings }, lane: ran.lane, freshness: whole.freshness, rows: rowsOf(ran) }
}

async function states(request: StatesRequest, asked: Asked): Promise<Told<StatesAnswer>> {
  const question = logicalStates(request, logicalWorld(asked))
  const ran = await runQuestion(question, asked, () => asked.options.lane ?? 'rollup')
  const frames = ran.runs.map(({ frame }) => frame)
  const frame = joinStates(frames, question.measures, question.groupBy)
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
