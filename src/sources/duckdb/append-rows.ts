import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBMapValue,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  MAP,
  UBIGINT,
  VARCHAR,
} from '@duckdb/node-api'
import { numericOf } from '../../model/measure.ts'
import type { Num } from '../../model/number.ts'
import type { Point, PointIdentity, StepRef, StreamReading } from '../../model/point.ts'
import { type CommitDraft, storedLabels } from './raw-book.ts'

/** Rows that DuckDB takes in one chunk. */
const CHUNK_ROWS = 2_048
const LABELS = MAP(VARCHAR, VARCHAR)

/** A table's columns, and how one item becomes a row of it. */
interface Layout<T> {
  readonly table: string
  readonly types: readonly DuckDBType[]
  readonly row: (item: T, index: number) => readonly DuckDBValue[]
}

/** Appends to one table inside the connection's transaction. */
async function appendAll<T>(connection: DuckDBConnection, items: readonly T[], layout: Layout<T>): Promise<void> {
  if (items.length === 0) return
  const appender = await connection.createAppender(layout.table)
  try {
    for (let from = 0; from < items.length; from += CHUNK_ROWS) {
      appender.appendDataChunk(chunkOf(items, from, Math.min(items.length, from + CHUNK_ROWS), layout))
    }
    appender.flushSync()
  } finally {
    appender.clear()
    appender.closeSync()
  }
}

function chunkOf<T>(items: readonly T[], from: number, to: number, { types, row }: Layout<T>): DuckDBDataChunk {
  const columns: DuckDBValue[][] = types.map(() => new Array<DuckDBValue>(to - from))
  for (let i = from; i < to; i++) {
    const values = row(items[i]!, i)
    for (let column = 0; column < columns.length; column++) columns[column]![i - from] = values[column]!
  }
  const chunk = DuckDBDataChunk.create(types, to - from)
  chunk.setColumns(columns)
  return chunk
}

/** Series not seen before; few, and row by row because labels may hold any character. */
async function appendSeries(connection: DuckDBConnection, added: CommitDraft['added']): Promise<void> {
  if (added.length === 0) return
  const appender = await connection.createAppender('series')
  try {
    for (const { entry, point } of added) {
      const entries = Object.entries(storedLabels(point.labels)).map(([key, value]) => ({ key, value }))
      appender.appendInteger(entry.id)
      appender.appendVarchar(point.dataset)
      appender.appendVarchar(point.metric)
      appender.appendMap(new DuckDBMapValue(entries), LABELS)
      appender.endRow()
    }
    appender.flushSync()
  } finally {
    appender.clear()
    appender.closeSync()
  }
}

/** Everything of one commit but its own row. Error: RangeError for an integer beyond 64 bits. */
export async function appendCommit(
  connection: DuckDBConnection,
  draft: CommitDraft,
  streams: { readonly readings: readonly StreamReading[]; readonly identities: readonly PointIdentity[] },
): Promise<void> {
  const seq = BigInt(draft.seq)
  await appendSeries(connection, draft.added)
  await appendAll(connection, draft.points, pointsLayout(draft, seq))
  await appendAll(connection, draft.late, lateLayout(seq))
  await appendAll(connection, streams.readings, readingsLayout(seq))
  await appendAll(connection, streams.identities, identitiesLayout(seq))
}

export async function appendCommitRow(
  connection: DuckDBConnection,
  row: { readonly seq: number; readonly arrivedMs: number; readonly points: number },
): Promise<void> {
  await appendAll(connection, [row], {
    table: 'commits',
    types: [BIGINT, DOUBLE, BIGINT],
    row: ({ seq, arrivedMs, points }) => [BigInt(seq), arrivedMs, BigInt(points)],
  })
}

function pointsLayout({ entries }: CommitDraft, seq: bigint): Layout<Point> {
  return {
    table: 'points',
    types: [INTEGER, BIGINT, DOUBLE, BIGINT, DOUBLE, BIGINT],
    row: ({ type, stepMs, readingMs, value }, i) => {
      const isLong = numericOf(type) === 'INT64'
      const [long, double] = isLong ? [longOf(value), null] : [null, Number(value)]
      return [entries[i]!.id, BigInt(stepMs), readingMs, long, double, seq]
    },
  }
}

const lateLayout = (seq: bigint): Layout<StepRef> => ({
  table: 'late_marks',
  types: [BIGINT, VARCHAR, BIGINT],
  row: ({ dataset, stepMs }) => [seq, dataset, BigInt(stepMs)],
})

const readingsLayout = (seq: bigint): Layout<StreamReading> => ({
  table: 'stream_readings',
  types: [VARCHAR, UBIGINT, UBIGINT, BIGINT, DOUBLE, DOUBLE, BIGINT],
  row: ({ hash, startNs, timeNs, value, seenMs }) => {
    const [long, double] = typeof value === 'bigint' ? [longOf(value), null] : [null, value]
    return [hash, nanosOf(startNs), BigInt(timeNs), long, double, seenMs, seq]
  },
})

const identitiesLayout = (seq: bigint): Layout<PointIdentity> => ({
  table: 'point_identities',
  types: [VARCHAR, UBIGINT, UBIGINT, DOUBLE, BIGINT],
  row: ({ hash, startNs, timeNs, seenMs }) => [hash, nanosOf(startNs), BigInt(timeNs), seenMs, seq],
})

/** NULL where the start is not known. */
const nanosOf = (ns: string): bigint | null => (ns === '' ? null : BigInt(ns))

/** A typed array would wrap it around in silence. */
function longOf(value: Num): bigint {
  const long = BigInt(value)
  if (BigInt.asIntN(64, long) !== long) throw new RangeError(`${value} is not a 64-bit integer`)
  return long
}
