import type { DuckDBConnection, DuckDBMapValue, DuckDBValue } from '@duckdb/node-api'
import { HOUR_MS } from '../../model/granularity.ts'
import type { LabelSet } from '../../model/label.ts'
import { RawBook, type SeriesEntry, storedKey } from './raw-book.ts'
import { chunksOf } from './rows.ts'

const HOUR = `step - ((step % ${HOUR_MS}) + ${HOUR_MS}) % ${HOUR_MS}`

/** Reads the book from the store: one pass over the series and one over two columns of the points. */
export async function restoreBook(connection: DuckDBConnection): Promise<RawBook> {
  const book = new RawBook()
  const byId = new Map<number, SeriesEntry>()
  await eachRow(connection, 'SELECT coalesce(max(seq), 0) FROM commits', ([seq]) => book.beginAfter(Number(seq)))
  await eachRow(connection, 'SELECT id, dataset, metric, labels FROM series', ([id, dataset, metric, labels]) => {
    const entry = {
      id: Number(id),
      labelsKey: storedKey(labelsIn(labels as DuckDBMapValue)),
      metric: book.metric(String(dataset), String(metric)),
      lastStepMs: Number.NEGATIVE_INFINITY,
    }
    byId.set(entry.id, entry)
    book.addSeries(entry)
  })
  const counts = `SELECT series, ${HOUR} AS hour, count(*), max(step) FROM points GROUP BY series, hour`
  await eachRow(connection, counts, ([series, hour, count, lastStep]) => {
    const entry = byId.get(Number(series))
    if (!entry) return
    entry.lastStepMs = Math.max(entry.lastStepMs, Number(lastStep))
    book.addPoints(entry.metric, Number(hour), Number(count))
  })
  const marks = `SELECT dataset, ${HOUR} AS hour, max(seq) FROM late_marks GROUP BY dataset, hour`
  await eachRow(connection, marks, ([dataset, hour, seq]) => book.addMark(String(dataset), Number(hour), Number(seq)))
  const expired = 'SELECT dataset, max(before_ms) FROM expired GROUP BY dataset'
  await eachRow(connection, expired, ([dataset, before]) => book.setExpired(String(dataset), Number(before)))
  return book
}

const labelsIn = (labels: DuckDBMapValue): LabelSet =>
  Object.fromEntries(labels.entries.map(({ key, value }) => [String(key), String(value)]))

async function eachRow(
  connection: DuckDBConnection,
  sql: string,
  take: (row: readonly DuckDBValue[]) => void,
): Promise<void> {
  for await (const columns of chunksOf(connection, { sql })) {
    for (let i = 0; i < (columns[0]?.length ?? 0); i++) take(columns.map((column) => column[i]!))
  }
}
