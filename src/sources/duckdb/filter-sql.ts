import type { Filter } from '../../model/filter.ts'
import type { Bindings } from './bindings.ts'

/** Planning takes DuckDB long for thousands of values; a list is one. */
const BOUND_ONE_BY_ONE_MAX = 32

/** A label of the row at hand; NULL where the series does not have it. Names are values: they differ in case too. */
export const labelSql = (label: string, bind: Bindings): string => `labels[${bind.text(label)}]`

/** The filter as a condition on `labels`. SQL's logic is ours, and its text order is that of UTF-8 bytes. */
export function filterSql(filter: Filter, bind: Bindings): string {
  switch (filter.kind) {
    case 'true':
      return 'TRUE'
    case 'eq':
      return compared(filter, '=', bind)
    case 'gt':
      return compared(filter, '>', bind)
    case 'gte':
      return compared(filter, '>=', bind)
    case 'prefix':
      return `starts_with(${labelSql(filter.label, bind)}, ${bind.text(filter.value)})`
    case 'regex':
      throw new TypeError(`${filter.label}: patterns are resolved before they come here`)
    case 'in':
      return inSql(filter.label, filter.values, bind)
    case 'and':
      return joined(filter.filters, 'AND', bind) ?? 'TRUE'
    case 'or':
      return joined(filter.filters, 'OR', bind) ?? 'FALSE'
    case 'not':
      return `(NOT ${filterSql(filter.filter, bind)})`
  }
}

const compared = (
  { label, value }: { readonly label: string; readonly value: string },
  operator: '=' | '>' | '>=',
  bind: Bindings,
): string => `(${labelSql(label, bind)} ${operator} ${bind.text(value)})`

/** SQL has no IN without values: false where the label is present, unknown where it is absent. */
function inSql(label: string, values: readonly string[], bind: Bindings): string {
  const subject = labelSql(label, bind)
  if (values.length === 0) return `(CASE WHEN ${subject} IS NULL THEN NULL ELSE FALSE END)`
  if (values.length > BOUND_ONE_BY_ONE_MAX) return `(${subject} IN (SELECT unnest(${bind.texts(values)})))`
  return `(${subject} IN (${values.map((value) => bind.text(value)).join(', ')}))`
}

function joined(filters: readonly Filter[], word: 'AND' | 'OR', bind: Bindings): string | null {
  if (filters.length === 0) return null
  return `(${filters.map((each) => filterSql(each, bind)).join(` ${word} `)})`
}
