import {
  alignedCore,
  bucketEnd,
  bucketStart,
  bucketsOf,
  fixedMs,
  type Grain,
  type Granularity,
  roughMs,
} from '../../model/granularity.ts'
import { type Interval, isEmpty, subtract } from '../../model/interval.ts'

/** Which windows of a grain may serve a question, and the first that may not, by why. */
export interface Windows {
  /** Whole windows that lie in one bucket each; sorted and disjoint. */
  readonly whole: readonly Interval[]
  /** Cut by an edge of the asked intervals. */
  readonly cutByEdge: Interval | null
  /** Cut by a boundary between two buckets. */
  readonly cutByBucket: Interval | null
}

interface WindowQuestion {
  readonly granularity: Granularity
  readonly intervals: readonly Interval[]
  readonly stepMs: number
}

/**
 *   asked     ..[-----------------------]..
 *   windows   |....|....|....|....|....|....|
 *   buckets   |...........|.............|...
 *   whole          [----]     [---------]     the second window straddles a boundary, the ends cut two more
 */
export function windowsIn(grain: Grain, { granularity, intervals, stepMs }: WindowQuestion): Windows {
  if (fixedMs(grain) === stepMs) return { whole: intervals, cutByEdge: null, cutByBucket: null }
  const cores = intervals.map((interval) => alignedCore(grain, interval))
  const inside = cores.filter((core) => !isEmpty(core))
  const straddling = straddlers(grain, granularity, inside)
  return {
    whole: straddling.length === 0 ? inside : subtract(inside, straddling),
    cutByEdge: firstEdge(intervals, cores),
    cutByBucket: straddling[0] ?? null,
  }
}

function firstEdge(intervals: readonly Interval[], cores: readonly Interval[]): Interval | null {
  for (const [i, interval] of intervals.entries()) {
    const core = cores[i]!
    if (isEmpty(core)) return interval
    if (core.start > interval.start) return { start: interval.start, end: core.start }
    if (core.end < interval.end) return { start: core.end, end: interval.end }
  }
  return null
}

/** Windows in which a bucket ends, found boundary by boundary. One wider than every bucket never lies in one. */
function straddlers(grain: Grain, granularity: Granularity, cores: readonly Interval[]): readonly Interval[] {
  if (granularity === 'ALL' || grain === granularity) return []
  if (roughMs(grain) > roughMs(granularity)) return cores
  return cores.flatMap((core) => straddlersIn(grain, granularity, core))
}

function straddlersIn(grain: Grain, granularity: Grain, core: Interval): Interval[] {
  const found: Interval[] = []
  for (const boundary of bucketsOf(granularity, core)) {
    const start = bucketStart(grain, boundary)
    if (start !== boundary && start >= core.start) found.push({ start, end: bucketEnd(grain, start) })
  }
  return found
}
