import type { IntakeLimits } from './limits.ts'

/** Holds each dataset to `seriesMax` active series, so that a label with endless values cannot fill the store. */
export class SeriesGuard {
  readonly #limits: Pick<IntakeLimits, 'seriesMax' | 'seriesActiveMs'>
  /** dataset → series → when it last had a point, oldest first */
  readonly #datasets = new Map<string, Map<string, number>>()

  constructor(limits: Pick<IntakeLimits, 'seriesMax' | 'seriesActiveMs'>) {
    this.#limits = limits
  }

  admit(dataset: string, seriesId: string, nowMs: number): boolean {
    const active = this.#datasets.get(dataset) ?? new Map<string, number>()
    this.#datasets.set(dataset, active)
    if (active.delete(seriesId) || active.size < this.#limits.seriesMax) {
      active.set(seriesId, nowMs)
      return true
    }
    this.#expire(active, nowMs)
    if (active.size >= this.#limits.seriesMax) return false
    active.set(seriesId, nowMs)
    return true
  }

  /** Forgets series and datasets without points. */
  expire(nowMs: number): void {
    for (const [dataset, active] of this.#datasets) {
      this.#expire(active, nowMs)
      if (active.size === 0) this.#datasets.delete(dataset)
    }
  }

  #expire(active: Map<string, number>, nowMs: number): void {
    for (const [seriesId, seenMs] of active) {
      if (seenMs > nowMs - this.#limits.seriesActiveMs) return
      active.delete(seriesId)
    }
  }
}
