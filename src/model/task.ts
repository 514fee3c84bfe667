import type { DefHash } from './definition.ts'
import type { Interval } from './interval.ts'

/** Why a roll-up is asked for (docs/pipeline.md). */
export const TASK_CAUSES = ['early', 'step', 'published', 'changed', 'backfill', 'manual'] as const
export type TaskCause = (typeof TASK_CAUSES)[number]

/** Raw version of one chunk. */
export interface ChunkVersion {
  readonly start: number
  readonly raw: number
}

/** One roll-up of whole windows of one rollup version that start inside one chunk. */
export interface RollupTask {
  /** `dataset/name` */
  readonly rollup: string
  readonly defHash: DefHash
  readonly chunkStart: number
  /** Whole windows of the rollup's grain, ascending and disjoint. */
  readonly intervals: readonly Interval[]
  /** Rising per rollup, issued by the task manager. */
  readonly epoch: number
  /** Least raw version the answer may come from: the greatest of the chunks that the windows touch. */
  readonly raw: number
  /** Versions above 0 chunk by chunk, where the windows touch several chunks; else empty. */
  readonly versions: readonly ChunkVersion[]
  /** Raw's asOf when it was issued: everything that had arrived by then must be in the answer. */
  readonly asOf: number
  readonly causes: readonly TaskCause[]
  /** How often it was tried before. */
  readonly attempt: number
}

/** What a worker writes to `task-state` in the transaction that ends the task. */
export type TaskDone =
  | {
      readonly kind: 'sealed'
      readonly epoch: number
      /** Least over the windows, as their seals say. */
      readonly raw: number
      readonly through: number
      /** Windows that start before this moment are sealed; null: all of them. */
      readonly to: number | null
    }
  | {
      readonly kind: 'failed'
      readonly epoch: number
      readonly error: string
      readonly retriable: boolean
    }
