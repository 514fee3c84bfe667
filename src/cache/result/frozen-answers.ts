import { LRUCache } from 'lru-cache'
import type { ResultFrame } from '../../model/frame.ts'
import { frameBytes } from './frame-bytes.ts'

export interface FrozenAnswersOptions {
  /** All kept answers together. */
  readonly bytesMax: number
  /** How long an answer is kept after it was last read. */
  readonly keptMs: number
  /** Epoch ms. */
  readonly clock: () => number
}

/** Something that holds a finished answer: all its groups, nothing filled. */
export interface HoldsFrame {
  readonly frame: ResultFrame
}

/**
 * Finished answers of which only a page was given out, so that the next pages belong to the same answer whatever has
 * happened to the data. Their keys say who may read them. The least recently read go first.
 */
export class FrozenAnswers<T extends HoldsFrame> {
  readonly #kept: LRUCache<string, T>

  constructor({ bytesMax, keptMs, clock }: FrozenAnswersOptions) {
    this.#kept = new LRUCache({
      maxSize: bytesMax,
      sizeCalculation: ({ frame }) => frameBytes(frame),
      ttl: keptMs,
      updateAgeOnGet: true,
      // No timer of its own: age is looked at when an answer is asked for.
      ttlResolution: 0,
      perf: { now: clock },
    })
  }

  get bytes(): number {
    return this.#kept.calculatedSize
  }

  /** One that is larger than everything together may be is not kept. */
  keep(key: string, answer: T): void {
    this.#kept.set(key, answer)
  }

  read(key: string): T | undefined {
    return this.#kept.get(key)
  }
}
