import type { CatalogVersion, DatasetDefinition, MetricDefinition, RollupVersion } from '../model/definition.ts'
import { conjuncts, type Filter, labelsOf } from '../model/filter.ts'
import { isConstrained, type Scope, scopeKey } from '../model/scope.ts'

interface Kept {
  readonly whole: CatalogVersion
  readonly seen: CatalogVersion
}

const SCOPES_MAX = 256

/**
 * The catalog as a caller sees it, so that lists, look-ups, plans and errors never name what is hidden:
 *
 *     datasets    those of the scope; with constraints, only those with a metric that is seen
 *     metrics     with constraints: those that carry every constrained label and stand in a catalog file. Names that
 *                 registered themselves were made up by some sender, who may be another tenant
 *     rollups     those that store a seen metric, without the measures of others; hashes stay, so they serve as before
 *     labels, resource types   of seen metrics
 *
 * Keeps the newest catalog of the scopes that asked last.
 */
export class ScopedCatalogs {
  readonly #kept = new Map<string, Kept>()
  readonly #scopesMax: number

  constructor(scopesMax = SCOPES_MAX) {
    this.#scopesMax = scopesMax
  }

  /** The version itself for whom sees everything; the same object for the same version and rights while kept. */
  of(whole: CatalogVersion, scope: Scope): CatalogVersion {
    if (!isConstrained(scope)) return whole
    const key = scopeKey(scope)
    const kept = this.#kept.get(key)
    this.#kept.delete(key)
    const now = kept?.whole === whole ? kept : { whole, seen: seenBy(whole, scope) }
    this.#kept.set(key, now)
    if (this.#kept.size > this.#scopesMax) this.#kept.delete(this.#kept.keys().next().value!)
    return now.seen
  }
}

function seenBy({ version, datasets }: CatalogVersion, scope: Scope): CatalogVersion {
  const named = [...datasets.values()].filter(({ name }) => scope.datasets?.includes(name) ?? true)
  if (scope.constraints.length === 0) return { version, datasets: byName(named) }
  return { version, datasets: byName(named.map((each) => cut(each, scope)).filter(({ metrics }) => metrics.size > 0)) }
}

function cut(dataset: DatasetDefinition, { constraints }: Scope): DatasetDefinition {
  const constrained = constraints.map(({ label }) => label)
  const metrics = byName([...dataset.metrics.values()].filter((metric) => isSeen(metric, constrained)))
  const labels = new Set([...metrics.values()].flatMap((metric) => metric.labels))
  const types = new Set([...metrics.values()].flatMap((metric) => metric.resources))
  const rollups = [...dataset.rollups.values()].flatMap((rollup) => cutRollup(rollup, metrics) ?? [])
  return {
    ...dataset,
    metrics,
    rollups: byName(rollups.filter(({ filter }) => namesNothingForeign(filter, constraints))),
    labels: byName([...dataset.labels.values()].filter(({ name }) => labels.has(name))),
    resources: new Map([...dataset.resources].filter(([type]) => types.has(type))),
  }
}

const isSeen = ({ selfRegistered, labels }: MetricDefinition, constrained: readonly string[]): boolean =>
  !selfRegistered && constrained.every((label) => labels.includes(label))

function cutRollup(rollup: RollupVersion, metrics: ReadonlyMap<string, unknown>): RollupVersion | null {
  const measures = rollup.measures.filter(({ metric }) => metrics.has(metric))
  if (measures.length === 0) return null
  return measures.length === rollup.measures.length ? rollup : { ...rollup, measures }
}

/** A rollup of other tenants' resources says in its own filter who they are. */
const namesNothingForeign = (filter: Filter, constraints: Scope['constraints']): boolean =>
  constraints.every(({ label, values }) =>
    conjuncts(filter).every((each) => !labelsOf(each).includes(label) || namesOnly(each, values)),
  )

function namesOnly(filter: Filter, values: readonly string[]): boolean {
  if (filter.kind === 'eq') return values.includes(filter.value)
  return filter.kind === 'in' && filter.values.every((value) => values.includes(value))
}

const byName = <T extends { readonly name: string }>(all: readonly T[]): ReadonlyMap<string, T> =>
  new Map(all.map((each) => [each.name, each]))
