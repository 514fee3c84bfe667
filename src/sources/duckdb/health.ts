import type { HealthPart, PartStatus } from '../../ports/health.ts'
import type { Database } from './database.ts'
import type { RawBook } from './raw-book.ts'
import type { Transactions } from './transactions.ts'

export interface StoreHealthParts {
  readonly database: Database
  readonly transactions: Transactions
  readonly book: RawBook
}

/** Down while the file is closed or could not be opened again, degraded while writes fail. */
export class StoreHealth implements HealthPart {
  readonly name = 'duckdb'
  readonly gate = true
  readonly #parts: StoreHealthParts

  constructor(parts: StoreHealthParts) {
    this.#parts = parts
  }

  ready(): boolean {
    return this.#parts.database.isOpen
  }

  status(): PartStatus {
    const { database, transactions, book } = this.#parts
    const facts = { seq: book.seq, ...book.sizes }
    if (!database.isOpen) return { state: 'down', detail: 'The raw store is not open.', facts }
    const { failure } = transactions
    if (failure !== null) return { state: 'degraded', detail: `The last write failed: ${failure}.`, facts }
    return { state: 'ok', detail: 'Reads and writes.', facts }
  }
}
