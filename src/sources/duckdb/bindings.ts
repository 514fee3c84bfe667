import { BIGINT, type DuckDBType, type DuckDBValue, LIST, listValue, VARCHAR } from '@duckdb/node-api'

/** Values of one statement. What users name or send is bound here and never becomes part of a statement's text. */
export class Bindings {
  readonly values: Record<string, DuckDBValue> = {}
  readonly types: Record<string, DuckDBType> = {}
  #count = 0

  /** The placeholder that stands for the text. */
  text(value: string): string {
    return this.#add(value, VARCHAR)
  }

  texts(values: readonly string[]): string {
    return this.#add(listValue(values), LIST(VARCHAR))
  }

  integer(value: number): string {
    return this.#add(BigInt(value), BIGINT)
  }

  #add(value: DuckDBValue, type: DuckDBType): string {
    const name = `v${++this.#count}`
    this.values[name] = value
    this.types[name] = type
    return `$${name}`
  }
}

/** A statement's text with everything it binds. */
export interface Statement {
  readonly sql: string
  readonly bind: Bindings
}

/** `(bind) => text` ▸ statement. */
export function statementOf(write: (bind: Bindings) => string): Statement {
  const bind = new Bindings()
  return { sql: write(bind), bind }
}
