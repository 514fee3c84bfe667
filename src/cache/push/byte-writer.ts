const FIRST_BYTES = 64 * 1024

/** Grows as it is written to. Numbers and arrays are in the machine's own byte order. */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST_BYTES)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** Room is made before the view is read: growing replaces it. */
  u32(value: number): void {
    const at = this.#room(4)
    this.#view.setUint32(at, value, true)
  }

  f64(value: number): void {
    const at = this.#room(8)
    this.#view.setFloat64(at, value, true)
  }

  /** The bytes of a typed array, without its length. */
  array(array: Int32Array | Float64Array | Uint8Array): void {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** JSON text with its length: every string comes back as it was, lone surrogates too. */
  json(value: unknown): void {
    const bytes = new TextEncoder().encode(JSON.stringify(value))
    this.u32(bytes.length)
    this.array(bytes)
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #room(bytes: number): number {
    const at = this.#length
    this.#length += bytes
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, at))
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    return at
  }
}
