import { allOf, EVERYTHING, type Filter } from './filter.ts'
import { compareText } from './label.ts'

/** Matches nothing: an IN without values is false for a present label and unknown for an absent one. */
const orOf = (filters: readonly Filter[]): Filter => (filters.length === 1 ? filters[0]! : { kind: 'or', filters })

/**
 * Canonical form with the same truth, unknown included, for every label set: NOT pushed inward, AND and OR
 * flattened, sorted and without repeats, in-lists sorted and without repeats (one value ▸ eq).
 * `x OR NOT x` stays: it is unknown where x is absent.
 */
export function canonicalFilter(filter: Filter): Filter {
  switch (filter.kind) {
    case 'and':
      return joined('and', filter.filters)
    case 'or':
      return joined('or', filter.filters)
    case 'not':
      return negated(filter.filter)
    case 'in':
      return canonicalIn(filter.label, filter.values)
    default:
      return filter
  }
}

function canonicalIn(label: string, values: readonly string[]): Filter {
  const sorted = [...new Set(values)].sort(compareText)
  return sorted.length === 1 ? { kind: 'eq', label, value: sorted[0]! } : { kind: 'in', label, values: sorted }
}

/** NOT (a AND b) ▸ NOT a OR NOT b; NOT NOT a ▸ a: both hold in three-valued logic too. */
function negated(inner: Filter): Filter {
  switch (inner.kind) {
    case 'not':
      return canonicalFilter(inner.filter)
    case 'and':
      return joined(
        'or',
        inner.filters.map((filter): Filter => ({ kind: 'not', filter })),
      )
    case 'or':
      return joined(
        'and',
        inner.filters.map((filter): Filter => ({ kind: 'not', filter })),
      )
    default:
      return { kind: 'not', filter: canonicalFilter(inner) }
  }
}

function joined(kind: 'and' | 'or', filters: readonly Filter[]): Filter {
  const flat = filters.map(canonicalFilter).flatMap((each) => (each.kind === kind ? each.filters : [each]))
  if (kind === 'or' && flat.some((each) => each.kind === 'true')) return EVERYTHING
  const unique = new Map(flat.filter((each) => each.kind !== 'true').map((each) => [filterKey(each), each]))
  const sorted = [...unique].sort(([a], [b]) => compareText(a, b)).map(([, each]) => each)
  return kind === 'and' ? allOf(sorted) : orOf(sorted)
}

/** Injective text of a canonical filter, for fingerprints and hashes: keys in a fixed order. */
export function filterKey(filter: Filter): string {
  switch (filter.kind) {
    case 'true':
      return '["true"]'
    case 'eq':
    case 'gt':
    case 'gte':
    case 'prefix':
      return JSON.stringify([filter.kind, filter.label, filter.value])
    case 'regex':
      return JSON.stringify([filter.kind, filter.label, filter.pattern])
    case 'in':
      return JSON.stringify(['in', filter.label, filter.values])
    case 'not':
      return `["not",${filterKey(filter.filter)}]`
    case 'and':
    case 'or':
      return `["${filter.kind}",${filter.filters.map(filterKey).join(',')}]`
  }
}
