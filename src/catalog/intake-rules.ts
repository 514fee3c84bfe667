import type { CatalogVersion, DatasetDefinition, MetricDefinition } from '../model/definition.ts'

/** How the intake finds dataset and metrics, with look-ups prepared for one catalog version. */
export interface IntakeRules {
  /** See `datasetFor`. */
  datasetFor(resource: ReadonlyMap<string, string>): string
  /** See `mappingFor`. */
  mappingFor(dataset: string, otlpName: string): readonly MetricDefinition[]
}

const NONE: readonly MetricDefinition[] = []

export function intakeRules(catalog: CatalogVersion): IntakeRules {
  const mappings = new Map<string, ReadonlyMap<string, readonly MetricDefinition[]>>()
  const mappingsOf = (dataset: string) => {
    const known = mappings.get(dataset) ?? mappingsByName(catalog.datasets.get(dataset))
    mappings.set(dataset, known)
    return known
  }
  return {
    datasetFor: (resource) => datasetFor(catalog, resource),
    mappingFor: (dataset, otlpName) =>
      catalog.datasets.has(dataset) ? (mappingsOf(dataset).get(otlpName) ?? NONE) : NONE,
  }
}

/** Dataset of a sender: `laneway.dataset`, else the first, by name, whose `match` fits, else `default`. */
export function datasetFor(catalog: CatalogVersion, resource: ReadonlyMap<string, string>): string {
  const named = resource.get('laneway.dataset')
  if (named !== undefined && named !== '') return named
  for (const { name, match } of catalog.datasets.values()) if (match !== null && fits(match, resource)) return name
  return 'default'
}

const fits = (match: NonNullable<DatasetDefinition['match']>, resource: ReadonlyMap<string, string>): boolean =>
  Object.entries(match).every(([name, value]) => (value === null ? resource.has(name) : resource.get(name) === value))

/**
 * Catalog metrics fed by an OTLP metric, by its name as sent (for histograms: of the part, `h.count`): those whose
 * `from.otlp` it is, else the one that has this name itself. Empty: not in the catalog, the metric registers itself.
 */
export function mappingFor(dataset: DatasetDefinition | undefined, otlpName: string): readonly MetricDefinition[] {
  return mappingsByName(dataset).get(otlpName) ?? NONE
}

function mappingsByName(dataset: DatasetDefinition | undefined): ReadonlyMap<string, readonly MetricDefinition[]> {
  const byName = new Map<string, MetricDefinition[]>()
  const written = [...(dataset?.metrics.values() ?? [])].filter((metric) => metric.from !== null)
  for (const metric of written) byName.set(metric.from!.otlp, [...(byName.get(metric.from!.otlp) ?? []), metric])
  for (const metric of written) if (!byName.has(metric.name)) byName.set(metric.name, [metric])
  return byName
}

/** Whether a point belongs to the metric: not when one of its attributes has a value that `from.skip` names. */
export const takesPoint = (metric: MetricDefinition, attributes: ReadonlyMap<string, string>): boolean =>
  Object.entries(metric.from?.skip ?? {}).every(([name, values]) => {
    const value = attributes.get(name)
    return value === undefined || !values.includes(value)
  })
