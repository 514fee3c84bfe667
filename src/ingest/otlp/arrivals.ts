import type { Clock } from '../../ports/clock.ts'
import type { Arrivals } from '../../ports/raw.ts'

/** One request between its arrival and the end of its commit. */
export interface Arrival {
  readonly arrivedMs: number
}

/** Requests on their way, in order of arrival. Arrival times never fall, even when the clock is set back. */
export class ArrivalBook implements Arrivals {
  readonly #clock: Clock
  readonly #waiting = new Set<Arrival>()
  #lastMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  begin(): Arrival {
    this.#lastMs = Math.max(this.#lastMs, this.#clock())
    const arrival = { arrivedMs: this.#lastMs }
    this.#waiting.add(arrival)
    return arrival
  }

  end(arrival: Arrival): void {
    this.#waiting.delete(arrival)
  }

  oldestWaitingMs(): number | null {
    for (const { arrivedMs } of this.#waiting) return arrivedMs
    return null
  }
}
