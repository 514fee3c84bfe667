import { LanewayError } from '../../model/errors.ts'
import type { Interval } from '../../model/interval.ts'
import type { Chunk, LateMark } from '../../model/point.ts'
import type { RawChunks } from '../../ports/raw.ts'
import { type Statement, statementOf } from './bindings.ts'
import { messageOf } from './failure.ts'
import type { RawBook } from './raw-book.ts'
import { rowsOf } from './rows.ts'
import type { Transactions } from './transactions.ts'

export interface RawChunksParts {
  readonly transactions: Transactions
  readonly book: RawBook
  readonly asOf: () => number
}

/** Chunks are hours. Those that hold nothing, neither points nor marks, are not listed. */
export class DuckDbChunks implements RawChunks {
  readonly #parts: RawChunksParts
  readonly #listeners = new Set<() => void>()

  constructor(parts: RawChunksParts) {
    this.#parts = parts
  }

  async list(dataset: string, interval: Interval): Promise<readonly Chunk[]> {
    return this.#parts.book.chunks(dataset, interval)
  }

  /**
   * The limit may part the marks of one commit: whoever goes on after a sequence reads whole ones. Never waits for
   * questions that run. Error: SOURCE_FAILED.
   */
  async marks(after: number, limit: number): Promise<readonly LateMark[]> {
    try {
      const rows = await this.#parts.transactions.between((connection) =>
        rowsOf(connection, marksStatement(after, limit)),
      )
      return rows.map(markOf)
    } catch (error) {
      throw new LanewayError('SOURCE_FAILED', {
        detail: `duckdb: reading late marks: ${messageOf(error)}`,
        cause: error,
      })
    }
  }

  asOf(): number {
    return this.#parts.asOf()
  }

  onMarks(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Soon, not now: whoever commits does not wait for the listeners, nor fail with them. */
  tell(): void {
    for (const listener of this.#listeners) setImmediate(listener)
  }
}

const marksStatement = (after: number, limit: number): Statement =>
  statementOf(
    (bind) => `SELECT seq, dataset, step FROM late_marks WHERE seq > ${bind.integer(after)}
ORDER BY seq, dataset, step LIMIT ${bind.integer(limit)}`,
  )

const markOf = ([seq, dataset, step]: readonly unknown[]): LateMark => ({
  seq: Number(seq),
  dataset: String(dataset),
  stepMs: Number(step),
})
