/** Chunks whose versions are remembered; of more, the oldest are forgotten. */
const CHUNKS_MAX = 65_536
/** Forgotten at once when there are too many, so that the search for the oldest is rare. */
const FORGET_SHARE = 8
/** Rough heap bytes of one chunk. */
const CHUNK_BYTES = 48

/** Published versions of raw chunks. A version never falls: what a replay brings again is older or the same. */
export class RawVersions {
  readonly #datasets = new Map<string, Map<number, number>>()
  #count = 0

  get bytes(): number {
    return this.#count * CHUNK_BYTES
  }

  get(dataset: string, chunkStart: number): number | undefined {
    return this.#datasets.get(dataset)?.get(chunkStart)
  }

  put(dataset: string, chunkStart: number, version: number): void {
    let chunks = this.#datasets.get(dataset)
    if (!chunks) this.#datasets.set(dataset, (chunks = new Map()))
    const have = chunks.get(chunkStart)
    if (have !== undefined && have >= version) return
    if (have === undefined) this.#count++
    chunks.set(chunkStart, version)
    if (this.#count > CHUNKS_MAX) this.#forgetOldest()
  }

  /** Forgets the chunks of a dataset that start before its moment; datasets without one vanish. */
  expire(startsAtOf: (dataset: string) => number | undefined): void {
    for (const [dataset, chunks] of this.#datasets) {
      const earliest = startsAtOf(dataset) ?? Number.POSITIVE_INFINITY
      for (const start of chunks.keys()) if (start < earliest) this.#remove(dataset, start)
    }
  }

  clear(): void {
    this.#datasets.clear()
    this.#count = 0
  }

  *entries(): Generator<{ dataset: string; chunks: ReadonlyMap<number, number> }> {
    for (const [dataset, chunks] of this.#datasets) yield { dataset, chunks }
  }

  #forgetOldest(): void {
    const all = [...this.entries()].flatMap(({ dataset, chunks }) =>
      [...chunks.keys()].map((start) => ({ dataset, start })),
    )
    all.sort((a, b) => a.start - b.start)
    for (const { dataset, start } of all.slice(0, Math.ceil(all.length / FORGET_SHARE))) this.#remove(dataset, start)
  }

  #remove(dataset: string, start: number): void {
    const chunks = this.#datasets.get(dataset)
    if (chunks?.delete(start)) this.#count--
    if (chunks?.size === 0) this.#datasets.delete(dataset)
  }
}
