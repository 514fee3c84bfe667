import { type StreamLimits, streamsFull } from './stream-limits.ts'

/** Open streams, together and by caller. */
export class Seats {
  readonly #limits: StreamLimits
  readonly #byCaller = new Map<string, number>()
  #taken = 0

  constructor(limits: StreamLimits) {
    this.#limits = limits
  }

  /** Answers how to give it back, once. Error: WATCH_FULL. */
  take(caller: string): () => void {
    const { connectionsMax, connectionsPerCallerMax } = this.#limits
    const own = this.#byCaller.get(caller) ?? 0
    if (own >= connectionsPerCallerMax) {
      throw streamsFull('This caller has', 'connectionsPerCallerMax', connectionsPerCallerMax)
    }
    if (this.#taken >= connectionsMax) throw streamsFull('There are', 'connectionsMax', connectionsMax)
    this.#taken++
    this.#byCaller.set(caller, own + 1)
    return () => this.#giveBack(caller)
  }

  #giveBack(caller: string): void {
    this.#taken--
    const left = this.#byCaller.get(caller)! - 1
    if (left === 0) this.#byCaller.delete(caller)
    else this.#byCaller.set(caller, left)
  }
}
