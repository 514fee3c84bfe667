import { grownFloat64, grownInt32 } from './grow.ts'
import { BIG_BYTES, type UnsortedRows } from './live-window.ts'
import type { RowCells } from './row-shape.ts'

export interface Seal {
  readonly keys: number
  readonly of: number
  readonly raw: number
  readonly through: number
}

/** Rough heap bytes of one entry in the map from series to row. */
const ROW_ENTRY_BYTES = 40
const STAGED_BYTES = 512
/** Partition of a row that was just made. */
const NOWHERE = -1

/**
 * Records and seals of one epoch of one window until the epoch is complete. A record of a series that is already
 * there replaces it, so replays count once.
 */
export class StagedEpoch implements UnsortedRows {
  readonly epoch: number
  readonly seals = new Map<number, Seal>()
  readonly #width: number
  readonly #rowOf = new Map<number, number>()
  readonly #counts = new Map<number, number>()
  readonly #big = new Map<number, bigint>()
  #ids = new Int32Array(0)
  #partitions = new Int32Array(0)
  #cells = new Float64Array(0)

  constructor(epoch: number, width: number) {
    this.epoch = epoch
    this.#width = width
  }

  get count(): number {
    return this.#rowOf.size
  }

  get ids(): Int32Array<ArrayBuffer> {
    return this.#ids.subarray(0, this.count)
  }

  /** Partition each row came from. */
  get partitions(): Int32Array<ArrayBuffer> {
    return this.#partitions.subarray(0, this.count)
  }

  get cells(): Float64Array<ArrayBuffer> {
    return this.#cells.subarray(0, this.count * this.#width)
  }

  get big(): ReadonlyMap<number, bigint> {
    return this.#big
  }

  get bytes(): number {
    const arrays = this.#ids.byteLength + this.#partitions.byteLength + this.#cells.byteLength
    return STAGED_BYTES + arrays + this.count * ROW_ENTRY_BYTES + this.#big.size * BIG_BYTES
  }

  put(partition: number, series: number, row: RowCells): void {
    const at = this.#rowOf.get(series) ?? this.#append(series)
    this.#recount(at, partition)
    const from = at * this.#width
    this.#cells.set(row.cells, from)
    if (this.#big.size > 0) for (let i = 0; i < this.#width; i++) this.#big.delete(from + i)
    for (const [cell, value] of row.big) this.#big.set(from + cell, value)
  }

  /** Whether this partition's seal is there and satisfied: exactly its number of records carry the epoch. */
  isSatisfied(partition: number): boolean {
    const seal = this.seals.get(partition)
    return seal !== undefined && (this.#counts.get(partition) ?? 0) === seal.keys
  }

  /** Whether the seals of all partitions agree on how many they are, are satisfied, and no other record is there. */
  isComplete(): boolean {
    const first = this.seals.get(0)
    if (first === undefined || this.seals.size !== first.of) return false
    let keys = 0
    for (let partition = 0; partition < first.of; partition++) {
      if (!this.isSatisfied(partition)) return false
      const seal = this.seals.get(partition)!
      if (seal.of !== first.of) return false
      keys += seal.keys
    }
    return keys === this.count
  }

  /** Least over the seals. */
  version(): { epoch: number; raw: number; through: number } {
    let raw = Number.POSITIVE_INFINITY
    let through = Number.POSITIVE_INFINITY
    for (const seal of this.seals.values()) {
      raw = Math.min(raw, seal.raw)
      through = Math.min(through, seal.through)
    }
    return { epoch: this.epoch, raw, through }
  }

  /** The same rows under the series ids of a new index. */
  renumber(newIds: Int32Array): void {
    const { ids } = this
    this.#rowOf.clear()
    for (let row = 0; row < ids.length; row++) {
      ids[row] = newIds[ids[row]!]!
      this.#rowOf.set(ids[row]!, row)
    }
  }

  #append(series: number): number {
    const row = this.count
    this.#ids = grownInt32(this.#ids, row + 1)
    this.#partitions = grownInt32(this.#partitions, row + 1)
    this.#cells = grownFloat64(this.#cells, (row + 1) * this.#width)
    this.#ids[row] = series
    this.#partitions[row] = NOWHERE
    this.#rowOf.set(series, row)
    return row
  }

  #recount(row: number, partition: number): void {
    const before = this.#partitions[row]!
    if (before === partition) return
    if (before !== NOWHERE) this.#counts.set(before, this.#counts.get(before)! - 1)
    this.#counts.set(partition, (this.#counts.get(partition) ?? 0) + 1)
    this.#partitions[row] = partition
  }
}
