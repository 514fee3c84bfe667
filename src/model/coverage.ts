import type { Interval } from './interval.ts'

/** Raw version of a source that always reads the newest data. */
export const RAW_NEWEST = Number.MAX_SAFE_INTEGER

/**
 * A stretch of time a source can answer, all of it alike. Bounds lie on the source's own grain.
 * `settled`: its windows were read after the watermark had passed them; otherwise it is open and counts only in
 * `latest`. `dirty`: late data is known that it does not show.
 */
export interface CoverageRun {
  readonly interval: Interval
  readonly settled: boolean
  readonly dirty: boolean
  /** Least raw version of its windows; RAW_NEWEST for raw itself. */
  readonly raw: number
  /** Everything that had arrived by this moment is in it: the least over its windows, epoch ms. */
  readonly through: number
  /** Rows stored in it, for the price of a scan. */
  readonly rows: number
}

/** What a source can answer about one dataset version and some measures, published, never inferred from rows. */
export interface Coverage {
  /** Ascending and disjoint. What lies in no run is unknown to the source. */
  readonly runs: readonly CoverageRun[]
  /** Moment up to whose arrivals the source shows everything, epoch ms. */
  readonly asOf: number
}

export const NO_COVERAGE: Coverage = { runs: [], asOf: 0 }
