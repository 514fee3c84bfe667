import { floorTo, type Interval } from './interval.ts'

/** Widths of answer buckets and of rollup grains. Buckets lie on UTC boundaries; P1W starts on Monday. */
export const GRANULARITIES = [
  'PT1M',
  'PT5M',
  'PT15M',
  'PT30M',
  'PT1H',
  'PT4H',
  'PT6H',
  'PT12H',
  'P1D',
  'P1W',
  'P1M',
  'ALL',
] as const
export type Granularity = (typeof GRANULARITIES)[number]
/** A granularity with an edge of its own: everything but ALL. */
export type Grain = Exclude<Granularity, 'ALL'>

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000
/** 1970-01-05 was the first Monday after the epoch. */
const MONDAY_MS = 4 * DAY_MS

const FIXED_MS: Partial<Record<Granularity, number>> = {
  PT1M: MINUTE_MS,
  PT5M: 5 * MINUTE_MS,
  PT15M: 15 * MINUTE_MS,
  PT30M: 30 * MINUTE_MS,
  PT1H: HOUR_MS,
  PT4H: 4 * HOUR_MS,
  PT6H: 6 * HOUR_MS,
  PT12H: 12 * HOUR_MS,
  P1D: DAY_MS,
}

export const isGranularity = (text: string): text is Granularity => (GRANULARITIES as readonly string[]).includes(text)

/** Width in ms where every bucket has the same one and lies on a multiple of it; undefined for P1W, P1M and ALL. */
export const fixedMs = (granularity: Granularity): number | undefined => FIXED_MS[granularity]

/** A usual width in ms, for estimates only: P1M counts as 30 days, ALL as infinite. */
export function roughMs(granularity: Granularity): number {
  if (granularity === 'ALL') return Number.POSITIVE_INFINITY
  return FIXED_MS[granularity] ?? (granularity === 'P1W' ? 7 * DAY_MS : 30 * DAY_MS)
}

/** Start of the bucket that contains `ms`. ALL is one bucket whose start is `allStart` (start of the first interval). */
export function bucketStart(granularity: Granularity, ms: number, allStart = 0): number {
  const width = FIXED_MS[granularity]
  if (width !== undefined) return floorTo(ms, width)
  if (granularity === 'P1W') return floorTo(ms - MONDAY_MS, 7 * DAY_MS) + MONDAY_MS
  if (granularity === 'ALL') return allStart
  const date = new Date(ms)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
}

/** End of the bucket that starts at `start` (a bucket start). ALL never ends. */
export function bucketEnd(granularity: Granularity, start: number): number {
  const width = FIXED_MS[granularity]
  if (width !== undefined) return start + width
  if (granularity === 'P1W') return start + 7 * DAY_MS
  if (granularity === 'ALL') return Number.POSITIVE_INFINITY
  const date = new Date(start)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}

export function bucketCeil(granularity: Grain, ms: number): number {
  const start = bucketStart(granularity, ms)
  return start === ms ? ms : bucketEnd(granularity, start)
}

/** Whole buckets inside an interval: before `…|..[--][--]..|…` ▸ after `[--][--]`; may be empty. */
export function alignedCore(granularity: Grain, interval: Interval): Interval {
  const start = bucketCeil(granularity, interval.start)
  return { start, end: Math.max(start, bucketStart(granularity, interval.end)) }
}

/** Bucket starts of every bucket that touches the interval, ascending. */
export function* bucketsOf(granularity: Grain, interval: Interval): Generator<number> {
  let start = bucketStart(granularity, interval.start)
  while (start < interval.end) {
    yield start
    start = bucketEnd(granularity, start)
  }
}

/**
 * Whether no boundary of `coarse` inside the interval cuts a bucket of `fine`: compared boundary by boundary,
 * never by dividing widths (PT4H does not nest in PT6H, P1W not in P1M).
 */
export function nestsOver(fine: Grain, coarse: Granularity, interval: Interval): boolean {
  if (coarse === 'ALL' || fine === coarse) return true
  for (const boundary of bucketsOf(coarse, interval)) {
    if (boundary > interval.start && bucketStart(fine, boundary) !== boundary) return false
  }
  return true
}
