import { scopeKey } from '../../model/scope.ts'
import type { WindowChange } from '../../ports/changes.ts'
import type { Engine } from '../contract.ts'
import { fingerprintOf } from '../logical/fingerprint.ts'
import type { LogicalQuery, QueryRequest } from '../logical/question.ts'
import type { ReadingExits, WatchOptions } from '../reading-contract.ts'
import type { Hall } from './parts.ts'
import { watchFull } from './watch-options.ts'
import { WatchReader } from './watch-reader.ts'
import { WatchedQuestion } from './watched-question.ts'

export interface WatchParts {
  readonly hall: Hall
  readonly answer: Engine['answer']
  /** Resolves a question as `answer` does. Throws what `answer` would. */
  readonly normalise: (request: QueryRequest, options: WatchOptions) => LogicalQuery
}

interface Held {
  readonly dataset: string
  /** Metrics that it reads. */
  readonly metrics: ReadonlySet<string>
  readonly question: WatchedQuestion
}

/** `watch` of the engine. A question that is refused ends its iterable with the error. */
export function watchExit(parts: WatchParts): ReadingExits['watch'] {
  const hub = new WatchHub(parts)
  return (request, options) => ({ [Symbol.asyncIterator]: () => hub.join(request, options) })
}

/** All watched questions, by what makes them equal; one subscription to the push table while there are any. */
class WatchHub {
  readonly #parts: WatchParts
  readonly #held = new Map<string, Held>()
  #watchers = 0
  #values = 0
  #unsubscribe: (() => void) | null = null

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  join(request: QueryRequest, options: WatchOptions): WatchReader {
    let leave: () => void = () => undefined
    const reader = new WatchReader(() => leave())
    try {
      if (options.signal.aborted) reader.leave()
      else leave = this.#enter(reader, request, options)
    } catch (error) {
      reader.fail(error)
    }
    return reader
  }

  /** Answers how it leaves. */
  #enter(reader: WatchReader, request: QueryRequest, options: WatchOptions): () => void {
    const { watchersMax, periodMsMin } = this.#parts.hall.watch
    if (this.#watchers >= watchersMax) throw watchFull(`${watchersMax} readers watch`, 'watchersMax', watchersMax)
    const logical = this.#parts.normalise(request, options)
    const periodMs = Math.max(options.periodMs ?? 0, periodMsMin)
    const key = keyOf(logical, request, { ...options, periodMs })
    const { question } = this.#held.get(key) ?? this.#open(key, logical, request, { ...options, periodMs })
    const abort = () => reader.leave()
    options.signal.addEventListener('abort', abort, { once: true })
    this.#watchers++
    question.enter(reader)
    return () => {
      options.signal.removeEventListener('abort', abort)
      this.#watchers--
      question.leave(reader)
    }
  }

  #open(key: string, logical: LogicalQuery, request: QueryRequest, options: AskedAs): Held {
    const { hall, answer } = this.#parts
    const { questionsMax, tailPeriodMs } = hall.watch
    if (this.#held.size >= questionsMax) {
      throw watchFull(`${questionsMax} questions are watched`, 'questionsMax', questionsMax)
    }
    const { scope, lane, periodMs } = options
    const asked = lane === undefined ? { scope } : { scope, lane }
    const question = new WatchedQuestion({
      intervals: request.intervals,
      stepMs: logical.stepMs,
      periodMs,
      tailPeriodMs,
      ask: (signal) => answer(request, 'summary', { ...asked, signal }),
      takeRoom: (values) => this.#takeRoom(values),
      clock: hall.clock,
      stopwatch: hall.stopwatch,
      timers: hall.timers,
      onEnd: () => this.#forget(key),
    })
    const metrics = new Set(logical.measures.map(({ metric }) => metric))
    const held = { dataset: logical.dataset, metrics, question }
    this.#held.set(key, held)
    this.#unsubscribe ??= hall.changes.subscribe((change) => this.#spread(change))
    return held
  }

  #forget(key: string): void {
    this.#held.delete(key)
    if (this.#held.size > 0) return
    this.#unsubscribe?.()
    this.#unsubscribe = null
  }

  #spread({ rollup: id, buckets }: WindowChange): void {
    for (const { name, rollups } of this.#parts.hall.catalog.current().datasets.values()) {
      const rollup = [...rollups.values()].find((each) => each.id === id)
      if (!rollup) continue
      for (const { dataset, metrics, question } of this.#held.values()) {
        const isRead = dataset === name && rollup.measures.some(({ metric }) => metrics.has(metric))
        if (isRead) question.windowsChanged(buckets, rollup.grain)
      }
    }
  }

  #takeRoom(values: number): void {
    const { valuesMax } = this.#parts.hall.watch
    const wanted = this.#values + values
    if (values > 0 && wanted > valuesMax) {
      throw watchFull('watched answers hold as many values as there is room for', 'valuesMax', valuesMax)
    }
    this.#values = wanted
  }
}

type AskedAs = WatchOptions & { readonly periodMs: number }

/**
 * Equal for questions that are one asking: the same rights, pace and meaning, whatever `now` is. Intervals count as
 * they are written, and so do aggregations, whose spelling an answer may repeat.
 */
function keyOf(logical: LogicalQuery, request: QueryRequest, { scope, lane, periodMs }: AskedAs): string {
  const meaning = fingerprintOf({ ...logical, intervals: [], allStart: 0 })
  return JSON.stringify([scopeKey(scope), lane ?? null, periodMs, meaning, request.intervals, request.aggregations])
}
