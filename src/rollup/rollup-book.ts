import type { RollupVersion } from '../model/definition.ts'
import { bucketEnd, bucketStart, bucketsOf, type Grain, HOUR_MS, roughMs } from '../model/granularity.ts'
import type { Interval } from '../model/interval.ts'
import type { UnitState } from '../model/task-records.ts'
import { BOUNDS } from './bounds.ts'
import type { Moment } from './due.ts'
import { chunkOf, type RawBook } from './raw-book.ts'
import { UnitBook, type Wake } from './unit-book.ts'

/** One active rollup version: its units by chunk. */
export class RollupBook {
  readonly raw: RawBook
  readonly units = new Map<number, UnitBook>()
  /** See TaskStateRecord: dirty marks are also written for windows that were never rolled up here. */
  readonly returned: boolean
  /** Books of rollups that this one could be computed from, when it is coarser. */
  finer: readonly RollupBook[] = []
  version: RollupVersion
  retentionMs: number
  #spread: Interval | null = null

  constructor(version: RollupVersion, parts: { raw: RawBook; retentionMs: number; returned: boolean }) {
    this.version = version
    this.raw = parts.raw
    this.retentionMs = parts.retentionMs
    this.returned = parts.returned
  }

  /** A unit is a chunk, or one window where windows are longer; it belongs to the chunk in which it starts. */
  get unitGrain(): Grain {
    return roughMs(this.version.grain) <= HOUR_MS ? 'PT1H' : this.version.grain
  }

  unitAt(ms: number): UnitBook | undefined {
    return this.units.get(bucketStart(this.unitGrain, ms))
  }

  /** The unit that holds the moment, made when it is not there, whatever its age. */
  obtain(ms: number): UnitBook {
    const start = bucketStart(this.unitGrain, ms)
    const unit = this.units.get(start) ?? new UnitBook({ start, end: bucketEnd(this.unitGrain, start) })
    this.units.set(start, unit)
    return unit
  }

  restore(chunkStart: number, state: UnitState, nowMs: number): UnitBook {
    const interval = { start: chunkStart, end: bucketEnd(this.unitGrain, chunkStart) }
    const unit = UnitBook.restored(state, { interval, rollup: this.version, nowMs })
    this.units.set(chunkStart, unit)
    return unit
  }

  unitsIn(interval: Interval): UnitBook[] {
    return [...bucketsOf(this.unitGrain, interval)].flatMap((start) => this.units.get(start) ?? [])
  }

  /** Makes units from where data begins, or is still kept, up to asOf. Where no data is known, none. */
  extend(asOf: number): void {
    const { first } = this.raw
    if (first === null) return
    const from = Math.max(first, asOf - this.version.keep.pushMs, asOf - this.retentionMs)
    if (this.#spread && from >= this.#spread.start && asOf < this.#spread.end) return
    for (const start of bucketsOf(this.unitGrain, { start: from, end: asOf + 1 })) {
      const end = bucketEnd(this.unitGrain, start)
      if (!this.isOver({ start, end }, asOf)) this.obtain(start)
    }
    const newest = bucketStart(this.unitGrain, asOf)
    this.#spread = { start: bucketStart(this.unitGrain, from), end: bucketEnd(this.unitGrain, newest) }
  }

  /** Another keep or retention: what is to be rolled up must be looked for anew. */
  redefine(version: RollupVersion, retentionMs: number): void {
    const { latenessMs, keep } = this.version
    this.version = version
    const isAsBefore = latenessMs === version.latenessMs && keep.pushMs === version.keep.pushMs
    if (isAsBefore && retentionMs === this.retentionMs) return
    this.retentionMs = retentionMs
    this.#spread = null
    for (const unit of this.units.values()) unit.wakeUp()
  }

  /** Units whose time is over and that wait for nothing. */
  expired(asOf: number): UnitBook[] {
    return [...this.units.values()].filter((unit) => unit.isIdle && this.isOver(unit.interval, asOf))
  }

  isOver(unit: Interval, asOf: number): boolean {
    return unit.end <= asOf - this.version.keep.pushMs || this.isFrozen(unit, asOf)
  }

  /** Raw retention has reached the last chunk of it. */
  isFrozen(unit: Interval, asOf: number): boolean {
    return isFrozen(chunkOf(unit.end - 1), { asOf, retentionMs: this.retentionMs })
  }

  momentOf(unit: UnitBook, { asOf, now }: Wake): Moment {
    return {
      asOf,
      now,
      version: this.raw.version(unit.interval),
      markedMs: this.raw.markedMs(unit.interval),
      frozen: this.isFrozen(unit.interval, asOf),
      keptFrom: asOf - this.version.keep.pushMs,
    }
  }
}

/** Once raw retention minus one chunk has passed since the chunk's end, its points begin to leave. */
export const isFrozen = (chunkStart: number, { asOf, retentionMs }: { asOf: number; retentionMs: number }): boolean =>
  chunkStart + BOUNDS.chunkMs + (retentionMs - BOUNDS.chunkMs) <= asOf
