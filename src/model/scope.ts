import { LanewayError } from './errors.ts'
import { allOf, conjuncts, type Filter } from './filter.ts'
import { compareText } from './label.ts'

/** A label must have one of these values; series without the label are not seen. Values sorted, at least one. */
export interface LabelConstraint {
  readonly label: string
  readonly values: readonly string[]
}

/**
 * What a caller may see. ANDed into every question before routing, and part of every key of everything that is kept
 * between questions.
 */
export interface Scope {
  readonly tenant: string
  /** Names of the datasets that exist for the caller, sorted; null: all. */
  readonly datasets: readonly string[] | null
  /** One per label at most, sorted by label. */
  readonly constraints: readonly LabelConstraint[]
}

/** Sees everything: the pipeline's own questions, and callers without constraints. */
export const UNSCOPED: Scope = { tenant: '', datasets: null, constraints: [] }

export const isConstrained = ({ datasets, constraints }: Scope): boolean => datasets !== null || constraints.length > 0

export const scopeFilter = ({ constraints }: Scope): Filter =>
  allOf(constraints.map(({ label, values }) => ({ kind: 'in', label, values })))

/** Equal for equal rights of the same tenant, different otherwise. */
export const scopeKey = ({ tenant, datasets, constraints }: Scope): string =>
  JSON.stringify([tenant, datasets, constraints.map(({ label, values }) => [label, values])])

/** Sorted and without repeats, so that equal rights have equal keys; a label named twice must satisfy both. */
export function scopeOf(tenant: string, datasets: readonly string[] | null, constraints: readonly LabelConstraint[]) {
  const byLabel = new Map<string, readonly string[]>()
  for (const { label, values } of constraints) {
    const before = byLabel.get(label)
    byLabel.set(label, sortedOnce(before ? values.filter((value) => before.includes(value)) : values))
  }
  const sorted = [...byLabel].sort(([a], [b]) => compareText(a, b))
  const scope: Scope = {
    tenant,
    datasets: datasets && sortedOnce(datasets),
    constraints: sorted.map(([label, values]) => ({ label, values })),
  }
  return scope
}

const sortedOnce = (texts: readonly string[]): string[] => [...new Set(texts)].sort(compareText)

/**
 * The filter of a question, held to what the caller may see. What the question itself names is cut to what is inside,
 * so that no foreign value goes further, and a single own value is as good for routing as an equality:
 *
 *     may see kafka.id in (a, b)   question                         ▸ held
 *                                  x                                ▸ x AND kafka.id in (a, b)
 *                                  x AND kafka.id in (b, z)         ▸ x AND kafka.id in (b)
 *                                  kafka.id = z OR x                ▸ (kafka.id = z OR x) AND kafka.id in (a, b)
 *
 * Error: FORBIDDEN when everything it names lies outside.
 */
export function scopedFilter(filter: Filter, { constraints }: Scope): Filter {
  return constraints.reduce(heldTo, filter)
}

function heldTo(filter: Filter, { label, values }: LabelConstraint): Filter {
  const all = conjuncts(filter)
  const naming = all.filter((each) => valuesNamed(each, label) !== null)
  if (naming.length === 0) return allOf([...all, { kind: 'in', label, values }])
  const lists = naming.map((each) => valuesNamed(each, label)!)
  if (lists.some((list) => !list.some((value) => values.includes(value)))) throw foreign()
  const inside = values.filter((value) => lists.every((list) => list.includes(value)))
  if (inside.length === 0) return allOf([...all, { kind: 'in', label, values }])
  return allOf([...all.filter((each) => !naming.includes(each)), { kind: 'in', label, values: inside }])
}

/** What a condition pins the label to: `=`, IN, and ORs of them (Metrics API v2 writes its lists so); else null. */
function valuesNamed(filter: Filter, label: string): readonly string[] | null {
  switch (filter.kind) {
    case 'eq':
      return filter.label === label ? [filter.value] : null
    case 'in':
      return filter.label === label ? filter.values : null
    case 'or': {
      const lists = filter.filters.map((each) => valuesNamed(each, label))
      return lists.every((list) => list !== null) ? lists.flat() : null
    }
    default:
      return null
  }
}

/** For routes that name resources outside a filter (export). Error: FORBIDDEN when all that is named lies outside. */
export function refuseForeign(filter: Filter, scope: Scope): void {
  scopedFilter(filter, scope)
}

/** Metrics API v2's sentence; it says nothing about whether what was named exists. */
const foreign = (): LanewayError =>
  new LanewayError('FORBIDDEN', {
    detail: 'Query must filter by at least one of your authorized resources',
    hint: 'Name a resource of yours in filter, or none: then all of yours are answered.',
  })
