import type { Coverage, CoverageRun } from '../../model/coverage.ts'
import { bucketEnd, bucketStart, bucketsOf, type Grain } from '../../model/granularity.ts'

/** Settled buckets of one rollup version, as coverage says now. */
export class SettledBuckets {
  readonly #runs: readonly CoverageRun[]
  readonly #grain: Grain

  constructor({ runs }: Coverage, grain: Grain) {
    this.#runs = runs.filter(({ settled }) => settled)
    this.#grain = grain
  }

  /** Start of the newest; null where there is none. */
  get newest(): number | null {
    const last = this.#runs.at(-1)
    return last ? bucketStart(this.#grain, last.interval.end - 1) : null
  }

  has(bucket: number): boolean {
    return this.rawAt(bucket) !== undefined
  }

  /** Raw version that the bucket was read at. */
  rawAt(bucket: number): number | undefined {
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const { interval, raw } = this.#runs[i]!
      if (interval.start <= bucket) return bucket < interval.end ? raw : undefined
    }
    return undefined
  }

  /** Starts of those that begin at `fromMs` or later, ascending. */
  from(fromMs: number): number[] {
    return this.#runs.flatMap(({ interval }) => {
      const start = Math.max(interval.start, fromMs)
      return start >= interval.end
        ? []
        : [...bucketsOf(this.#grain, { start, end: interval.end })].filter((bucket) => bucket >= fromMs)
    })
  }
}

/** What one family could tell. */
export interface Prospect {
  readonly grain: Grain
  readonly settled: SettledBuckets
  /** Newest bucket that was told before: nothing older will be the newest again. */
  readonly told: number | null
}

/** Families that are further behind the others than this many buckets are not waited for. */
const BEHIND_MAX = 3

/**
 * The newest bucket that each family tells; null where it has none. The same for all that it can be the same for, so
 * that one export is one moment:
 *
 *     A  ····■■■■          A  ▸ 7
 *     B  ····■■■           B  ▸ 7     the newest that all have
 *     C  ··■■              C  ▸ 4     too far behind to be waited for
 */
export function newestBuckets(prospects: readonly Prospect[]): (number | null)[] {
  const newest = prospects.map(({ settled }) => settled.newest ?? Number.NEGATIVE_INFINITY)
  const common = new Map<Grain, number>()
  for (const grain of new Set(prospects.map((each) => each.grain))) {
    common.set(
      grain,
      commonBucket(
        grain,
        newest.filter((_, i) => prospects[i]!.grain === grain),
      ),
    )
  }
  return prospects.map(({ grain, settled, told }, i) => {
    if (settled.newest === null) return told
    const chosen = settled.has(common.get(grain)!) ? common.get(grain)! : newest[i]!
    return told === null ? chosen : Math.max(told, chosen)
  })
}

function commonBucket(grain: Grain, newest: readonly number[]): number {
  const top = Math.max(...newest)
  if (top === Number.NEGATIVE_INFINITY) return top
  const waitedFor = top - BEHIND_MAX * (bucketEnd(grain, top) - top)
  return Math.min(...newest.filter((bucket) => bucket >= waitedFor))
}
