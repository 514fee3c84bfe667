import type { DuckDBConnection } from '@duckdb/node-api'
import { allOf, conjuncts, type Filter, patternsIn } from '../../model/filter.ts'
import { Patterns } from '../../model/patterns.ts'
import type { Scan } from '../../ports/source.ts'
import { matchAhead } from '../match-patterns.ts'
import { type Statement, statementOf } from './bindings.ts'
import { filterSql, labelSql } from './filter-sql.ts'
import { chunksOf } from './rows.ts'

/**
 * The scan with every pattern as the list of values that match it: `a ~ "x.*"` ▸ `a IN (x, x1)`. DuckDB never sees a
 * pattern, so that one matcher speaks for all sources. The same for every series that passes the other conjuncts, NOT
 * and absent labels included. Errors as `matchAhead`.
 */
export async function withoutPatterns<S extends Scan>(
  connection: DuckDBConnection,
  scan: S,
  signal: AbortSignal,
): Promise<S> {
  const wanted = patternsIn(scan.filter)
  if (wanted.length === 0) return scan
  const patterns = new Patterns()
  const valuesOf = new Map<string, readonly string[]>()
  for (const label of new Set(wanted.map((each) => each.label))) {
    valuesOf.set(label, await distinctValues(connection, distinctStatement(scan, label, patterns.valuesLeft + 1)))
  }
  const values = wanted.map((each) => ({ ...each, values: valuesOf.get(each.label)! }))
  await matchAhead(patterns, values, signal)
  const matching = (label: string, pattern: string) =>
    valuesOf.get(label)!.filter((value) => patterns.matches(pattern, value))
  return { ...scan, filter: resolved(scan.filter, matching) }
}

function resolved(filter: Filter, matching: (label: string, pattern: string) => readonly string[]): Filter {
  switch (filter.kind) {
    case 'regex':
      return { kind: 'in', label: filter.label, values: matching(filter.label, filter.pattern) }
    case 'not':
      return { kind: 'not', filter: resolved(filter.filter, matching) }
    case 'and':
    case 'or':
      return { kind: filter.kind, filters: filter.filters.map((each) => resolved(each, matching)) }
    default:
      return filter
  }
}

/** Values of series that pass what is asked beside patterns; `valuesMax` of them at most. */
function distinctStatement({ dataset, measures, filter }: Scan, label: string, valuesMax: number): Statement {
  const plain = allOf(conjuncts(filter).filter((each) => patternsIn(each).length === 0))
  return statementOf((bind) => {
    const metrics = [...new Set(measures.map(({ metric }) => metric))].map((metric) => bind.text(metric))
    return `SELECT DISTINCT ${labelSql(label, bind)} AS value FROM series
WHERE dataset = ${bind.text(dataset)} ${metrics.length === 0 ? '' : `AND metric IN (${metrics.join(', ')})`}
AND ${filterSql(plain, bind)} AND value IS NOT NULL LIMIT ${bind.integer(valuesMax)}`
  })
}

async function distinctValues(connection: DuckDBConnection, statement: Statement): Promise<readonly string[]> {
  const values: string[] = []
  for await (const [column = []] of chunksOf(connection, statement)) {
    for (const value of column) values.push(value as string)
  }
  return values
}
