import type { DefHash } from './definition.ts'
import type { Interval } from './interval.ts'

/** Why a roll-up is asked for (docs/pipeline.md). */
export type TaskCause = 'early' | 'step' | 'published' | 'changed' | 'backfill' | 'manual'

/** One roll-up of whole windows of one rollup version inside one chunk. */
export interface RollupTask {
  /** `dataset/name` */
  readonly rollup: string
  readonly defHash: DefHash
  readonly chunkStart: number
  /** Whole windows of the rollup's grain. */
  readonly interval: Interval
  /** Rising per rollup, issued by the task manager. */
  readonly epoch: number
  /** Least raw version the answer may come from. */
  readonly raw: number
  readonly causes: readonly TaskCause[]
  /** How often it was tried before. */
  readonly attempt: number
}

/** What a worker writes to `task-state` in the transaction that ends the task. */
export interface TaskDone {
  readonly epoch: number
  readonly error?: string
}
