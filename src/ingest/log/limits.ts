import type { ReadBounds } from './store.ts'

const MIB = 1024 * 1024

/** Bounds of a local log; what a broker has too is set to the broker's default. */
export interface LogLimits {
  /** Largest key and value of one record together. */
  readonly recordBytesMax: number
  /** Largest transaction, keys and values together. */
  readonly commitBytesMax: number
  /** Transactions that may wait for their turn. */
  readonly commitsWaitingMax: number
  /** What a tail hands over at once: partitions take turns, so a turn of the event loop has one of each. */
  readonly tailBatch: ReadBounds
  /** What a group handles in one transaction: few, so that one failure repeats little and results show early. */
  readonly groupBatch: ReadBounds
  /** Time during which a tombstone stays after compaction met it, so that readers behind it see it. */
  readonly tombstonesKeptMs: number
}

export const LOG_LIMITS: LogLimits = {
  recordBytesMax: MIB,
  commitBytesMax: 256 * MIB,
  commitsWaitingMax: 10_000,
  tailBatch: { recordsMax: 256, bytesMax: MIB },
  groupBatch: { recordsMax: 8, bytesMax: MIB },
  tombstonesKeptMs: 24 * 3_600_000,
}
