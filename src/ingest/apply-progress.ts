import { LanewayError } from '../model/errors.ts'
import type { LogDescription } from '../ports/log.ts'

export type Positions = ReadonlyMap<number, bigint>

export interface PartitionLag {
  readonly partition: number
  readonly position: bigint
  readonly end: bigint
  /** Positions between here and the end: records, or gaps where they were. */
  readonly lagRecords: number
  /** Since when the end was not reached; 0 at the end. */
  readonly lagMs: number
}

interface Place {
  position: bigint
  end: bigint
  /** Last moment at which everything appended by then was applied; null before the first. */
  reachedMs: number | null
}

interface Waiter {
  targets: Positions
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** How far each partition is read, when each had reached its end, and who waits for that. */
export class Progress {
  readonly #places = new Map<number, Place>()
  readonly #waiters = new Set<Waiter>()
  readonly #sinceMs: number
  #appliedMs = 0
  #stopped = false

  /** `sinceMs` is when the lag of a partition begins that never was at its end. */
  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs
  }

  /** Moment up to which everything appended is applied; 0 before the first; never goes back. */
  get appliedMs(): number {
    return this.#appliedMs
  }

  get positions(): Positions {
    return new Map([...this.#places].map(([partition, { position }]) => [partition, position]))
  }

  /** Whether reading has begun and nothing is left, as far as the ends are known. */
  get isAtEnd(): boolean {
    return this.#places.size > 0 && [...this.#places.values()].every(({ position, end }) => position >= end)
  }

  restore(positions: Positions, appliedMs: number): void {
    for (const [partition, position] of positions) this.#places.set(partition, newPlace(position))
    this.#appliedMs = Math.max(this.#appliedMs, appliedMs)
  }

  forget(): void {
    this.#places.clear()
  }

  /** The log as it is when reading starts: partitions not known yet start at their beginning. */
  begin({ partitions }: LogDescription): void {
    for (const { partition, start, end } of partitions) this.#placeOf(partition, start).end = end
    const targets = new Map(partitions.map(({ partition, end }) => [partition, end]))
    for (const waiter of this.#waiters) waiter.targets = targets
    this.#wake()
  }

  add(partitions: readonly number[]): void {
    for (const partition of partitions) this.#placeOf(partition, 0n)
  }

  positionOf(partition: number): bigint {
    return this.#placeOf(partition, 0n).position
  }

  advance(partition: number, next: bigint): void {
    const place = this.#placeOf(partition, next)
    place.position = next
    if (next > place.end) place.end = next
    if (next >= place.end) this.#wake()
  }

  /** The ends of the log as they were at `atMs`. */
  see(ends: Positions, atMs: number): void {
    for (const [partition, end] of ends) {
      const place = this.#places.get(partition)
      if (!place) continue
      place.end = end
      if (place.position >= end) place.reachedMs = Math.max(place.reachedMs ?? 0, atMs)
    }
    const reached = [...ends.keys()].map((partition) => this.#places.get(partition)?.reachedMs ?? null)
    if (reached.length === 0 || reached.includes(null)) return
    this.#appliedMs = Math.max(this.#appliedMs, Math.min(...(reached as number[])))
  }

  /** Resolves when every partition stands at its target or beyond. Error: NOT_READY after `stop`. */
  whenReached(targets: Positions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.add({ targets, resolve, reject })
      this.#wake()
      if (this.#stopped) this.stop()
    })
  }

  stop(): void {
    this.#stopped = true
    const error = new LanewayError('NOT_READY', { detail: 'reading of the aggregates has ended' })
    for (const { reject } of this.#waiters) reject(error)
    this.#waiters.clear()
  }

  lags(nowMs: number): PartitionLag[] {
    return [...this.#places].map(([partition, { position, end, reachedMs }]) => ({
      partition,
      position,
      end,
      lagRecords: Number(end > position ? end - position : 0n),
      lagMs: end > position ? Math.max(0, nowMs - (reachedMs ?? (this.#appliedMs || this.#sinceMs))) : 0,
    }))
  }

  #wake(): void {
    for (const waiter of this.#waiters) {
      const reached = [...waiter.targets].every(
        ([partition, end]) => (this.#places.get(partition)?.position ?? -1n) >= end,
      )
      if (!reached) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  #placeOf(partition: number, position: bigint): Place {
    const have = this.#places.get(partition)
    if (have) return have
    const place = newPlace(position)
    this.#places.set(partition, place)
    return place
  }
}

const newPlace = (position: bigint): Place => ({ position, end: position, reachedMs: null })
