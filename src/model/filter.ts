import { compareText, type LabelSet } from './label.ts'
import { Patterns } from './patterns.ts'

/**
 * A condition on labels under SQL's three-valued logic: a comparison with an absent label is unknown, NOT unknown
 * is unknown, and a series passes only when the condition is true. Text compares by code point; a pattern (RE2) must
 * match the whole value.
 */
export type Filter =
  | { readonly kind: 'true' }
  | { readonly kind: 'eq'; readonly label: string; readonly value: string }
  | { readonly kind: 'in'; readonly label: string; readonly values: readonly string[] }
  | { readonly kind: 'gt'; readonly label: string; readonly value: string }
  | { readonly kind: 'gte'; readonly label: string; readonly value: string }
  | { readonly kind: 'prefix'; readonly label: string; readonly value: string }
  | { readonly kind: 'regex'; readonly label: string; readonly pattern: string }
  | { readonly kind: 'and'; readonly filters: readonly Filter[] }
  | { readonly kind: 'or'; readonly filters: readonly Filter[] }
  | Not

/** `written` says that one operator stood for both, so that mistakes are told about the right place; it means nothing. */
interface Not {
  readonly kind: 'not'
  readonly filter: Filter
  readonly written?: 'NE' | 'LT' | 'LTE'
}

export const EVERYTHING: Filter = { kind: 'true' }

/** true, false, or null for unknown. */
export type Truth = boolean | null

export type ValueFor = (label: string) => string | null

/** Whoever evaluates many series hands in one `patterns`, which remembers what it has matched. */
export function evaluate(filter: Filter, valueFor: ValueFor, patterns: Patterns = new Patterns()): Truth {
  switch (filter.kind) {
    case 'true':
      return true
    case 'eq':
      return known(valueFor(filter.label), (value) => value === filter.value)
    case 'in':
      return known(valueFor(filter.label), (value) => filter.values.includes(value))
    case 'gt':
      return known(valueFor(filter.label), (value) => compareText(value, filter.value) > 0)
    case 'gte':
      return known(valueFor(filter.label), (value) => compareText(value, filter.value) >= 0)
    case 'prefix':
      return known(valueFor(filter.label), (value) => value.startsWith(filter.value))
    case 'regex':
      return known(valueFor(filter.label), (value) => patterns.matches(filter.pattern, value))
    case 'and':
      return every(filter.filters, valueFor, patterns)
    case 'or':
      return some(filter.filters, valueFor, patterns)
    case 'not': {
      const truth = evaluate(filter.filter, valueFor, patterns)
      return truth === null ? null : !truth
    }
  }
}

export const matches = (filter: Filter, labels: LabelSet): boolean =>
  evaluate(filter, (label) => labels[label] ?? null) === true

const known = (value: string | null, test: (value: string) => boolean): Truth => (value === null ? null : test(value))

function every(filters: readonly Filter[], valueFor: ValueFor, patterns: Patterns): Truth {
  let truth: Truth = true
  for (const filter of filters) {
    const one = evaluate(filter, valueFor, patterns)
    if (one === false) return false
    if (one === null) truth = null
  }
  return truth
}

function some(filters: readonly Filter[], valueFor: ValueFor, patterns: Patterns): Truth {
  let truth: Truth = false
  for (const filter of filters) {
    const one = evaluate(filter, valueFor, patterns)
    if (one === true) return true
    if (one === null) truth = null
  }
  return truth
}

/** Every label the filter looks at, sorted. */
export function labelsOf(filter: Filter): string[] {
  const names = new Set<string>()
  collect(filter, names)
  return [...names].sort(compareText)
}

function collect(filter: Filter, into: Set<string>): void {
  if (filter.kind === 'and' || filter.kind === 'or') for (const each of filter.filters) collect(each, into)
  else if (filter.kind === 'not') collect(filter.filter, into)
  else if (filter.kind !== 'true') into.add(filter.label)
}

/** Label and pattern of every regex in the filter, each pair once. */
export function patternsIn(filter: Filter): readonly LabelPattern[] {
  if (filter.kind === 'regex') return [{ label: filter.label, pattern: filter.pattern }]
  if (filter.kind === 'not') return patternsIn(filter.filter)
  if (filter.kind !== 'and' && filter.kind !== 'or') return []
  const all = filter.filters.flatMap(patternsIn)
  return [...new Map(all.map((each) => [JSON.stringify([each.label, each.pattern]), each])).values()]
}

export interface LabelPattern {
  readonly label: string
  readonly pattern: string
}

/** Top-level conjuncts: `a AND b` ▸ [a, b]; `true` ▸ []; anything else ▸ [itself]. */
export function conjuncts(filter: Filter): readonly Filter[] {
  if (filter.kind === 'true') return []
  return filter.kind === 'and' ? filter.filters.flatMap(conjuncts) : [filter]
}

export function allOf(filters: readonly Filter[]): Filter {
  if (filters.length === 0) return EVERYTHING
  return filters.length === 1 ? filters[0]! : { kind: 'and', filters }
}

/** Labels pinned to one value by a top-level equality (also an IN of one value): they count as grouped by. */
export function pinnedLabels(filter: Filter): ReadonlyMap<string, string> {
  const pinned = new Map<string, string>()
  for (const each of conjuncts(filter)) {
    if (each.kind === 'eq') pinned.set(each.label, each.value)
    else if (each.kind === 'in' && each.values.length === 1) pinned.set(each.label, each.values[0]!)
  }
  return pinned
}
