/** Text is turned into bytes whenever this much has gathered, so that no text grows with the answer. */
const FLUSH_CHARACTERS = 64 * 1024

/** Gathers text as bytes, and throws what `tooLong` makes as soon as there are more than `bytesMax`. */
export class TextSink {
  readonly #bytesMax: number
  readonly #tooLong: (bytesMax: number) => Error
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #entries = 0
  #text = ''

  constructor(bytesMax: number, tooLong: (bytesMax: number) => Error) {
    this.#bytesMax = bytesMax
    this.#tooLong = tooLong
  }

  write(text: string): void {
    this.#text += text
    if (this.#text.length >= FLUSH_CHARACTERS) this.#flush()
  }

  /** Text after which the entries of a list stand. */
  open(text: string): void {
    this.#entries = 0
    this.write(text)
  }

  /** After a comma where it is not the first of its list. */
  entry(text: string): void {
    this.write(this.#entries++ === 0 ? text : `,${text}`)
  }

  end(): Buffer {
    this.#flush()
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
  }

  #flush(): void {
    const chunk = Buffer.from(this.#text)
    this.#text = ''
    this.#chunks.push(chunk)
    this.#bytes += chunk.byteLength
    if (this.#bytes > this.#bytesMax) throw this.#tooLong(this.#bytesMax)
  }
}
