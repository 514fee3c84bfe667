import { grownInt32 } from './grow.ts'

/** Code of an absent label. */
export const ABSENT = 0
/** Rough heap bytes of one value: its string, the map's entry and the array's slot. */
const VALUE_BYTES = 96
const NONE = -1

/**
 * Values of one label as small integers, and which series have them. The postings are chains through one array,
 * so that a series costs four bytes per label however many values there are:
 *
 *   head[code] ▸ newest series ▸ next[series] ▸ … ▸ -1      (descending ids)
 */
export class LabelDictionary {
  readonly #codeOf = new Map<string, number>()
  readonly #values: (string | null)[] = [null]
  #head = new Int32Array(4).fill(NONE)
  #counts = new Int32Array(4)
  #next = new Int32Array(4)
  #textBytes = 0

  get size(): number {
    return this.#values.length
  }

  get bytes(): number {
    const { byteLength } = this.#next
    return this.#textBytes + this.#head.byteLength + this.#counts.byteLength + byteLength
  }

  /** All values but the absent one, in order of their codes. */
  values(): string[] {
    return this.#values.slice(1) as string[]
  }

  value(code: number): string | null {
    return this.#values[code] ?? null
  }

  find(value: string | null): number | undefined {
    return value === null ? ABSENT : this.#codeOf.get(value)
  }

  codeOf(value: string | null): number {
    return this.find(value) ?? this.#add(value as string)
  }

  /** Series ids must come in ascending order, each once. */
  post(code: number, series: number): void {
    this.#next = grownInt32(this.#next, series + 1)
    this.#next[series] = this.#head[code]!
    this.#head[code] = series
    this.#counts[code] = this.#counts[code]! + 1
  }

  countOf(code: number): number {
    return this.#counts[code] ?? 0
  }

  /** Ids of the series that have the value, appended in descending order. */
  collect(code: number, into: number[]): void {
    for (let id = this.#head[code] ?? NONE; id !== NONE; id = this.#next[id]!) into.push(id)
  }

  #add(value: string): number {
    const code = this.#values.length
    this.#values.push(value)
    this.#codeOf.set(value, code)
    this.#textBytes += VALUE_BYTES + value.length
    const before = this.#head.length
    this.#head = grownInt32(this.#head, code + 1)
    if (this.#head.length > before) this.#head.fill(NONE, before)
    this.#counts = grownInt32(this.#counts, code + 1)
    return code
  }
}
