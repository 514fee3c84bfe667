import type { DatasetDefinition, MetricDefinition } from '../model/definition.ts'
import { compareText } from '../model/label.ts'
import type { CatalogFile, KeyPath } from './catalog-file.ts'
import { METRIC_NAME } from './names.ts'
import type { Problems } from './problems.ts'
import { checkShape, MetricShape } from './shape.ts'

export interface MetricPlace {
  readonly file: CatalogFile
  readonly problems: Problems
  readonly dataset: string
  readonly resources: DatasetDefinition['resources']
}

/** One metric of a file; undefined, and problems, when it has an error. */
export function metricOf(name: string, raw: unknown, place: MetricPlace): MetricDefinition | undefined {
  const key: KeyPath = ['metrics', name]
  const before = place.problems.count
  if (!METRIC_NAME.pattern.test(name)) place.problems.add(place.file, key, `is no name; allowed: ${METRIC_NAME.rule}`)
  const shape = checkShape(MetricShape, raw, { ...place, key })
  if (shape === undefined) return undefined
  const resourceIds = shape.resources.flatMap((type, i) => resourceId(type, [...key, 'resources', i], place))
  const labels = [...new Set([...shape.labels, ...resourceIds])].sort(compareText)
  const from = {
    otlp: shape.from?.otlp ?? name,
    labels: shape.from?.labels ?? {},
    resource: shape.from?.resource ?? {},
    ...(shape.from && Object.keys(shape.from.skip).length > 0 ? { skip: shape.from.skip } : {}),
  }
  checkTargets(from, labels, { key, place })
  if (place.problems.count > before) return undefined
  const { resources, type, unit, description, missing, exportable, lifecycle } = shape
  const kind = { type, unit, description, resources, labels, missing, exportable, lifecycle }
  return { dataset: place.dataset, name, ...kind, from, selfRegistered: false }
}

function resourceId(type: string, key: KeyPath, { file, problems, resources }: MetricPlace): string[] {
  const resource = resources.get(type)
  if (resource !== undefined) return [resource.id]
  const known = [...resources.keys()].join(', ') || 'none, for the file defines no resources'
  problems.add(file, key, `${JSON.stringify(type)} is no resource type of this file; allowed: ${known}`)
  return []
}

type Targets = Pick<NonNullable<MetricDefinition['from']>, 'labels' | 'resource'>

/** A mapping onto a label that the series does not keep would be lost in silence. */
function checkTargets(from: Targets, labels: readonly string[], at: { key: KeyPath; place: MetricPlace }): void {
  for (const side of ['labels', 'resource'] as const) {
    for (const [attribute, label] of Object.entries(from[side])) {
      if (labels.includes(label)) continue
      const key = [...at.key, 'from', side, attribute]
      const allowed = labels.join(', ') || 'none, for the metric has no labels'
      at.place.problems.add(
        at.place.file,
        key,
        `${JSON.stringify(label)} is no label of the metric; allowed: ${allowed}`,
      )
    }
  }
}
