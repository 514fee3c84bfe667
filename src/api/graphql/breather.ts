import { setImmediate } from 'node:timers/promises'

/** Work goes on for so long before others have a turn. */
const TURN_MS = 8

/** Lets the rest of the process have a turn while a long answer is put together, piece after piece. */
export class Breather {
  #sinceMs = performance.now()
  #turn: Promise<void> = Promise.resolve()

  /** Before each piece: resolves when it is its turn. */
  rest(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#pause())
    return this.#turn
  }

  async #pause(): Promise<void> {
    if (performance.now() - this.#sinceMs < TURN_MS) return
    await setImmediate()
    this.#sinceMs = performance.now()
  }
}
