import type { LaneName } from '../contract.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { Route } from '../routing/route.ts'
import type { Asked } from './parts.ts'
import { unserved } from './refusals.ts'
import { isFailure, isRun, runSlices, type SliceFailure, type SliceRun } from './run-slices.ts'
import { type Sight, sightOf } from './sight.ts'
import { worldOf } from './world.ts'

/** A question that has run: who answered, and what came back. */
export interface Ran {
  readonly route: Route
  readonly lane: LaneName
  readonly runs: readonly SliceRun[]
  /** By slice of the route. */
  readonly sights: readonly Sight[]
  readonly planMs: number
}

/** Looks at the route before anything runs: its lane, or a refusal. */
export type Admit = (route: Route) => LaneName

interface Attempt extends Ran {
  readonly failures: readonly SliceFailure[]
}

/**
 * plan ▸ admit ▸ run. When a source could not answer its slice, once more: a failed source no longer counts for that
 * piece, and coverage is asked again. Errors: EDGE_UNAVAILABLE, SOURCE_FAILED, those of `admit` and of the lanes.
 */
export async function runQuestion(question: LogicalQuery, asked: Asked, admit: Admit): Promise<Ran> {
  const first = await attempt(question, asked, admit, [])
  if (first.failures.length === 0) return first
  const second = await attempt(question, asked, admit, first.failures)
  if (second.failures.length > 0) throw second.failures[0]!.error
  return { ...second, planMs: first.planMs + second.planMs }
}

/** Plans and begins reading memory in one turn, so that no record is applied in between. */
async function attempt(
  question: LogicalQuery,
  asked: Asked,
  admit: Admit,
  before: readonly SliceFailure[],
): Promise<Attempt> {
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
  const outcomes = await runSlices(question, route, lane, asked)
  const failures = outcomes.filter(isFailure)
  const runs = outcomes.filter(isRun)
  return { route, lane, runs, failures, sights, planMs }
}
