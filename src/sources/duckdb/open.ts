import type { CatalogView } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HealthPart } from '../../ports/health.ts'
import type { RawChunks, RawWriter } from '../../ports/raw.ts'
import type { Source } from '../../ports/source.ts'
import { Database } from './database.ts'
import { DuckDbSource } from './duckdb-source.ts'
import { expireRaw } from './expire.ts'
import { messageOf } from './failure.ts'
import { StoreHealth } from './health.ts'
import { damaged, type InstanceOptions } from './instance.ts'
import type { RawBook } from './raw-book.ts'
import { DuckDbChunks } from './raw-chunks.ts'
import { DuckDbWriter } from './raw-writer.ts'
import { restoreBook } from './restore-book.ts'
import { StreamStore } from './stream-store.ts'
import { Transactions } from './transactions.ts'

export interface DuckDbOptions extends InstanceOptions {
  readonly clock: Clock
  /** Moment up to whose arrivals raw shows everything, epoch ms; never goes back. */
  readonly asOf: () => number
  readonly catalog: CatalogView
}

export interface DuckDbStats {
  readonly series: number
  readonly points: number
  readonly datasets: number
  /** Sequence of the last commit. */
  readonly seq: number
  /** Rows of stream readings, outdated ones included. */
  readonly readingRows: number
}

/** Raw points on the embedded store: written by one, read by a few, chunks by the hour. */
export interface DuckDbStore {
  readonly source: Source
  readonly writer: RawWriter
  readonly chunks: RawChunks
  readonly health: HealthPart
  /** Deletes what is past its retention, in steps. One call at a time. Error: STORE_UNWRITABLE. */
  expire(nowMs: number): Promise<void>
  stats(): DuckDbStats
  /** Ends what was begun, then closes the file. Coverage stays; reads fail with SOURCE_FAILED. */
  close(): Promise<void>
}

/** Errors: DATA_FOLDER_LOCKED, DATA_FOLDER_DAMAGED (not ours, of a newer schema, or unreadable). */
export async function openDuckDb(options: DuckDbOptions): Promise<DuckDbStore> {
  const { path } = options
  const database = await Database.open(options)
  const transactions = new Transactions(database)
  const streams = new StreamStore(database, transactions)
  try {
    const book = await restoreBook(await database.writer())
    await streams.begin(await database.writer())
    return storeOf({ ...options, database, transactions, streams, book })
  } catch (error) {
    await database.close()
    throw damaged(path, messageOf(error), error)
  }
}

interface Parts extends DuckDbOptions {
  readonly database: Database
  readonly transactions: Transactions
  readonly streams: StreamStore
  readonly book: RawBook
}

function storeOf(parts: Parts): DuckDbStore {
  const { transactions, streams, book } = parts
  const chunks = new DuckDbChunks(parts)
  let expiring: Promise<void> = Promise.resolve()
  return {
    source: new DuckDbSource(parts),
    writer: new DuckDbWriter({ transactions, book, streams, onMarks: () => chunks.tell() }),
    chunks,
    health: new StoreHealth(parts),
    expire(nowMs) {
      const run = expiring.then(() => expireRaw(parts, nowMs))
      expiring = run.catch(() => undefined)
      return run
    },
    stats: () => ({ ...book.sizes, seq: book.seq, readingRows: streams.rows }),
    async close() {
      await streams.close()
      await transactions.close()
    },
  }
}
