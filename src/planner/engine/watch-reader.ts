import type { Watched } from '../reading-contract.ts'

type Waiter = PromiseWithResolvers<IteratorResult<Watched>>
const DONE: IteratorResult<Watched> = { done: true, value: undefined }

/**
 * One reader of a watched question. Nothing queues up for it: there is one slot, and what is newer takes the place of
 * what was not fetched.
 *
 *     told   1  2  3  4 ─────── 5
 *     slot   1  ·  3▸4          5        (2 was fetched at once: somebody waited)
 */
export class WatchReader implements AsyncIterableIterator<Watched> {
  readonly #onLeave: () => void
  readonly #waiting: Waiter[] = []
  #slot: Watched | null = null
  #failure: { readonly error: unknown } | null = null
  #ended = false

  constructor(onLeave: () => void) {
    this.#onLeave = onLeave
  }

  offer(state: Watched): void {
    if (this.#ended) return
    const waiter = this.#waiting.shift()
    if (waiter) waiter.resolve({ done: false, value: state })
    else this.#slot = state
  }

  /** What is in the slot can still be fetched; then comes the error. */
  fail(error: unknown): void {
    if (this.#ended) return
    this.#failure = { error }
    this.#end()
  }

  leave(): void {
    this.#slot = null
    this.#end()
  }

  async next(): Promise<IteratorResult<Watched>> {
    const state = this.#slot
    if (state) {
      this.#slot = null
      return { done: false, value: state }
    }
    if (this.#ended) return this.#last()
    const waiter = Promise.withResolvers<IteratorResult<Watched>>()
    this.#waiting.push(waiter)
    return waiter.promise
  }

  async return(): Promise<IteratorResult<Watched>> {
    this.#failure = null
    this.leave()
    return DONE
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const waiter of this.#waiting.splice(0)) this.#last().then(waiter.resolve, waiter.reject)
    this.#onLeave()
  }

  /** The error once, afterwards the end. */
  async #last(): Promise<IteratorResult<Watched>> {
    const failure = this.#failure
    this.#failure = null
    if (failure) throw failure.error
    return DONE
  }
}
