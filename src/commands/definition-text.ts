import type { DatasetDefinition, LabelDefinition, MetricDefinition, RollupVersion } from '../model/definition.ts'
import type { Filter } from '../model/filter.ts'
import { filterKey } from '../model/filter-canonical.ts'
import { durationText } from '../planner/logical/duration-text.ts'

/** What a definition says, field by field, as text that is compared and shown. */
export type Fields = Readonly<Record<string, string>>

const list = (texts: readonly string[]): string => [...texts].sort().join(', ') || '(none)'
const plain = (value: unknown): string => (value === null || value === '' ? '(none)' : JSON.stringify(value))

export const datasetFields = (dataset: DatasetDefinition): Fields => ({
  step: durationText(dataset.stepMs),
  lateness: durationText(dataset.latenessMs),
  dedupe: durationText(dataset.dedupeMs),
  'retention.raw': durationText(dataset.retentionRawMs),
  strict: String(dataset.strict),
  match: plain(dataset.match),
})

export const metricFields = (metric: MetricDefinition): Fields => ({
  type: metric.type,
  unit: metric.unit || '(none)',
  missing: metric.missing,
  labels: list(metric.labels),
  resources: list(metric.resources),
  exportable: String(metric.exportable),
  lifecycle: metric.lifecycle,
  description: plain(metric.description),
  from: plain(metric.from),
})

export const labelFields = ({ cardinality, description }: LabelDefinition): Fields => ({
  cardinality,
  description: plain(description),
})

/** Of these, `keep` alone makes no new version. */
export const rollupFields = (rollup: RollupVersion): Fields => ({
  grain: rollup.grain,
  labels: list(rollup.labels),
  measures: list(rollup.measures.map(({ space, metric }) => `${space}:${metric}`)),
  'types and units': list(
    rollup.measures.map(({ metric, type, unit, missing }) => `${metric} ${type} ${unit} ${missing}`),
  ),
  filter: filterText(rollup.filter),
  step: durationText(rollup.stepMs),
  'keep.push': durationText(rollup.keep.pushMs),
  'keep.druid': rollup.keep.druidMs === null ? '(none)' : durationText(rollup.keep.druidMs),
})

const filterText = (filter: Filter): string => (filter.kind === 'true' ? '(none)' : filterKey(filter))
