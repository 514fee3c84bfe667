import type { LogRecord, TopicSettings } from '../../ports/log.ts'

/** One partition as readers see it: what lies in [start, end) is committed; some of it may be compacted away. */
export interface StoredPartition {
  readonly start: number
  readonly end: number
}

/** Positions of a local log are numbers: it would take 285 years of a million records a second to reach 2^53. */
export interface StoredTopic {
  readonly settings: TopicSettings
  readonly topicId: string
  readonly partitions: readonly StoredPartition[]
}

export interface ReadBounds {
  readonly recordsMax: number
  /** Of keys and values together; one record is always read. */
  readonly bytesMax: number
}

export interface StoredBatch {
  readonly records: readonly LogRecord[]
  /** Position after the batch: past gaps, never past the end. */
  readonly next: number
}

/** Shows that the holder was the owner of `id` at `epoch`; a newer claim makes it worthless. */
export interface Fence {
  readonly id: string
  readonly epoch: number
}

export interface GroupPosition {
  readonly group: string
  readonly topic: string
  readonly partition: number
}

/** Everything of it becomes visible and durable together, or nothing does. */
export interface LogCommit {
  readonly records: readonly LogRecord[]
  readonly fence?: Fence
  readonly position?: GroupPosition & { readonly next: number }
}

/** `newerEpoch` is the owner's that shut this one out; nothing was kept then. */
export type CommitOutcome =
  | { readonly kind: 'committed' }
  | { readonly kind: 'fenced'; readonly fence: Fence; readonly newerEpoch: number }

/**
 * Where a local log keeps its records; tails, groups and writers are the same on top of each store. Offsets rise by
 * one per record and are never used again. Reads are synchronous and see committed records only. Errors:
 * STORE_UNWRITABLE (then nothing was kept and the store stays usable), DATA_FOLDER_DAMAGED.
 */
export interface LogStore {
  topics(): Iterable<StoredTopic>
  topic(name: string): StoredTopic | undefined
  /** `from` must lie in [start, end). */
  read(topic: string, partition: number, from: number, bounds: ReadBounds): StoredBatch
  commit(commit: LogCommit): Promise<CommitOutcome>
  /** The next epoch of the id; durable, so that no owner of an earlier process can come back. */
  claim(fenceId: string): Promise<Fence>
  committed(position: GroupPosition): number | undefined
  addPartitions(topic: string, partitions: number): Promise<void>
  /** Deletes the topic with its records and group positions and makes it again under a new topic id. */
  recreate(topic: string): Promise<void>
  /** Compaction and retention, all that is due, in steps of some ms. */
  maintain(nowMs: number): Promise<void>
  bytes(): number
  close(): Promise<void>
}
