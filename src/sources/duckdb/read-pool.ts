import type { DuckDBConnection } from '@duckdb/node-api'
import { LanewayError } from '../../model/errors.ts'

/** An interrupt that comes before its query has begun does nothing, so it is repeated until the query has ended. */
const INTERRUPT_PERIOD_MS = 10
/** Lanes let far fewer through. */
const WAITING_MAX = 1_000

interface Waiter {
  readonly take: (connection: DuckDBConnection) => void
  readonly fail: (error: unknown) => void
}

/** A fixed number of connections that read; whoever finds none free waits in line, as long as its signal lets it. */
export class ReadPool {
  #state: 'filled' | 'draining' | 'closed' = 'draining'
  #idle: DuckDBConnection[] = []
  readonly #busy = new Set<DuckDBConnection>()
  readonly #waiters = new Set<Waiter>()
  #quiet: () => void = () => undefined

  /** Connections of a newly opened file; whoever waited meanwhile goes on. */
  fill(connections: readonly DuckDBConnection[]): void {
    this.#state = 'filled'
    for (const connection of connections) this.#handOn(connection)
  }

  /**
   * Runs `work` in one transaction that only reads: everything in it sees one snapshot. The signal's abort interrupts
   * it and rejects with the signal's reason. Error: SOURCE_FAILED when the store closed or too many wait.
   */
  async snapshot<T>(signal: AbortSignal, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#take(signal)
    try {
      return await inSnapshot(connection, signal, work)
    } finally {
      this.#busy.delete(connection)
      this.#handOn(connection)
    }
  }

  /** Interrupts what runs, waits for its end, and gives all connections away, to be closed. */
  async drain(): Promise<readonly DuckDBConnection[]> {
    if (this.#state === 'filled') this.#state = 'draining'
    const timer = setInterval(() => this.#interrupt(), INTERRUPT_PERIOD_MS)
    while (this.#busy.size > 0) await new Promise<void>((resolve) => (this.#quiet = resolve))
    clearInterval(timer)
    return this.#idle.splice(0)
  }

  /** From now on nobody is let in. */
  close(): void {
    this.#state = 'closed'
    for (const waiter of this.#waiters) waiter.fail(closed())
    this.#waiters.clear()
  }

  #interrupt(): void {
    for (const connection of this.#busy) connection.interrupt()
  }

  #handOn(connection: DuckDBConnection): void {
    const [waiter] = this.#state === 'filled' ? this.#waiters : []
    if (waiter) {
      this.#waiters.delete(waiter)
      this.#busy.add(connection)
      waiter.take(connection)
    } else this.#idle.push(connection)
    if (this.#busy.size === 0) this.#quiet()
  }

  async #take(signal: AbortSignal): Promise<DuckDBConnection> {
    signal.throwIfAborted()
    if (this.#state === 'closed') throw closed()
    const free = this.#state === 'filled' ? this.#idle.pop() : undefined
    if (!free) return await this.#wait(signal)
    this.#busy.add(free)
    return free
  }

  #wait(signal: AbortSignal): Promise<DuckDBConnection> {
    if (this.#waiters.size >= WAITING_MAX) throw crowded()
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.delete(waiter)
        reject(signal.reason)
      }
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          signal.removeEventListener('abort', leave)
          settle(value)
        }
      const waiter: Waiter = { take: settled(resolve), fail: settled(reject) }
      this.#waiters.add(waiter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }
}

/** The interrupts stop before the transaction ends, so that none of them hits its end. */
async function inSnapshot<T>(
  connection: DuckDBConnection,
  signal: AbortSignal,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  await connection.run('BEGIN TRANSACTION READ ONLY')
  const stop = interruptOn(signal, connection)
  try {
    signal.throwIfAborted()
    const answer = await work(connection)
    signal.throwIfAborted()
    return answer
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    stop()
    await connection.run('ROLLBACK').catch(() => undefined)
  }
}

function interruptOn(signal: AbortSignal, connection: DuckDBConnection): () => void {
  let timer: NodeJS.Timeout | undefined
  const begin = () => {
    connection.interrupt()
    timer = setInterval(() => connection.interrupt(), INTERRUPT_PERIOD_MS)
  }
  signal.addEventListener('abort', begin, { once: true })
  return () => {
    signal.removeEventListener('abort', begin)
    clearInterval(timer)
  }
}

const closed = (): LanewayError => new LanewayError('SOURCE_FAILED', { detail: 'duckdb: the raw store is closed' })
const crowded = (): LanewayError =>
  new LanewayError('SOURCE_FAILED', {
    detail: `duckdb: ${WAITING_MAX} reads wait for a connection already`,
    limit: WAITING_MAX,
  })
