/** Wakes those who wait for something new on a topic. Whoever waits looks first and then waits, without a gap. */
export class Bells {
  readonly #waiting = new Map<string, Set<() => void>>()

  ring(topics: Iterable<string>): void {
    for (const topic of topics) {
      const waiting = this.#waiting.get(topic)
      this.#waiting.delete(topic)
      for (const wake of waiting ?? []) wake()
    }
  }

  /** Resolves at the next ring of the topic, or when the signal aborts. */
  async next(topic: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = () => resolve()
    const waiting = this.#waiting.get(topic) ?? new Set()
    this.#waiting.set(topic, waiting.add(wake))
    signal.addEventListener('abort', wake, { once: true })
    await promise
    signal.removeEventListener('abort', wake)
    waiting.delete(wake)
  }
}
