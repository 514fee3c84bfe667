import type { LiveWindow } from './live-window.ts'
import type { StagedEpoch } from './staged-epoch.ts'

/** One bucket of one rollup version. */
export interface WindowEntry {
  readonly bucket: number
  readonly bucketEnd: number
  live: LiveWindow | null
  /** Epochs above the live one, ascending. */
  staged: StagedEpoch[]
  /** Raw version of the last dirty mark; -1 without one. */
  mark: number
}

export const NO_MARK = -1

export const isDirty = (entry: WindowEntry): boolean => entry.live !== null && entry.mark > entry.live.raw

/**
 * The newest windows of a rollup version, at most `slots`, ascending by bucket. It turns as newer buckets come in:
 * the oldest leaves. Bucket widths may differ (months), so places are found by bisection, not by division.
 */
export class WindowRing {
  readonly #entries: WindowEntry[] = []
  #last: WindowEntry | null = null

  get entries(): readonly WindowEntry[] {
    return this.#entries
  }

  get oldest(): WindowEntry | undefined {
    return this.#entries[0]
  }

  find(bucket: number): WindowEntry | undefined {
    if (this.#last?.bucket === bucket) return this.#last
    const entry = this.#entries[this.indexFrom(bucket)]
    if (entry?.bucket !== bucket) return undefined
    this.#last = entry
    return entry
  }

  /** Index of the first window at or after `bucket`. */
  indexFrom(bucket: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#entries[middle]!.bucket < bucket) low = middle + 1
      else high = middle
    }
    return low
  }

  insert(bucket: number, bucketEnd: number): WindowEntry {
    const entry: WindowEntry = { bucket, bucketEnd, live: null, staged: [], mark: NO_MARK }
    this.#entries.splice(this.indexFrom(bucket), 0, entry)
    this.#last = entry
    return entry
  }

  dropOldest(): WindowEntry | undefined {
    this.#last = null
    return this.#entries.shift()
  }
}
