import type { LabelFrame, StateFrame } from '../../model/frame.ts'
import type { LaneName } from '../contract.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { Route } from '../routing/route.ts'
import type { Asked } from './parts.ts'
import { unserved } from './refusals.ts'
import {
  isFailure,
  type ReadSlice,
  readLabels,
  readStates,
  runSlices,
  type SliceFailure,
  type SliceRun,
} from './run-slices.ts'
import { type Sight, sightOf } from './sight.ts'
import { worldOf } from './world.ts'

/** A question that has run: who answered, and what came back. */
export interface Ran<F extends StateFrame | LabelFrame = StateFrame | LabelFrame> {
  readonly route: Route
  readonly lane: LaneName
  readonly runs: readonly SliceRun<F>[]
  /** By slice of the route. */
  readonly sights: readonly Sight[]
  readonly planMs: number
}

/** Looks at the route before anything runs: its lane, or a refusal. */
export type Admit = (route: Route) => LaneName

interface Asking<F extends StateFrame | LabelFrame> {
  readonly question: LogicalQuery
  readonly asked: Asked
  readonly admit: Admit
  readonly read: ReadSlice<F>
}

interface Attempt<F extends StateFrame | LabelFrame> extends Ran<F> {
  readonly failures: readonly SliceFailure[]
}

/**
 * plan ▸ admit ▸ run. When a source could not answer its slice, once more: a failed source no longer counts for that
 * piece, and coverage is asked again. Errors: EDGE_UNAVAILABLE, SOURCE_FAILED, those of `admit` and of the lanes.
 */
export const runQuestion = (question: LogicalQuery, asked: Asked, admit: Admit): Promise<Ran<StateFrame>> =>
  run({ question, asked, admit, read: readStates })

/** The same for the groups that have any of the measures. */
export const runLabels = (question: LogicalQuery, asked: Asked, admit: Admit): Promise<Ran<LabelFrame>> =>
  run({ question, asked, admit, read: readLabels })

async function run<F extends StateFrame | LabelFrame>(asking: Asking<F>): Promise<Ran<F>> {
  const first = await attempt(asking, [])
  if (first.failures.length === 0) return first
  const second = await attempt(asking, first.failures)
  if (second.failures.length > 0) throw second.failures[0]!.error
  return { ...second, planMs: first.planMs + second.planMs }
}

/** Plans and begins reading memory in one turn, so that no record is applied in between. */
async function attempt<F extends StateFrame | LabelFrame>(
  { question, asked, admit, read }: Asking<F>,
  before: readonly SliceFailure[],
): Promise<Attempt<F>> {
  const { planRoute, stopwatch } = asked.hall
  const startMs = stopwatch()
  const broken = before.filter(({ error }) => error.code === 'SOURCE_FAILED')
  const world = worldOf(
    question,
    asked,
    broken.map(({ slice }) => slice),
  )
  const route = planRoute(question, world)
  if (route.missing.length > 0) throw broken[0]?.error ?? unserved(question, route)
  const lane = admit(route)
  const sights = route.slices.map((slice) => sightOf(slice, question, world))
  const planMs = stopwatch() - startMs
  const outcomes = await runSlices(question, route, { lane, read }, asked)
  const failures = outcomes.filter(isFailure)
  const runs = outcomes.flatMap((outcome) => (isFailure(outcome) ? [] : outcome))
  return { route, lane, runs, failures, sights, planMs }
}
