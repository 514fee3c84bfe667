import { HOUR_MS } from '../../model/granularity.ts'

/** Every bound of the intake, with its unit; the configuration keys are `intake.<name>`. */
export interface IntakeLimits {
  /** Request body as sent. */
  readonly bodyBytesMax: number
  /** Request body after gzip. */
  readonly inflatedBytesMax: number
  /** Messages and array elements of one request: what a decoded body takes in memory hangs on these. */
  readonly elementsMax: number
  /** Data points of one request; the ones beyond are rejected. */
  readonly pointsPerRequestMax: number
  readonly bucketsPerPointMax: number
  /** Values (a histogram has one per bucket) and bytes that wait for a commit before INTAKE_BUSY. */
  readonly pointsWaitingMax: number
  readonly bytesWaitingMax: number
  /** A commit starts `commitPeriodMs` after its first request joined, or at once when `commitPointsMax` values wait. */
  readonly commitPeriodMs: number
  readonly commitPointsMax: number
  /** No further request joins a commit that has this many values. */
  readonly groupPointsMax: number
  /** A point that arrives more than this after its step's end is marked late. */
  readonly earlyMs: number
  /** A point may be this far ahead of the clock. */
  readonly aheadMsMax: number
  readonly labelsMax: number
  readonly labelValueBytesMax: number
  /** Series of one dataset with a point within `seriesActiveMs`. */
  readonly seriesMax: number
  readonly seriesActiveMs: number
  /** Cumulative readings and point identities kept in memory. */
  readonly streamsMax: number
  readonly identitiesMax: number
}

const MIB = 1024 * 1024

export const INTAKE_LIMITS: IntakeLimits = {
  bodyBytesMax: 8 * MIB,
  inflatedBytesMax: 64 * MIB,
  elementsMax: 1_000_000,
  pointsPerRequestMax: 100_000,
  bucketsPerPointMax: 1_000,
  pointsWaitingMax: 200_000,
  bytesWaitingMax: 64 * MIB,
  commitPeriodMs: 20,
  commitPointsMax: 1_000,
  groupPointsMax: 20_000,
  earlyMs: 5_000,
  aheadMsMax: 600_000,
  labelsMax: 64,
  labelValueBytesMax: 1_024,
  seriesMax: 200_000,
  seriesActiveMs: HOUR_MS,
  streamsMax: 1_000_000,
  identitiesMax: 2_000_000,
}
