import type { RollupVersion } from '../model/definition.ts'
import { LanewayError } from '../model/errors.ts'
import { FrameBuilder, type StateFrame, type StateRow } from '../model/frame.ts'
import { bucketStart } from '../model/granularity.ts'
import { formatInterval, formatTime, type Interval, intersect } from '../model/interval.ts'
import { UNSCOPED } from '../model/scope.ts'
import type { RollupTask } from '../model/task.ts'
import type { Engine } from '../planner/engine.ts'
import { BOUNDS } from './bounds.ts'
import { chunkOf } from './raw-book.ts'
import type { RollupIndex } from './rollup-index.ts'

/** Whole windows of one task, complete, as of one raw version and moment. */
export interface WindowStates {
  readonly rows: readonly StateRow[]
  /** Never below the task's. */
  readonly raw: number
  /** Everything that had arrived by this moment is in them. */
  readonly through: number
}

export interface Asker {
  readonly engine: Pick<Engine, 'states'>
  readonly rollups: RollupIndex
  readonly signal: AbortSignal
}

interface Piece {
  readonly interval: Interval
  readonly raw: number
}

/**
 * Asks for whole windows of a task. Windows longer than a chunk are asked in pieces of equal raw version, so that
 * finer windows of an old chunk will do although a newer chunk has a higher version:
 *
 *   P1D, late points at 03 (version 7) and 20 (version 9):   00–03 ≥ 0 │ 03 ≥ 7 │ 04–20 ≥ 0 │ 20 ≥ 9 │ 21–24 ≥ 0
 */
export async function askStates(
  task: RollupTask,
  rollup: RollupVersion,
  windows: Interval,
  asker: Asker,
): Promise<WindowStates> {
  const measures = rollup.measures.map((measure) => ({ ...measure, time: 'EVERY' as const }))
  const frames: StateFrame[] = []
  const throughAtLeast = throughNeeded(task, rollup, windows)
  for (const piece of piecesOf(task, windows)) frames.push(await askPiece(piece, { rollup, asker, throughAtLeast }))
  const through = Math.floor(Math.min(...frames.map((frame) => frame.asOf)))
  const raw = Math.max(task.raw, Math.min(...frames.map((frame) => frame.raw)))
  if (frames.length === 1) return { rows: frames[0]!.rows, raw, through }
  const joined = new FrameBuilder(measures)
  for (const { bucket, group, states } of frames.flatMap(({ rows }) => rows)) {
    for (const [i, state] of states.entries()) if (state && state.n > 0) joined.add(bucket, group, i, state)
  }
  return { rows: joined.rows(), raw, through }
}

/**
 * Windows that the watermark had passed when the task was issued must come out settled, the others past their end and
 * 5 s. Else the task manager would have to ask for them again at once, and for ever.
 */
function throughNeeded(task: RollupTask, { grain, latenessMs }: RollupVersion, { end }: Interval): number {
  const passed = Math.min(end, bucketStart(grain, task.asOf - latenessMs))
  return Math.max(end + BOUNDS.earlyMs + 1, passed + latenessMs)
}

function piecesOf(task: RollupTask, windows: Interval): Piece[] {
  if (task.versions.length === 0) return [{ interval: windows, raw: task.raw }]
  const versions = new Map(task.versions.map(({ start, raw }) => [start, raw]))
  const pieces: Piece[] = []
  for (let chunk = chunkOf(windows.start); chunk < windows.end; chunk += BOUNDS.chunkMs) {
    const raw = versions.get(chunk) ?? 0
    const interval = intersect(windows, { start: chunk, end: chunk + BOUNDS.chunkMs })
    const last = pieces.at(-1)
    if (last?.raw === raw) {
      pieces[pieces.length - 1] = { interval: { start: last.interval.start, end: interval.end }, raw }
    } else pieces.push({ interval, raw })
  }
  return pieces
}

interface Asking {
  readonly rollup: RollupVersion
  readonly asker: Asker
  readonly throughAtLeast: number
}

/**
 * A finer rollup may be behind (its own settling roll-up parked, say): then what it gives is older than the task
 * wants, and only raw will do.
 */
async function askPiece(piece: Piece, asking: Asking): Promise<StateFrame> {
  const { rollup, asker, throughAtLeast } = asking
  const frame = await ask(piece, asking, asker.rollups.notFinerThan(rollup))
  if (frame.asOf >= throughAtLeast) return frame
  const fresh = await ask(piece, asking, asker.rollups.idsOf(rollup.dataset))
  if (fresh.asOf >= throughAtLeast) return fresh
  const what = `${rollup.id} over ${formatInterval(piece.interval)}`
  throw new LanewayError('EDGE_UNAVAILABLE', {
    detail: `${what}: read as of ${formatTime(fresh.asOf)}, needed as of ${formatTime(throughAtLeast)}`,
  })
}

async function ask({ interval, raw }: Piece, { rollup, asker }: Asking, avoid: readonly string[]): Promise<StateFrame> {
  const { dataset, labels, filter, grain, measures } = rollup
  const { frame } = await asker.engine.states(
    {
      dataset,
      measures: measures.map((measure) => ({ ...measure, time: 'EVERY' })),
      groupBy: labels,
      filter,
      granularity: grain,
      interval,
      avoid,
      rawAtLeast: raw,
    },
    { scope: UNSCOPED, signal: asker.signal, lane: 'rollup' },
  )
  return frame
}
