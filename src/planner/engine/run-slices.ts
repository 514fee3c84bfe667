import { LanewayError } from '../../model/errors.ts'
import type { LabelFrame, StateFrame } from '../../model/frame.ts'
import type { Source, SourceId } from '../../ports/source.ts'
import type { LaneName } from '../contract.ts'
import type { LogicalQuery } from '../logical/question.ts'
import { type StatesScan, scansOf } from '../physical/scans.ts'
import type { Route, RouteSlice } from '../routing/route.ts'
import type { Asked } from './parts.ts'

/** Sources that answer from this process' own memory: begun at once, never queued, no slot of a lane. */
const IN_MEMORY: ReadonlySet<SourceId> = new Set(['push'])

export const isInMemory = ({ source }: RouteSlice): boolean => IN_MEMORY.has(source)

/** What is read of a slice: states of its measures, or only which groups have any. */
export type ReadSlice<F extends Frame> = (source: Source, scan: StatesScan, signal: AbortSignal) => Promise<F>
type Frame = StateFrame | LabelFrame

export const readStates: ReadSlice<StateFrame> = (source, scan, signal) => source.run(scan, signal)
export const readLabels: ReadSlice<LabelFrame> = (source, scan, signal) =>
  source.run({ ...scan, kind: 'labels' }, signal)

export interface SliceRun<F extends Frame = StateFrame> {
  readonly slice: RouteSlice
  readonly frame: F
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
export function runSlices<F extends Frame>(
  question: LogicalQuery,
  route: Route,
  { lane, read }: Running<F>,
  asked: Asked,
): Promise<readonly (SliceRun<F> | SliceFailure)[]> {
  const scans = scansOf(question, route)
  const run = (slice: RouteSlice, i: number) => runSlice(slice, scans[i]!, { lane, read }, asked)
  return Promise.all(route.slices.map((slice, i) => run(slice, i).catch(failureOf(slice))))
}

export interface Running<F extends Frame> {
  readonly lane: LaneName
  readonly read: ReadSlice<F>
}

export const isFailure = (outcome: SliceRun<Frame> | SliceFailure): outcome is SliceFailure => 'error' in outcome

const failureOf =
  (slice: RouteSlice) =>
  (error: unknown): SliceFailure => {
    if (error instanceof LanewayError && (error.code === 'SOURCE_FAILED' || error.code === 'EDGE_UNAVAILABLE')) {
      return { slice, error }
    }
    throw error
  }

async function runSlice<F extends Frame>(
  slice: RouteSlice,
  scan: StatesScan,
  { lane, read }: Running<F>,
  asked: Asked,
): Promise<SliceRun<F>> {
  const { hall, options } = asked
  const source = hall.byId.get(slice.source)!
  const timed = async (signal: AbortSignal) => {
    const startMs = hall.stopwatch()
    const frame = await read(source, scan, signal)
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
