import type { Group } from '../../model/label.ts'
import { grownInt32 } from './grow.ts'
import { ABSENT, LabelDictionary } from './label-dictionary.ts'

const FIRST_SLOTS = 16
const INDEX_BYTES = 256

/**
 * Label values of a rollup's groups ▸ small series ids. Ids are given in order of first sight and never change; an
 * index with fewer series is a new index.
 *
 *   codes: [series 0: label 0, label 1, …][series 1: …]      slots: open addressing, id + 1, 0 = free
 */
export class SeriesIndex {
  readonly labels: readonly string[]
  readonly dictionaries: readonly LabelDictionary[]
  readonly #scratch: Int32Array
  #codes = new Int32Array(0)
  #slots = new Int32Array(FIRST_SLOTS)
  #count = 0

  constructor(labels: readonly string[]) {
    this.labels = labels
    this.dictionaries = labels.map(() => new LabelDictionary())
    this.#scratch = new Int32Array(labels.length)
  }

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    let bytes = INDEX_BYTES + this.#codes.byteLength + this.#slots.byteLength
    for (const dictionary of this.dictionaries) bytes += dictionary.bytes
    return bytes
  }

  /** Id of the group, a new one when it was never seen. The group has one value per label. */
  idOf(group: Group): number {
    for (let i = 0; i < this.#scratch.length; i++) this.#scratch[i] = this.dictionaries[i]!.codeOf(group[i] ?? null)
    return this.idOfCodes(this.#scratch, 0)
  }

  /** Same for label codes that start at `from`. */
  idOfCodes(codes: Int32Array, from: number): number {
    const slot = this.#slotOf(codes, from)
    const found = this.#slots[slot]!
    return found === 0 ? this.#add(codes, from, slot) : found - 1
  }

  codeAt(id: number, label: number): number {
    return this.#codes[id * this.labels.length + label]!
  }

  valueAt(id: number, label: number): string | null {
    return this.dictionaries[label]!.value(this.codeAt(id, label))
  }

  /** Label codes of all series. */
  codes(): Int32Array<ArrayBuffer> {
    return this.#codes.subarray(0, this.#count * this.labels.length)
  }

  /** An index of the series that are `used`, in the same order, and the new id of each old one (-1 = gone). */
  compacted(used: Uint8Array): { index: SeriesIndex; newIds: Int32Array } {
    const index = new SeriesIndex(this.labels)
    const newIds = new Int32Array(this.#count).fill(-1)
    for (let id = 0; id < this.#count; id++) {
      if (used[id] !== 0) newIds[id] = index.idOf(this.labels.map((_, label) => this.valueAt(id, label)))
    }
    return { index, newIds }
  }

  #slotOf(codes: Int32Array, from: number): number {
    const width = this.labels.length
    const mask = this.#slots.length - 1
    let slot = hashOf(codes, from, width) & mask
    for (let held = this.#slots[slot]!; held !== 0; held = this.#slots[slot]!) {
      if (sameCodes(this.#codes, (held - 1) * width, codes, from, width)) break
      slot = (slot + 1) & mask
    }
    return slot
  }

  #add(codes: Int32Array, from: number, slot: number): number {
    const width = this.labels.length
    const id = this.#count++
    this.#codes = grownInt32(this.#codes, this.#count * width)
    for (let i = 0; i < width; i++) {
      this.#codes[id * width + i] = codes[from + i]!
      this.dictionaries[i]!.post(codes[from + i] ?? ABSENT, id)
    }
    this.#slots[slot] = id + 1
    if (this.#count * 4 > this.#slots.length * 3) this.#rehash()
    return id
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    for (let id = 0; id < this.#count; id++) this.#slots[this.#slotOf(this.#codes, id * this.labels.length)] = id + 1
  }
}

function hashOf(codes: Int32Array, from: number, width: number): number {
  let hash = 0
  for (let i = 0; i < width; i++) {
    hash = Math.imul(hash ^ codes[from + i]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}

function sameCodes(a: Int32Array, aFrom: number, b: Int32Array, bFrom: number, width: number): boolean {
  for (let i = 0; i < width; i++) if (a[aFrom + i] !== b[bFrom + i]) return false
  return true
}
