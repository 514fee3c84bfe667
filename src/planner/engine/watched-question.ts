import { LanewayError } from '../../model/errors.ts'
import type { Grain } from '../../model/granularity.ts'
import type { Answer } from '../contract.ts'
import type { Watched } from '../reading-contract.ts'
import { pauseMs, reachesInto } from './watch-moments.ts'
import type { Timers } from './watch-options.ts'
import type { WatchReader } from './watch-reader.ts'
import { sameAnswer } from './watch-same.ts'

export interface WatchedParts {
  /** Its intervals as they were written. */
  readonly intervals: readonly string[]
  readonly stepMs: number
  readonly periodMs: number
  readonly tailPeriodMs: number
  readonly ask: (signal: AbortSignal) => Promise<Answer>
  /** Takes room for so many more values, or throws. */
  readonly takeRoom: (values: number) => void
  readonly clock: () => number
  readonly stopwatch: () => number
  readonly timers: Timers
  /** Nobody reads it any more. */
  readonly onEnd: () => void
}

/** Tries in a row that may fail before its readers are told. */
const TRIES_MAX = 6
const BACKOFF_MS_MAX = 60_000

/**
 * One question that is asked once for all its readers, again and again:
 *
 *     changed window ─┐
 *     tail, `now`  ───┼▸ due ▸ ask ▸ differs? ▸ tell every reader
 *     new reader   ───┘  (a period after the last asking at the earliest; one asking at a time)
 */
export class WatchedQuestion {
  readonly #parts: WatchedParts
  readonly #readers = new Set<WatchReader>()
  readonly #ended = new AbortController()
  /** The newest answer, under the revision of the last that differed. */
  #told: Watched | null = null
  #values = 0
  #failures = 0
  #asking = false
  #askAgain = false
  #askedMs = Number.NEGATIVE_INFINITY
  #tookMs = 0
  /** On the stopwatch; infinite when no timer runs. */
  #dueMs = Number.POSITIVE_INFINITY
  #cancelTimer: () => void = () => undefined

  constructor(parts: WatchedParts) {
    this.#parts = parts
  }

  /** The newest answer is told at once, and looked after soon. */
  enter(reader: WatchReader): void {
    this.#readers.add(reader)
    if (this.#told) reader.offer(this.#told)
    this.#askSoon()
  }

  leave(reader: WatchReader): void {
    if (this.#readers.delete(reader) && this.#readers.size === 0) this.#end()
  }

  windowsChanged(buckets: readonly number[], grain: Grain): void {
    if (this.#askAgain) return
    const intervals = this.#told?.answer.intervals
    if (!intervals || reachesInto(buckets, grain, intervals)) this.#askSoon()
  }

  #askSoon(): void {
    if (this.#asking) this.#askAgain = true
    else this.#askIn(Math.max(0, this.#askedMs + this.#parts.periodMs - this.#parts.stopwatch()))
  }

  #askIn(ms: number): void {
    const dueMs = this.#parts.stopwatch() + ms
    if (dueMs >= this.#dueMs) return
    this.#cancelTimer()
    this.#dueMs = dueMs
    this.#cancelTimer = this.#parts.timers.after(ms, () => void this.#ask())
  }

  async #ask(): Promise<void> {
    const { stopwatch, ask } = this.#parts
    this.#dueMs = Number.POSITIVE_INFINITY
    this.#asking = true
    this.#askAgain = false
    this.#askedMs = stopwatch()
    try {
      this.#tell(await ask(this.#ended.signal))
      this.#failures = 0
    } catch (error) {
      this.#failed(error)
    }
    this.#tookMs = stopwatch() - this.#askedMs
    this.#asking = false
    if (this.#ended.signal.aborted) return
    this.#askIn(this.#pauseMs())
    if (this.#askAgain) this.#askSoon()
  }

  #tell(answer: Answer): void {
    if (this.#ended.signal.aborted) return
    this.#takeRoomFor(answer)
    const before = this.#told
    if (before && sameAnswer(before.answer, answer)) {
      this.#told = { revision: before.revision, answer }
      return
    }
    this.#told = { revision: (before?.revision ?? 0) + 1, answer }
    for (const reader of this.#readers) reader.offer(this.#told)
  }

  #takeRoomFor({ frame }: Answer): void {
    const values = frame.series.reduce((sum, { points }) => sum + points.length * (points[0]?.values.length ?? 0), 0)
    this.#parts.takeRoom(values - this.#values)
    this.#values = values
  }

  /** Readers who have an answer keep it while what may pass lasts; it says itself how old it is. */
  #failed(error: unknown): void {
    if (this.#ended.signal.aborted) return
    const mayPass = this.#told !== null && isPassing(error) && ++this.#failures < TRIES_MAX
    if (mayPass) return
    for (const reader of this.#readers) reader.fail(error)
  }

  #pauseMs(): number {
    const { intervals, stepMs, tailPeriodMs, periodMs, clock } = this.#parts
    if (this.#failures > 0) return Math.min(BACKOFF_MS_MAX, periodMs * 2 ** this.#failures)
    const { answer } = this.#told!
    return pauseMs({ answer, intervals, stepMs, now: clock(), tookMs: this.#tookMs, tailPeriodMs })
  }

  #end(): void {
    this.#cancelTimer()
    this.#ended.abort()
    this.#parts.takeRoom(-this.#values)
    this.#parts.onEnd()
  }
}

/** What may pass by itself; a piece that nobody holds may come back with the next roll-up. */
const isPassing = (error: unknown): boolean =>
  error instanceof LanewayError && (error.retriable || error.code === 'EDGE_UNAVAILABLE')
