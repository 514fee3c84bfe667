import type { Interval } from '../model/interval.ts'
import type { Chunk, LateMark, PointBatch, StepRef, StreamState } from '../model/point.ts'

/** Writes raw points: one commit holds points, stream state and late marks, or nothing. */
export interface RawWriter {
  /** Resolves with the sequence of the commit once it is durable. Error: STORE_UNWRITABLE. */
  append(batch: PointBatch, streams: StreamState, late: readonly StepRef[]): Promise<number>
  /** Stream state as last committed, identities no older than `sinceMs`. */
  restore(sinceMs: number): Promise<StreamState>
}

/** What the task manager needs to know of raw data. */
export interface RawChunks {
  /** Chunks that touch the interval, ascending. */
  list(dataset: string, interval: Interval): Promise<readonly Chunk[]>
  /** Late marks with a sequence above `after`, ascending, at most `limit`. */
  marks(after: number, limit: number): Promise<readonly LateMark[]>
  /** Moment up to whose arrivals raw shows everything, epoch ms; never goes back. */
  asOf(): number
  /** Calls back (soon) after commits that carry marks; returns the unsubscribe. */
  onMarks(listener: () => void): () => void
}

/** Arrivals that are accepted but not yet committed: raw's asOf must not pass the oldest. */
export interface Arrivals {
  /** Arrival time of the oldest point still waiting, epoch ms; null when none waits. */
  oldestWaitingMs(): number | null
}
