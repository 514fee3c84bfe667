import type { PushWriter } from '../cache/push/contract.ts'
import type { CatalogView } from '../ports/catalog.ts'
import type { Clock } from '../ports/clock.ts'
import type { HealthPart } from '../ports/health.ts'
import type { LogTail } from '../ports/log.ts'
import { PushReaderLoop } from './apply-loop.ts'
import type { PartitionLag } from './apply-progress.ts'
import type { SnapshotFacts } from './apply-snapshots.ts'
import type { KeptAside } from './kept-aside.ts'
import type { KnownEnds } from './log/known-ends.ts'

export interface PushApplyOptions {
  readonly table: PushWriter
  /** The `aggregates` topic. A tail that knows its ends at once makes `appliedMs` exact; another is asked on a timer. */
  readonly tail: LogTail | (LogTail & KnownEnds)
  readonly catalog: CatalogView
  readonly snapshotPath: string
  readonly clock: Clock
  readonly snapshotPeriodMs: number
  readonly bootstrapMsMax: number
  /** Least time between rebuilds from the log: what goes wrong again and again must not keep the log busy. */
  readonly rebuildPeriodMs?: number
}

export interface ApplyStats extends SnapshotFacts {
  readonly records: number
  readonly nullKeys: number
  readonly tombstones: number
  readonly unreadable: number
  /** Where the last unreadable record lies and what is wrong with it. */
  readonly lastUnreadable: string | null
  /** How often the table was dropped and read from the log's start, and why the last time. */
  readonly rebuilds: number
  readonly lastRebuild: string | null
  /** Sum over the partitions. */
  readonly lagRecords: number
  /** Greatest of the partitions. */
  readonly lagMs: number
  readonly appliedMs: number
  readonly partitions: readonly PartitionLag[]
  /** The newest unreadable records. */
  readonly keptAside: readonly KeptAside[]
}

export interface PushApply {
  /** Restores the snapshot, then reads until the signal or `close`. A second call changes nothing. */
  start(signal: AbortSignal): void
  /** Resolves when every partition is read to the end it had at the start, or at the time-out; never rejects. */
  readonly bootstrapped: Promise<void>
  /** Now while everything is applied, else the last moment up to which everything was; 0 before the first. */
  appliedMs(): number
  /** Resolves when everything appended before the call is applied. Error: NOT_READY when reading ends before. */
  caughtUp(): Promise<void>
  /** Resolves when the table as it is now is on disk, or the failure is counted and shown. */
  snapshot(): Promise<void>
  /** Ends reading and writes a last snapshot. */
  close(): Promise<void>
  readonly health: HealthPart
  stats(): ApplyStats
}

/**
 * The one writer of the push table: log ▸ table, with a snapshot file so that a restart reads only what is new.
 * Error: CONFIG_INVALID when the table cannot hold what the catalog defines.
 */
export const openPushApply = (options: PushApplyOptions): PushApply => new PushReaderLoop(options)
