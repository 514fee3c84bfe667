import { LanewayError } from '../../model/errors.ts'
import type { Changes } from '../../ports/changes.ts'

/** Bounds of watched questions; each has a configuration key `watch.…` of the same name. */
export interface WatchLimits {
  /** A question is asked again at most this often, whatever a reader wants. */
  readonly periodMsMin: number
  /** How often is looked for what no push window tells: raw data, and buckets that become complete. */
  readonly tailPeriodMs: number
  /** Different questions at a time. */
  readonly questionsMax: number
  /** Readers of all of them together. */
  readonly watchersMax: number
  /** Values of the newest answers of all of them together. */
  readonly valuesMax: number
}

export const DEFAULT_WATCH_LIMITS: WatchLimits = {
  periodMsMin: 1_000,
  tailPeriodMs: 10_000,
  questionsMax: 1_000,
  watchersMax: 10_000,
  valuesMax: 5_000_000,
}

/** Runs something once after so many ms; what it answers takes that back. */
export interface Timers {
  after(ms: number, run: () => void): () => void
}

/** They do not keep the process from ending. */
export const PROCESS_TIMERS: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** Where nobody tells of changed windows: only timers ask again. */
export const NO_CHANGES: Changes = { subscribe: () => () => undefined }

const RETRY_AFTER_SECONDS = 10

export const watchFull = (what: string, key: 'questionsMax' | 'watchersMax' | 'valuesMax', limit: number) =>
  new LanewayError('WATCH_FULL', {
    detail: `${what} already, at most ${limit} are allowed`,
    limit,
    configKey: `watch.${key}`,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
