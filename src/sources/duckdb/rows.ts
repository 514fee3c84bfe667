import type { DuckDBConnection, DuckDBDataChunk, DuckDBValue } from '@duckdb/node-api'
import type { Bindings, Statement } from './bindings.ts'

/** Runs a statement and takes its rows chunk by chunk, column by column, so that other work gets its turn between. */
export async function* chunksOf(
  connection: DuckDBConnection,
  { sql, bind }: { readonly sql: string; readonly bind?: Bindings },
): AsyncGenerator<readonly (readonly DuckDBValue[])[]> {
  const result = await (bind ? connection.run(sql, bind.values, bind.types) : connection.run(sql))
  let chunk: DuckDBDataChunk | null
  while ((chunk = await result.fetchChunk()) && chunk.rowCount > 0) yield chunk.getColumns()
}

/** All rows of a small answer. */
export async function rowsOf(
  connection: DuckDBConnection,
  { sql, bind }: { readonly sql: string; readonly bind?: Bindings },
): Promise<DuckDBValue[][]> {
  const reader = await connection.runAndReadAll(sql, bind?.values, bind?.types)
  return reader.getRows()
}

/** A statement whose answer nobody needs. */
export async function execute(connection: DuckDBConnection, { sql, bind }: Statement): Promise<void> {
  await connection.run(sql, bind.values, bind.types)
}
