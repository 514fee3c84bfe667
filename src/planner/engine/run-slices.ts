import { LanewayError } from '../../model/errors.ts'
import type { StateFrame } from '../../model/frame.ts'
import type { SourceId } from '../../ports/source.ts'
import type { LaneName } from '../contract.ts'
import type { LogicalQuery } from '../logical/question.ts'
import { type StatesScan, scansOf } from '../physical/scans.ts'
import type { Route, RouteSlice } from '../routing/route.ts'
import type { Asked } from './parts.ts'

/** Sources that answer from this process' own memory: begun at once, never queued, no slot of a lane. */
const IN_MEMORY: ReadonlySet<SourceId> = new Set(['push'])

export const isInMemory = ({ source }: RouteSlice): boolean => IN_MEMORY.has(source)

export interface SliceRun {
  readonly slice: RouteSlice
  readonly frame: StateFrame
  readonly waitMs: number
  /** From its start to its end, waiting left out. */
  readonly ms: number
}

/** A source could not answer its slice, another one may. */
export interface SliceFailure {
  readonly slice: RouteSlice
  readonly error: LanewayError
}

/**
 * Runs all slices of a route side by side; each upstream call holds one slot of its lane. Slices in memory are begun
 * before this returns, so that they see the very windows that the plan has seen.
 * Errors: those of the lanes, the caller's abort reason, and what no other source can help with.
 */
export function runSlices(
  question: LogicalQuery,
  route: Route,
  lane: LaneName,
  asked: Asked,
): Promise<readonly (SliceRun | SliceFailure)[]> {
  const scans = scansOf(question, route)
  return Promise.all(route.slices.map((slice, i) => runSlice(slice, scans[i]!, lane, asked).catch(failureOf(slice))))
}

export const isFailure = (outcome: SliceRun | SliceFailure): outcome is SliceFailure => 'error' in outcome
export const isRun = (outcome: SliceRun | SliceFailure): outcome is SliceRun => !isFailure(outcome)

const failureOf =
  (slice: RouteSlice) =>
  (error: unknown): SliceFailure => {
    if (error instanceof LanewayError && (error.code === 'SOURCE_FAILED' || error.code === 'EDGE_UNAVAILABLE')) {
      return { slice, error }
    }
    throw error
  }

async function runSlice(slice: RouteSlice, scan: StatesScan, lane: LaneName, asked: Asked): Promise<SliceRun> {
  const { hall, options } = asked
  const source = hall.byId.get(slice.source)!
  const timed = async (signal: AbortSignal) => {
    const startMs = hall.stopwatch()
    const frame = await source.run(scan, signal)
    return { frame, ms: hall.stopwatch() - startMs }
  }
  const ticket = {
    lane: isInMemory(slice) ? 'control' : lane,
    cost: slice.rowsEstimated,
    signal: options.signal,
    ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
  } as const
  const { value, waitMs } = await hall.lanes.run(ticket, isInMemory(slice) ? begun(timed) : timed)
  return { slice, ...value, waitMs }
}

/** Begins work now; the lane that it is handed to later still ends it. */
function begun<T>(work: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  const ending = new AbortController()
  const running = work(ending.signal)
  running.catch(() => undefined)
  return (signal) => {
    signal.addEventListener('abort', () => ending.abort(signal.reason), { once: true })
    return running
  }
}
