import type { DuckDBConnection } from '@duckdb/node-api'
import { LanewayError } from '../../model/errors.ts'
import { messageOf } from './failure.ts'
import { damaged, type InstanceOptions, type OpenInstance, openInstance } from './instance.ts'
import { ReadPool } from './read-pool.ts'
import { prepareSchema } from './schema.ts'

/**
 * Lanes let one slow question and one roll-up run, so a short one finds the third free. Each occupies one of the four
 * threads that Node has for such work; the fourth is the writer's.
 */
const READ_CONNECTIONS = 3

/** The open file: one connection that writes, a few that read. Opens it again after DuckDB gave it up. */
export class Database {
  readonly #options: InstanceOptions
  readonly #reads = new ReadPool()
  /** Null while the file could not be opened again. */
  #open: OpenInstance | null
  #closed = false

  private constructor(options: InstanceOptions, open: OpenInstance) {
    this.#options = options
    this.#open = open
  }

  /** Errors: DATA_FOLDER_LOCKED, DATA_FOLDER_DAMAGED. */
  static async open(options: InstanceOptions): Promise<Database> {
    const open = await openInstance(options)
    const database = new Database(options, open)
    try {
      await prepareSchema(open.connection, options.path)
      await database.#fillReads(open)
    } catch (error) {
      await database.close()
      throw error instanceof LanewayError ? error : damaged(options.path, messageOf(error), error)
    }
    return database
  }

  get isOpen(): boolean {
    return this.#open !== null
  }

  /** The connection that writes; a lost file is opened again first. Error: STORE_UNWRITABLE. */
  async writer(): Promise<DuckDBConnection> {
    if (this.#closed) throw new LanewayError('STORE_UNWRITABLE', { detail: 'the raw store is closed' })
    if (!this.#open) await this.reopen()
    return this.#open!.connection
  }

  /** Only one at a time, and never beside a use of the writer. Error: STORE_UNWRITABLE. */
  async reopen(): Promise<void> {
    await this.#release()
    try {
      const open = await openInstance(this.#options)
      await this.#fillReads(open)
      this.#open = open
    } catch (error) {
      throw new LanewayError('STORE_UNWRITABLE', { detail: `opening again: ${messageOf(error)}`, cause: error })
    }
  }

  /** One read transaction on a free connection; see ReadPool. */
  snapshot<T>(signal: AbortSignal, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.#reads.snapshot(signal, work)
  }

  /** Reads that run are interrupted. The log of changes is folded into the file, so that the next start is quick. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#reads.close()
    await this.#open?.connection.run('CHECKPOINT').catch(() => undefined)
    await this.#release()
  }

  async #fillReads({ instance }: OpenInstance): Promise<void> {
    const connections = Array.from({ length: READ_CONNECTIONS }, () => instance.connect())
    this.#reads.fill(await Promise.all(connections))
  }

  /** The instance lives as long as any connection to it. */
  async #release(): Promise<void> {
    for (const connection of await this.#reads.drain()) connection.closeSync()
    this.#open?.connection.closeSync()
    this.#open?.instance.closeSync()
    this.#open = null
  }
}
