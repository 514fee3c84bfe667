import type { DuckDBConnection } from '@duckdb/node-api'
import { LanewayError } from '../../model/errors.ts'
import type { Database } from './database.ts'
import { failedAs, isFatal, messageOf } from './failure.ts'

/** Commits and steps of maintenance that may wait; the intake itself sends one commit at a time. */
const WAITING_MAX = 1_000

export interface Transaction<T> {
  readonly work: (connection: DuckDBConnection) => Promise<T>
  /** Called once it is durable and before the next begins: where memory follows the store. */
  readonly done?: (answer: T) => void
  /** Whether the commit is in the store, asked after DuckDB had to open the file again. Without it, it is not. */
  readonly landed?: (connection: DuckDBConnection, answer: T) => Promise<boolean>
}

/** All writes, one transaction after the other. */
export class Transactions {
  readonly #database: Database
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #failure: string | null = null

  constructor(database: Database) {
    this.#database = database
  }

  /** What the last write failed with; null after one that went well. */
  get failure(): string | null {
    return this.#failure
  }

  /**
   * Resolves with the answer of `work` once that is durable. A failed transaction is rolled back and the store stays
   * usable. DuckDB may also give the file up after a commit that is durable, when the checkpoint after it fails (disk
   * full): then the file is opened again, and the commit counts if it has landed. Error: STORE_UNWRITABLE.
   */
  run<T>(transaction: Transaction<T>): Promise<T> {
    return this.#inTurn(async () => {
      try {
        const answer = await this.#commit(await this.#database.writer(), transaction)
        this.#failure = null
        transaction.done?.(answer)
        return answer
      } catch (error) {
        this.#failure = messageOf(error)
        throw failedAs('STORE_UNWRITABLE', 'duckdb could not commit', error)
      }
    })
  }

  /** A short read that must not wait for questions: it takes its turn between writes. Error: STORE_UNWRITABLE. */
  between<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => await work(await this.#database.writer()))
  }

  /** Opens the file again when DuckDB has given it up, as a reader noticed. Error: STORE_UNWRITABLE. */
  revive(): Promise<void> {
    return this.#inTurn(async () => {
      const connection = await this.#database.writer()
      if ((await failureOf(connection.run('SELECT 1'))) !== null) await this.#database.reopen()
    })
  }

  /** Closes the file when everything asked for so far is done. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#database.close())
  }

  async #commit<T>(connection: DuckDBConnection, { work, landed }: Transaction<T>): Promise<T> {
    let answer: { readonly value: T } | undefined
    try {
      await connection.run('BEGIN TRANSACTION')
      answer = { value: await work(connection) }
      await connection.run('COMMIT')
      return answer.value
    } catch (error) {
      const rollback = await failureOf(connection.run('ROLLBACK'))
      if (!isFatal(error) && !isFatal(rollback)) throw error
      await this.#database.reopen()
      if (answer && (await landed?.(await this.#database.writer(), answer.value))) return answer.value
      throw error
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= WAITING_MAX) return Promise.reject(crowded())
    this.#waiting++
    const run = this.#last.then(work).finally(() => this.#waiting--)
    this.#last = run.catch(() => undefined)
    return run
  }
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

const crowded = (): LanewayError =>
  new LanewayError('STORE_UNWRITABLE', { detail: `${WAITING_MAX} writes wait already`, limit: WAITING_MAX })
