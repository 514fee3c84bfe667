import { LanewayError } from '../../model/errors.ts'

export const damaged = (detail: string, cause?: unknown): LanewayError =>
  new LanewayError('SNAPSHOT_DAMAGED', { detail: `push-table snapshot: ${detail}`, cause })

/** Reads what ByteWriter wrote. Never reads or allocates beyond the bytes there are: SNAPSHOT_DAMAGED instead. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  /** A whole number that epochs, versions, times and partitions may be. */
  integer(): number {
    const value = this.f64()
    if (!Number.isSafeInteger(value)) throw damaged('a whole number is none')
    return value
  }

  /** How many entries of at least `entryBytes` follow. */
  count(entryBytes: number): number {
    const count = this.u32()
    if (count * entryBytes > this.#bytes.length - this.#at) throw damaged('a count is larger than what follows')
    return count
  }

  int32(length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#copy(length * 4))
  }

  float64(length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#copy(length * 8))
  }

  json(): unknown {
    const length = this.u32()
    const at = this.#take(length)
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(this.#bytes.subarray(at, at + length)))
    } catch (cause) {
      throw damaged('a text is unreadable', cause)
    }
  }

  #copy(length: number): ArrayBuffer {
    const at = this.#take(length)
    return Uint8Array.from(this.#bytes.subarray(at, at + length)).buffer
  }

  #take(length: number): number {
    const at = this.#at
    if (length > this.#bytes.length - at) throw damaged('it ends too early')
    this.#at = at + length
    return at
  }
}
