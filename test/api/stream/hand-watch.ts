import type { Answer, ReadingExits, Watched } from '../../../src/planner/engine.ts'

type Waiter = PromiseWithResolvers<IteratorResult<Watched>>

/** Watched questions on the far side of the engine: all of them are told what the test says. */
export class HandWatch {
  readonly #readers = new Set<HandReader>()
  #newest: Answer | null = null
  #revision = 0
  /** Iterations begun so far. */
  begun = 0

  get running(): number {
    return this.#readers.size
  }

  readonly watch: ReadingExits['watch'] = (_question, { signal }) => ({
    [Symbol.asyncIterator]: () => {
      this.begun++
      const reader = new HandReader(() => this.#readers.delete(reader))
      this.#readers.add(reader)
      signal.addEventListener('abort', () => reader.end(), { once: true })
      if (this.#newest) reader.offer({ revision: this.#revision, answer: this.#newest })
      return reader
    },
  })

  tell(answer: Answer): void {
    this.#newest = answer
    this.#revision++
    for (const reader of this.#readers) reader.offer({ revision: this.#revision, answer })
  }

  fail(error: unknown): void {
    for (const reader of [...this.#readers]) reader.fail(error)
  }
}

class HandReader implements AsyncIterator<Watched> {
  readonly #onEnd: () => void
  #slot: Watched | null = null
  #waiter: Waiter | null = null
  #failure: unknown = null
  #ended = false

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  offer(state: Watched): void {
    const waiter = this.#waiter
    this.#waiter = null
    if (waiter) waiter.resolve({ done: false, value: state })
    else this.#slot = state
  }

  fail(error: unknown): void {
    this.#failure = error
    this.#waiter?.reject(error)
    this.#onEnd()
  }

  end(): void {
    this.#ended = true
    this.#waiter?.resolve({ done: true, value: undefined })
    this.#onEnd()
  }

  async next(): Promise<IteratorResult<Watched>> {
    if (this.#failure) throw this.#failure
    if (this.#ended) return { done: true, value: undefined }
    const value = this.#slot
    this.#slot = null
    if (value) return { done: false, value }
    this.#waiter = Promise.withResolvers()
    return this.#waiter.promise
  }

  async return(): Promise<IteratorResult<Watched>> {
    this.end()
    return { done: true, value: undefined }
  }
}
