import { setImmediate as turn } from 'node:timers/promises'
import type { Timers } from '../../../src/planner/engine.ts'

interface Timer {
  readonly dueMs: number
  readonly run: () => void
}

/** Time that passes only when it is told to; also a stopwatch. */
export class HandTimers implements Timers {
  readonly #running = new Set<Timer>()
  #nowMs = 0

  after(ms: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + ms, run }
    this.#running.add(timer)
    return () => this.#running.delete(timer)
  }

  get running(): number {
    return this.#running.size
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** Runs what falls due on the way, in its order, each to its end. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settled()
    for (let timer = this.#next(untilMs); timer; timer = this.#next(untilMs)) {
      this.#running.delete(timer)
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
      timer.run()
      await settled()
    }
    this.#nowMs = untilMs
  }

  #next(untilMs: number): Timer | undefined {
    const due = [...this.#running].filter(({ dueMs }) => dueMs <= untilMs)
    return due.sort((a, b) => a.dueMs - b.dueMs)[0]
  }
}

/** Turns enough for an asking of memory to end. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await turn()
}
