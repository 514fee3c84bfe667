import { setTimeout as sleep } from 'node:timers/promises'

export interface BackoffBounds {
  readonly firstMs: number
  readonly maxMs: number
}

/** Waits between tries: each twice as long as the one before, up to the longest. */
export class Backoff {
  readonly #bounds: BackoffBounds
  #nextMs: number

  constructor(bounds: BackoffBounds) {
    this.#bounds = bounds
    this.#nextMs = bounds.firstMs
  }

  reset(): void {
    this.#nextMs = this.#bounds.firstMs
  }

  /** Resolves when the time is over or the signal aborts; never rejects. */
  async wait(signal: AbortSignal): Promise<void> {
    const ms = this.#nextMs
    this.#nextMs = Math.min(this.#bounds.maxMs, ms * 2)
    await pause(ms, signal)
  }
}

/** A sleep that an abort ends early instead of rejecting. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
