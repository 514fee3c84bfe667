/** A record that could not be read: where it lies, as exactly as is known, and why. */
export interface KeptAside {
  readonly topic: string
  readonly partition: number
  /** Its offset lies in [positionMin, positionMax]; both are the same where the log has no gaps. */
  readonly positionMin: bigint
  readonly positionMax: bigint
  readonly reason: string
}

const KEPT_MAX = 100
const REASON_CHARS_MAX = 500

/** Unreadable records: all are counted, the newest are kept with position and reason. */
export class AsideList {
  #count = 0
  #newest: KeptAside[] = []

  get count(): number {
    return this.#count
  }

  get newest(): readonly KeptAside[] {
    return this.#newest
  }

  /** For the health page: where the last one lies and what is wrong with it. */
  get last(): string | null {
    const last = this.#newest.at(-1)
    if (!last) return null
    const { topic, partition, positionMin, positionMax, reason } = last
    const at = positionMin === positionMax ? `${positionMin}` : `${positionMin} to ${positionMax}`
    return `${topic}, partition ${partition}, offset ${at}: ${reason}`
  }

  add(record: KeptAside): void {
    this.#count++
    this.#newest.push({ ...record, reason: record.reason.slice(0, REASON_CHARS_MAX) })
    if (this.#newest.length > KEPT_MAX) this.#newest.shift()
  }
}

/** Where records of one delivery lie: it began at `from` and moved the position to `next`. */
export interface Delivered {
  readonly from: bigint
  readonly next: bigint
  readonly count: number
}

/** Gaps of a compacted topic may lie before and after the record. */
export const offsetOf = (index: number, { from, next, count }: Delivered) => ({
  positionMin: from + BigInt(index),
  positionMax: next - BigInt(count - index),
})
