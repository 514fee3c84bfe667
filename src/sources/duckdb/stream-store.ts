import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import { exactInteger } from '../../model/number.ts'
import type { PointIdentity, StreamReading, StreamState } from '../../model/point.ts'
import { statementOf } from './bindings.ts'
import type { Database } from './database.ts'
import { failedAs } from './failure.ts'
import { chunksOf, execute, rowsOf } from './rows.ts'
import type { Transactions } from './transactions.ts'

export interface SweepLimits {
  /** Readings looked at by one step of the sweep: some tens of milliseconds. */
  readonly stepRows: number
  /** Outdated readings that are left alone: below it a sweep costs more than it frees. */
  readonly outdatedMax: number
}

const SWEEP_LIMITS: SweepLimits = { stepRows: 50_000, outdatedMax: 200_000 }

/**
 * Stream state is only appended: the newest reading of a hash counts. When outdated ones outnumber the rest, a sweep
 * goes over the table from its oldest commit on and deletes, step by step, what has a newer reading:
 * `[a1 b1][a2 c2][b3]` ▸ `[][a2 c2][b3]`. One that fails is begun again after a later commit.
 */
export class StreamStore {
  readonly #database: Database
  readonly #transactions: Transactions
  readonly #limits: SweepLimits
  /** Rows in the table, and how many were left by the last sweep. */
  #rows = 0
  #kept = 0
  #sweep: Promise<void> | null = null
  #closed = false

  constructor(database: Database, transactions: Transactions, limits = SWEEP_LIMITS) {
    this.#database = database
    this.#transactions = transactions
    this.#limits = limits
  }

  get rows(): number {
    return this.#rows
  }

  /** Counts what is there; ask once at start. */
  async begin(connection: DuckDBConnection): Promise<void> {
    await this.#count(connection)
  }

  added(readings: number): void {
    this.#rows += readings
    if (this.#sweep || this.#closed || this.#rows <= 2 * this.#kept + this.#limits.outdatedMax) return
    this.#sweep = this.#sweepOnce()
      .catch(() => undefined)
      .finally(() => {
        this.#sweep = null
      })
  }

  /** The newest reading of every stream, and identities seen since. Error: SOURCE_FAILED. */
  async restore(sinceMs: number): Promise<StreamState> {
    try {
      return await this.#database.snapshot(new AbortController().signal, async (connection) => ({
        readings: await readingsIn(connection),
        identities: await identitiesIn(connection, sinceMs),
      }))
    } catch (error) {
      throw failedAs('SOURCE_FAILED', 'duckdb: reading stream state', error)
    }
  }

  /** Ends a sweep after its step. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#sweep
  }

  async #sweepOnce(): Promise<void> {
    let done = -1
    while (!this.#closed) {
      const next = await this.#sweepStep(done)
      if (next === null) break
      done = next
    }
    await this.#transactions.run({ work: (connection) => this.#count(connection) })
    this.#kept = this.#rows
  }

  #sweepStep(done: number): Promise<number | null> {
    return this.#transactions.run({ work: (connection) => sweepStep(connection, done, this.#limits.stepRows) })
  }

  async #count(connection: DuckDBConnection): Promise<void> {
    const [[count] = []] = await rowsOf(connection, { sql: 'SELECT count(*) FROM stream_readings' })
    this.#rows = Number(count)
  }
}

/** Deletes what is outdated in the commits after `done`, looking at about `rows`; the last commit, null at the end. */
async function sweepStep(connection: DuckDBConnection, done: number, rows: number): Promise<number | null> {
  const ahead = statementOf(
    (bind) => `SELECT seq FROM stream_readings WHERE seq > ${bind.integer(done)} ORDER BY seq LIMIT 1 OFFSET ${rows}`,
  )
  const [[seq] = []] = await rowsOf(connection, ahead)
  if (seq === undefined) return null
  const until = Number(seq)
  const outdated = statementOf((bind) => {
    const [after, upTo] = [bind.integer(done), bind.integer(until)]
    const step = `seq > ${after} AND seq <= ${upTo}`
    return `WITH newest AS MATERIALIZED (
  SELECT hash, max(seq) AS seq FROM stream_readings
  WHERE seq > ${after} AND hash IN (SELECT hash FROM stream_readings WHERE ${step}) GROUP BY hash)
DELETE FROM stream_readings USING newest
WHERE stream_readings.hash = newest.hash AND stream_readings.seq < newest.seq
AND stream_readings.seq > ${after} AND stream_readings.seq <= ${upTo}`
  })
  await execute(connection, outdated)
  return until
}

async function readingsIn(connection: DuckDBConnection): Promise<StreamReading[]> {
  const readings: StreamReading[] = []
  const sql = `SELECT hash, start_ns, time_ns, as_long, as_double, seen_ms FROM stream_readings
QUALIFY row_number() OVER (PARTITION BY hash ORDER BY seq DESC) = 1`
  for await (const [hashes = [], starts = [], times = [], longs = [], doubles = [], seen = []] of chunksOf(connection, {
    sql,
  })) {
    for (const [i, hash] of hashes.entries()) {
      const long = longs[i] as bigint | null
      readings.push({
        hash: String(hash),
        startNs: nanosText(starts[i]),
        timeNs: String(times[i]),
        value: long === null ? Number(doubles[i]) : exactInteger(long),
        seenMs: Number(seen[i]),
      })
    }
  }
  return readings
}

async function identitiesIn(connection: DuckDBConnection, sinceMs: number): Promise<PointIdentity[]> {
  const identities: PointIdentity[] = []
  const since = statementOf(
    (bind) =>
      `SELECT hash, start_ns, time_ns, seen_ms FROM point_identities WHERE seen_ms >= ${bind.integer(Math.floor(sinceMs))}`,
  )
  for await (const [hashes = [], starts = [], times = [], seen = []] of chunksOf(connection, since)) {
    for (const [i, hash] of hashes.entries()) {
      const [startNs, timeNs] = [nanosText(starts[i]), String(times[i])]
      identities.push({ hash: String(hash), startNs, timeNs, seenMs: Number(seen[i]) })
    }
  }
  return identities
}

const nanosText = (ns: DuckDBValue | undefined): string => (ns === null || ns === undefined ? '' : String(ns))
