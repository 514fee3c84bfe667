import { HOUR_MS, MINUTE_MS } from '../model/granularity.ts'

/** Bounds and periods of the pipeline; docs/pipeline.md says what each is for. Times in ms. */
export const BOUNDS = {
  /** Unit of tasks and of raw versions. */
  chunkMs: HOUR_MS,
  /** A point that arrives more than this after its step's end is marked late (decisions/0002). */
  earlyMs: 5_000,
  /** Late marks issue at most one task per rollup and chunk in this time. */
  changedPeriodMs: 5_000,
  /** A chunk counts as published when it is older than the watermark and no mark came for this long. */
  quietMs: MINUTE_MS,
  /** How long a coarse roll-up waits for the finer ones that it could be computed from. */
  finerWaitMsMax: 30_000,
  /** Tasks of all rollups that may be issued and not done. */
  outstandingMax: 16,
  /** A failed task is issued again this often, then parked. */
  retriesMax: 5,
  /** Before the first of them; doubled for each further one. */
  retryFirstMs: 1_000,
  /** After this time without an answer the log may have dropped the task: issued again. */
  lostAfterMs: 12 * HOUR_MS,
  tickPeriodMs: 1_000,
  /** Late marks read at once. */
  marksMax: 1_000,
  /** Dirty marks written in one transaction; fewer late marks are read at once where many rollups multiply them. */
  dirtyMax: 20_000,
  /** Parked tasks that `stats` names. */
  parkedShownMax: 100,
} as const
