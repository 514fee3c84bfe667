import { LanewayError } from '../../model/errors.ts'

/** Bounds of the stream route; each has a configuration key `stream.…` of the same name. */
export interface StreamLimits {
  /** A stream that is silent for so long says that it lives. */
  readonly heartbeatMs: number
  readonly connectionsMax: number
  readonly connectionsPerCallerMax: number
  /** One event, which is also what may wait for one reader. */
  readonly eventBytesMax: number
  /** A reader that takes nothing for so long is cut off. */
  readonly stuckMsMax: number
  /** How long what a stream has told is kept after its last reader left. */
  readonly resumeMs: number
  /** Points of all streams that are kept without a reader. */
  readonly resumePointsMax: number
  /** How long clients wait before they connect again. */
  readonly retryMs: number
}

const MIB = 1024 * 1024

export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  heartbeatMs: 15_000,
  connectionsMax: 1_000,
  connectionsPerCallerMax: 100,
  eventBytesMax: 8 * MIB,
  stuckMsMax: 30_000,
  resumeMs: 60_000,
  resumePointsMax: 1_000_000,
  retryMs: 3_000,
}

const RETRY_AFTER_SECONDS = 10

export const streamsFull = (who: string, key: 'connectionsMax' | 'connectionsPerCallerMax', limit: number) =>
  new LanewayError('WATCH_FULL', {
    detail: `${who} ${limit} streams open already, and that is the limit.`,
    limit,
    configKey: `stream.${key}`,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })

export const eventTooLong = (limit: number): LanewayError =>
  new LanewayError('QUERY_TOO_EXPENSIVE', {
    detail: `The answer as one event is longer than ${limit} bytes.`,
    hint: 'Stream less time, fewer groups or a coarser granularity.',
    limit,
    configKey: 'stream.eventBytesMax',
  })
