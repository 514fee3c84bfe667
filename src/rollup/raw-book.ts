import { floorTo, type Interval } from '../model/interval.ts'
import type { ChunkVersion } from '../model/task.ts'
import { BOUNDS } from './bounds.ts'

interface ChunkBook {
  version: number
  /** When the manager last learnt of a mark, epoch ms. */
  markedMs: number
}

export const chunkOf = (ms: number): number => floorTo(ms, BOUNDS.chunkMs)

/** What is known of one dataset's raw data: versions of chunks with late marks, and where its data begins. */
export class RawBook {
  readonly #chunks = new Map<number, ChunkBook>()
  /** Start of the first chunk with data; null while none is known. */
  first: number | null = null
  /** Moment up to which the store was asked for the first chunk, without result. */
  emptyThrough = Number.NEGATIVE_INFINITY

  /** Whether the version rose. */
  raise(chunkStart: number, version: number, nowMs: number): boolean {
    const chunk = this.#chunks.get(chunkStart)
    if (chunk && chunk.version >= version) return false
    this.#chunks.set(chunkStart, { version, markedMs: nowMs })
    return true
  }

  foundData(chunkStart: number): void {
    this.first = Math.min(chunkStart, this.first ?? chunkStart)
  }

  /** Greatest over the chunks that the interval touches; 0 without any mark. */
  version(interval: Interval): number {
    return this.versions(interval).reduce((most, { raw }) => Math.max(most, raw), 0)
  }

  /** Versions above 0, ascending by chunk. */
  versions(interval: Interval): ChunkVersion[] {
    return chunksIn(interval).flatMap((start) => {
      const raw = this.#chunks.get(start)?.version
      return raw === undefined ? [] : [{ start, raw }]
    })
  }

  markedMs(interval: Interval): number {
    const marked = chunksIn(interval).map((start) => this.#chunks.get(start)?.markedMs ?? Number.NEGATIVE_INFINITY)
    return Math.max(...marked)
  }

  chunks(): number[] {
    return [...this.#chunks.keys()]
  }

  forget(chunkStart: number): void {
    this.#chunks.delete(chunkStart)
  }

  /** Forgets chunks that start before the moment; their starts. */
  expire(before: number): number[] {
    const gone = this.chunks().filter((start) => start < before)
    for (const start of gone) this.#chunks.delete(start)
    return gone
  }
}

function chunksIn({ start, end }: Interval): number[] {
  const chunks: number[] = []
  for (let chunk = chunkOf(start); chunk < end; chunk += BOUNDS.chunkMs) chunks.push(chunk)
  return chunks
}
