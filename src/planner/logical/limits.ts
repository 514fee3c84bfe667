import { DAY_MS, type Granularity, HOUR_MS } from '../../model/granularity.ts'

/** Bounds of one question. Those with a configuration key are `query.<name>`. */
export interface QueryLimits {
  /** Largest `limit`. */
  readonly groupsMax: number
  /** Groups answered when `limit` is left out. */
  readonly groupsDefault: number
  /** The same with granularity ALL, where a group has one value. */
  readonly groupsDefaultAll: number
  /** Values in one answer: groups × buckets × aggregations. */
  readonly valuesMax: number
  readonly intervalsMax: number
  readonly filterDepthMax: number
  /** Comparisons in a filter, in-lists counted value by value. */
  readonly filterTermsMax: number
  /** Characters of one pattern. */
  readonly regexCharactersMax: number
  readonly aggregationsMax: number
  /** Longest time asked for, all intervals together, ms; any where none is named. */
  readonly intervalMsMax: Readonly<Partial<Record<Granularity, number>>>
}

/** As Metrics API v2 has them, where it has them. */
export const DEFAULT_QUERY_LIMITS: QueryLimits = {
  groupsMax: 1_000,
  groupsDefault: 100,
  groupsDefaultAll: 1_000,
  valuesMax: 500_000,
  intervalsMax: 32,
  filterDepthMax: 16,
  filterTermsMax: 512,
  regexCharactersMax: 256,
  aggregationsMax: 16,
  intervalMsMax: { PT1M: 6 * HOUR_MS, PT5M: DAY_MS, PT15M: 4 * DAY_MS, PT30M: 7 * DAY_MS },
}
