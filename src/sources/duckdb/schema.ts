import type { DuckDBConnection } from '@duckdb/node-api'
import { damaged } from './instance.ts'

/** Raised when tables change; a file of a newer version is refused, one of an older would be brought up here. */
export const SCHEMA_VERSION = 1

/**
 * Labels are a map and no columns: column names are case-insensitive, labels are not. A value lies in the column of
 * its kind. No indexes: they would slow every append, and what must be found fast is in memory.
 */
const TABLES = [
  'laneway_schema (version INTEGER)',
  'series (id INTEGER, dataset VARCHAR, metric VARCHAR, labels MAP(VARCHAR, VARCHAR))',
  'points (series INTEGER, step BIGINT, reading DOUBLE, as_long BIGINT, as_double DOUBLE, seq BIGINT)',
  'late_marks (seq BIGINT, dataset VARCHAR, step BIGINT)',
  'commits (seq BIGINT, arrived_ms DOUBLE, points BIGINT)',
  'stream_readings (hash VARCHAR, start_ns UBIGINT, time_ns UBIGINT, as_long BIGINT, as_double DOUBLE, seen_ms DOUBLE, seq BIGINT)',
  'point_identities (hash VARCHAR, start_ns UBIGINT, time_ns UBIGINT, seen_ms DOUBLE, seq BIGINT)',
  'expired (dataset VARCHAR, before_ms BIGINT)',
]

/** Makes the tables in an empty file and checks them in any other. Error: DATA_FOLDER_DAMAGED. */
export async function prepareSchema(connection: DuckDBConnection, path: string): Promise<void> {
  const tables = await namesOfTables(connection)
  if (tables.length === 0) return await createTables(connection)
  if (!tables.includes('laneway_schema'))
    throw damaged(path, `it holds other tables (${tables.slice(0, 5).join(', ')})`)
  const version = await versionOf(connection)
  if (version === SCHEMA_VERSION) return
  throw damaged(path, `it has schema version ${version}, this Laneway reads version ${SCHEMA_VERSION}`)
}

async function namesOfTables(connection: DuckDBConnection): Promise<string[]> {
  const reader = await connection.runAndReadAll(
    'SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY table_name',
  )
  return reader.getRows().map(([name]) => String(name))
}

async function versionOf(connection: DuckDBConnection): Promise<number> {
  const reader = await connection.runAndReadAll('SELECT max(version) FROM laneway_schema')
  return Number(reader.getRows()[0]?.[0])
}

async function createTables(connection: DuckDBConnection): Promise<void> {
  await connection.run('BEGIN TRANSACTION')
  for (const table of TABLES) await connection.run(`CREATE TABLE ${table}`)
  await connection.run(`INSERT INTO laneway_schema VALUES (${SCHEMA_VERSION})`)
  await connection.run('COMMIT')
}
