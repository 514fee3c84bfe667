import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** A finished export, sent as it is to everybody who asks the same. */
export interface Rendering {
  readonly kind: 'whole'
  readonly samples: number
  readonly body: Buffer
}

/** Too long to keep: each asker gets it piece by piece. */
export interface Large {
  readonly kind: 'large'
}

/** Makes the pieces anew each time; `samples` once they are done. */
export interface Rendered {
  pieces(): Iterable<Buffer>
  samples(): number
}

interface Kept {
  readonly rendering: Promise<Rendering | Large>
  zipped: Promise<Buffer> | null
  bytes: number
}

const gzipped = promisify(gzip)
/** Most of what gzip can do for text, in half the time of its default. */
const GZIP_LEVEL = 4

/**
 * Exports as bytes, by everything they depend on; the same for all who ask at once, then kept, the least recently
 * asked ones leaving first. Rendered one after the other, so that at most one is under way beside what is kept, and
 * never given up for one asker: others may wait for it.
 */
export class KeptRenderings {
  readonly #bytesMax: number
  readonly #kept = new Map<string, Kept>()
  #bytes = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  of(key: string, rendered: () => Rendered): Promise<Rendering | Large> {
    return this.#entry(key, rendered).rendering
  }

  /** The body of a whole rendering, compressed once. */
  zipped(key: string, rendered: () => Rendered): Promise<Buffer | null> {
    const entry = this.#entry(key, rendered)
    entry.zipped ??= entry.rendering.then(async (rendering) => {
      if (rendering.kind === 'large') return Buffer.alloc(0)
      const zipped = await gzipped(rendering.body, { level: GZIP_LEVEL })
      this.#grow(key, entry, zipped.length)
      return zipped
    })
    return entry.zipped
  }

  #entry(key: string, rendered: () => Rendered): Kept {
    const have = this.#kept.get(key)
    if (have) {
      this.#kept.delete(key)
      this.#kept.set(key, have)
      return have
    }
    const rendering = this.#turn.then(() => renderWhole(rendered(), this.#wholeBytesMax))
    this.#turn = rendering.catch(() => undefined)
    const entry: Kept = { rendering, zipped: null, bytes: 0 }
    this.#kept.set(key, entry)
    entry.rendering.then(
      (rendering) =>
        this.#grow(key, entry, ENTRY_BYTES + key.length + (rendering.kind === 'whole' ? rendering.body.length : 0)),
      () => this.#forget(key, entry),
    )
    return entry
  }

  /** Several fit, so that one does not drive out all others. */
  get #wholeBytesMax(): number {
    return this.#bytesMax / 4
  }

  #grow(key: string, entry: Kept, bytes: number): void {
    if (this.#kept.get(key) !== entry) return
    entry.bytes += bytes
    this.#bytes += bytes
    for (const [oldest, each] of this.#kept) {
      if (this.#bytes <= this.#bytesMax) break
      this.#forget(oldest, each)
    }
  }

  #forget(key: string, entry: Kept): void {
    if (this.#kept.get(key) !== entry) return
    this.#kept.delete(key)
    this.#bytes -= entry.bytes
  }
}

const ENTRY_BYTES = 512

async function renderWhole(rendered: Rendered, bytesMax: number): Promise<Rendering | Large> {
  const pieces: Buffer[] = []
  let bytes = 0
  for (const piece of rendered.pieces()) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes > bytesMax) return { kind: 'large' }
    await nextTurn()
  }
  return { kind: 'whole', samples: rendered.samples(), body: Buffer.concat(pieces) }
}
