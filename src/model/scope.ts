import { allOf, type Filter } from './filter.ts'

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
