import { channel } from 'node:diagnostics_channel'
import type { DuckDBConnection } from '@duckdb/node-api'
import { CHANNELS } from '../../model/channels.ts'
import type { PointBatch, StepRef, StreamState } from '../../model/point.ts'
import type { RawWriter } from '../../ports/raw.ts'
import { appendCommit, appendCommitRow } from './append-rows.ts'
import { statementOf } from './bindings.ts'
import type { CommitDraft, RawBook } from './raw-book.ts'
import { rowsOf } from './rows.ts'
import type { StreamStore } from './stream-store.ts'
import type { Transactions } from './transactions.ts'

const commitChannel = channel(CHANNELS.rawCommit)

export interface RawWriterParts {
  readonly transactions: Transactions
  readonly book: RawBook
  readonly streams: StreamStore
  /** Called after commits that carry late marks. */
  readonly onMarks: () => void
}

/** Commits, one after the other. The book moves on only when a commit is durable. */
export class DuckDbWriter implements RawWriter {
  readonly #parts: RawWriterParts

  constructor(parts: RawWriterParts) {
    this.#parts = parts
  }

  async append(batch: PointBatch, streams: StreamState, late: readonly StepRef[]): Promise<number> {
    const { transactions, book, onMarks } = this.#parts
    const [points, marks] = [batch.points.length, late.length]
    const { seq } = await transactions.run({
      work: async (connection) => {
        const draft = book.draft(batch.points, late)
        commitChannel.publish({ phase: 'before', points, marks })
        await appendCommit(connection, draft, streams)
        await appendCommitRow(connection, { seq: draft.seq, arrivedMs: batch.arrivedMs, points })
        return draft
      },
      done: (draft) => {
        book.enter(draft)
        this.#parts.streams.added(streams.readings.length)
      },
      landed: isCommitted,
    })
    commitChannel.publish({ phase: 'after', points, marks, seq })
    if (marks > 0) onMarks()
    return seq
  }

  restore(sinceMs: number): Promise<StreamState> {
    return this.#parts.streams.restore(sinceMs)
  }
}

async function isCommitted(connection: DuckDBConnection, { seq }: CommitDraft): Promise<boolean> {
  const commit = statementOf((bind) => `SELECT 1 FROM commits WHERE seq = ${bind.integer(seq)}`)
  return (await rowsOf(connection, commit)).length > 0
}
