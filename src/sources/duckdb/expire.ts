import type { DuckDBConnection } from '@duckdb/node-api'
import type { DatasetDefinition } from '../../model/definition.ts'
import { HOUR_MS } from '../../model/granularity.ts'
import { ceilTo, type Interval } from '../../model/interval.ts'
import type { CatalogView } from '../../ports/catalog.ts'
import { type Statement, statementOf } from './bindings.ts'
import { retentionEdge } from './coverage.ts'
import type { RawBook, SeriesEntry } from './raw-book.ts'
import { execute, rowsOf } from './rows.ts'
import type { Transactions } from './transactions.ts'

/** Rows one step deletes, about: commits wait no longer than that takes. */
const STEP_ROWS = 100_000
const SERIES_PER_STEP = 1_000

export interface ExpireParts {
  readonly transactions: Transactions
  readonly book: RawBook
  readonly catalog: CatalogView
}

/**
 * Deletes what is past its time: points, marks and series of each dataset before its retention edge, then stream
 * state. First the edge becomes durable and coverage shrinks, then data goes, in steps between which commits have
 * their turn. What a failure leaves behind, the next call deletes. A dataset that no catalog defines stays.
 * Error: STORE_UNWRITABLE.
 */
export async function expireRaw(parts: ExpireParts, nowMs: number): Promise<void> {
  const definitions = [...parts.catalog.current().datasets.values()]
  for (const definition of definitions) await expireDataset(parts, definition, retentionEdge(definition, nowMs))
  if (definitions.length > 0) await expireStreams(parts, definitions, nowMs)
}

async function expireDataset(parts: ExpireParts, { name, stepMs }: DatasetDefinition, edgeMs: number): Promise<void> {
  const { book, transactions } = parts
  const hours = [...book.pointsByHour(name, new Set())].filter(([hour]) => hour + HOUR_MS <= edgeMs)
  const series = book.seriesBefore(name, edgeMs)
  const marked = book.chunks(name, { start: Number.NEGATIVE_INFINITY, end: edgeMs })
  if (hours.length + series.length + marked.length === 0) return
  if (edgeMs > book.expiredMs(name)) {
    const done = () => book.setExpired(name, edgeMs)
    await transactions.run({ work: (connection) => moveEdge(connection, name, edgeMs), done })
  }
  for (const [hour, points] of hours) {
    for (const slice of slicesOf(hour, points, stepMs)) await runOne(transactions, pointsIn(name, slice))
    book.dropHour(name, hour)
  }
  await runOne(transactions, marksBefore(name, edgeMs))
  for (const { start } of marked) book.dropHour(name, start)
  await dropSeries(parts, name, edgeMs)
}

async function moveEdge(connection: DuckDBConnection, dataset: string, edgeMs: number): Promise<void> {
  const forget = statementOf((bind) => `DELETE FROM expired WHERE dataset = ${bind.text(dataset)}`)
  const note = statementOf((bind) => `INSERT INTO expired VALUES (${bind.text(dataset)}, ${bind.integer(edgeMs)})`)
  for (const each of [forget, note]) await execute(connection, each)
}

/** An hour in whole steps, so many that none holds much more than STEP_ROWS points. */
function* slicesOf(hour: number, points: number, stepMs: number): Generator<Interval> {
  const width = ceilTo(HOUR_MS / Math.ceil(points / STEP_ROWS), stepMs)
  for (let start = hour; start < hour + HOUR_MS; start += width) {
    yield { start, end: Math.min(start + width, hour + HOUR_MS) }
  }
}

const pointsIn = (dataset: string, { start, end }: Interval): Statement =>
  statementOf(
    (bind) => `DELETE FROM points WHERE step >= ${bind.integer(start)} AND step < ${bind.integer(end)}
AND series IN (SELECT id FROM series WHERE dataset = ${bind.text(dataset)})`,
  )

const marksBefore = (dataset: string, beforeMs: number): Statement =>
  statementOf(
    (bind) => `DELETE FROM late_marks WHERE dataset = ${bind.text(dataset)} AND step < ${bind.integer(beforeMs)}`,
  )

/** A series whose last point is gone has none. It leaves table and book in one turn, so no commit meets half of that. */
async function dropSeries({ transactions, book }: ExpireParts, dataset: string, beforeMs: number): Promise<void> {
  const work = async (connection: DuckDBConnection): Promise<readonly SeriesEntry[]> => {
    const gone = book.seriesBefore(dataset, beforeMs).slice(0, SERIES_PER_STEP)
    if (gone.length > 0) await execute(connection, seriesNamed(gone.map(({ id }) => id)))
    return gone
  }
  const done = (gone: readonly SeriesEntry[]) => book.dropSeries(gone)
  while ((await transactions.run({ work, done })).length > 0);
}

const seriesNamed = (ids: readonly number[]): Statement =>
  statementOf((bind) => `DELETE FROM series WHERE id IN (${ids.map((id) => bind.integer(id)).join(', ')})`)

/** Streams do not know their dataset, so the longest time of all datasets holds for them. */
async function expireStreams(
  { transactions }: ExpireParts,
  definitions: readonly DatasetDefinition[],
  nowMs: number,
): Promise<void> {
  const longest = (time: 'retentionRawMs' | 'dedupeMs') => Math.max(...definitions.map((each) => each[time]))
  const readingsMs = Math.floor(nowMs - longest('retentionRawMs'))
  const identitiesMs = Math.floor(nowMs - longest('dedupeMs'))
  await deleteInSteps(transactions, 'stream_readings', (bind) => `seen_ms < ${bind.integer(readingsMs)}`)
  await deleteInSteps(transactions, 'point_identities', (bind) => `seen_ms < ${bind.integer(identitiesMs)}`)
  const past = 'seq < (SELECT max(seq) FROM commits)'
  await deleteInSteps(transactions, 'commits', (bind) => `arrived_ms < ${bind.integer(readingsMs)} AND ${past}`)
}

async function deleteInSteps(
  transactions: Transactions,
  table: 'stream_readings' | 'point_identities' | 'commits',
  where: (bind: Statement['bind']) => string,
): Promise<void> {
  const step = statementOf(
    (bind) =>
      `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${where(bind)} LIMIT ${STEP_ROWS})`,
  )
  const work = async (connection: DuckDBConnection) => Number((await rowsOf(connection, step))[0]?.[0] ?? 0)
  while ((await transactions.run({ work })) === STEP_ROWS);
}

async function runOne(transactions: Transactions, statement: Statement): Promise<void> {
  await transactions.run({ work: (connection) => execute(connection, statement) })
}
