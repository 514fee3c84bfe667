import type {
  CatalogVersion,
  DatasetDefinition,
  LabelDefinition,
  MetricDefinition,
  MetricDescriptor,
  RollupVersion,
} from '../model/definition.ts'
import { LanewayError } from '../model/errors.ts'
import { compareText } from '../model/label.ts'
import { autoRollupOf, hasOnlyAutoRollups } from './auto-rollup.ts'
import { defaultDataset, defaultLabel } from './dataset.ts'
import { DATASET_NAME, LABEL_NAME, METRIC_NAME, type NameRule } from './names.ts'

export interface EnrolLimits {
  /** Whether datasets that no file defines are refused. */
  readonly strictDatasets: boolean
  readonly datasetsMax: number
  /** Per dataset. */
  readonly metricsMax: number
  /** Per metric. */
  readonly labelsMax: number
}

export interface Enrolment {
  /** The catalog with everything accepted; the same object when nothing is new. */
  readonly catalog: CatalogVersion
  /** What is new, complete: every label of the metric, sorted. */
  readonly added: readonly MetricDescriptor[]
  /** One per refused descriptor; the pointer is its position, `/3`. */
  readonly refused: readonly LanewayError[]
}

/** A dataset while descriptors go into it. Maps are copies. */
interface Draft {
  readonly before: DatasetDefinition
  readonly metrics: Map<string, MetricDefinition>
  readonly labels: Map<string, LabelDefinition>
  readonly rollups: Map<string, RollupVersion>
  readonly auto: boolean
}

/** Takes in descriptors, in order: the first writer of a metric wins. Pure; refused ones leave no trace. */
export function enrol(
  catalog: CatalogVersion,
  descriptors: readonly MetricDescriptor[],
  limits: EnrolLimits,
): Enrolment {
  const drafts = new Map<string, Draft>()
  const added = new Map<string, MetricDescriptor>()
  const refused: LanewayError[] = []
  const desk = { catalog, drafts, limits }
  descriptors.forEach((descriptor, i) => {
    const outcome = enrolOne(descriptor, desk)
    if (outcome instanceof LanewayError)
      refused.push(new LanewayError(outcome.code, { ...outcome.facts, pointer: `/${i}` }))
    else if (outcome) added.set(JSON.stringify([outcome.dataset, outcome.name]), outcome)
  })
  if (added.size === 0) return { catalog, added: [], refused }
  return { catalog: published(catalog, drafts), added: [...added.values()], refused }
}

interface Desk {
  readonly catalog: CatalogVersion
  readonly drafts: Map<string, Draft>
  readonly limits: EnrolLimits
}

/** What to save, nothing when all is known already, or why not. */
function enrolOne(descriptor: MetricDescriptor, desk: Desk): MetricDescriptor | LanewayError | undefined {
  const dataset = currentDataset(descriptor.dataset, desk)
  const metric = dataset?.metrics.get(descriptor.name)
  if (metric && (metric.type !== descriptor.type || metric.unit !== descriptor.unit))
    return conflict(metric, descriptor)
  if (metric && (!metric.selfRegistered || descriptor.labels.every((label) => metric.labels.includes(label)))) return
  const labels = [...new Set([...(metric?.labels ?? []), ...descriptor.labels])].sort(compareText)
  const reason = badName(descriptor) ?? noRoom(descriptor, { labels, dataset, metric, desk })
  if (reason !== undefined) return reason
  const draft = draftOf(descriptor.dataset, desk)
  const grown = metric ? { ...metric, labels } : newMetric(descriptor, labels)
  write(draft, grown)
  const { dataset: name, type, unit, description } = grown
  return { dataset: name, name: grown.name, type, unit, description, labels }
}

/** As it stands with what this call has taken in already. */
const currentDataset = (
  name: string,
  { catalog, drafts }: Desk,
): Pick<DatasetDefinition, 'metrics' | 'strict'> | undefined => {
  const draft = drafts.get(name)
  return draft ? { metrics: draft.metrics, strict: draft.before.strict } : catalog.datasets.get(name)
}

const newMetric = (descriptor: MetricDescriptor, labels: readonly string[]): MetricDefinition => ({
  dataset: descriptor.dataset,
  name: descriptor.name,
  type: descriptor.type,
  unit: descriptor.unit,
  description: descriptor.description,
  resources: [],
  labels,
  missing: 'absent',
  exportable: true,
  lifecycle: 'GENERAL_AVAILABILITY',
  from: null,
  selfRegistered: true,
})

function draftOf(name: string, { catalog, drafts }: Desk): Draft {
  const known = drafts.get(name)
  if (known) return known
  const before = catalog.datasets.get(name) ?? defaultDataset(name)
  const maps = { metrics: new Map(before.metrics), labels: new Map(before.labels), rollups: new Map(before.rollups) }
  const draft = { before, ...maps, auto: hasOnlyAutoRollups(before) }
  drafts.set(name, draft)
  return draft
}

/** A label seen first gives the metric's own rollup a new version. */
function write(draft: Draft, metric: MetricDefinition): void {
  draft.metrics.set(metric.name, metric)
  for (const label of metric.labels) if (!draft.labels.has(label)) draft.labels.set(label, defaultLabel(label))
  if (!draft.auto) return
  const rollup = autoRollupOf({ ...draft.before, metrics: draft.metrics, labels: draft.labels }, metric)
  draft.rollups.set(rollup.name, rollup)
}

function published(catalog: CatalogVersion, drafts: ReadonlyMap<string, Draft>): CatalogVersion {
  const datasets = new Map(catalog.datasets)
  for (const [name, { before, metrics, labels, rollups }] of drafts) {
    datasets.set(name, { ...before, metrics, labels, rollups })
  }
  const sorted = [...datasets].sort(([a], [b]) => compareText(a, b))
  return { version: catalog.version + 1, datasets: new Map(sorted) }
}

const conflict = (metric: MetricDefinition, sent: MetricDescriptor): LanewayError =>
  new LanewayError('METRIC_CONFLICT', {
    detail:
      `metric ${shown(sent.name)} of dataset ${shown(sent.dataset)} is ${metric.type} in ${shown(metric.unit)}, ` +
      `but arrives as ${sent.type} in ${shown(sent.unit)}`,
  })

function badName(descriptor: MetricDescriptor): LanewayError | undefined {
  if (!DATASET_NAME.pattern.test(descriptor.dataset)) return invalidName('dataset', descriptor.dataset, DATASET_NAME)
  if (!METRIC_NAME.pattern.test(descriptor.name)) return invalidName('metric', descriptor.name, METRIC_NAME)
  const label = descriptor.labels.find((name) => !LABEL_NAME.pattern.test(name))
  return label === undefined ? undefined : invalidName('label', label, LABEL_NAME)
}

const invalidName = (what: string, name: string, { rule }: NameRule): LanewayError =>
  new LanewayError('FIELD_INVALID', { detail: `${what} name ${shown(name)} is not allowed`, hint: `Allowed: ${rule}.` })

interface Wish {
  readonly labels: readonly string[]
  readonly dataset: Pick<DatasetDefinition, 'metrics' | 'strict'> | undefined
  readonly metric: MetricDefinition | undefined
  readonly desk: Desk
}

function noRoom(sent: MetricDescriptor, { labels, dataset, metric, desk }: Wish): LanewayError | undefined {
  const { limits, catalog, drafts } = desk
  if (dataset === undefined && limits.strictDatasets) return unknownDataset(sent.dataset, catalog)
  if (dataset?.strict && metric === undefined) {
    const detail = `metric ${shown(sent.name)} is not in the catalog, and dataset ${shown(sent.dataset)} is strict`
    return new LanewayError('METRIC_UNKNOWN', {
      detail,
      hint: 'Define the metric in the catalog, or set strict: false there.',
    })
  }
  const datasets = new Set([...catalog.datasets.keys(), ...drafts.keys()]).size
  if (dataset === undefined && datasets >= limits.datasetsMax)
    return full('datasetsMax', limits.datasetsMax, datasets + 1)
  const metrics = dataset?.metrics.size ?? 0
  if (metric === undefined && metrics >= limits.metricsMax) return full('metricsMax', limits.metricsMax, metrics + 1)
  return labels.length > limits.labelsMax ? full('labelsMax', limits.labelsMax, labels.length) : undefined

  function full(key: 'datasetsMax' | 'metricsMax' | 'labelsMax', limit: number, actual: number): LanewayError {
    const of = { datasetsMax: 'datasets', metricsMax: 'metrics of one dataset', labelsMax: 'labels of one metric' }[key]
    const detail = `metric ${shown(sent.name)} of dataset ${shown(sent.dataset)} would make it ${actual} ${of}, allowed: ${limit}`
    return new LanewayError('CATALOG_FULL', { detail, limit, actual, configKey: `catalog.${key}` })
  }
}

function unknownDataset(name: string, catalog: CatalogVersion): LanewayError {
  const known = [...catalog.datasets.keys()].slice(0, 20).join(', ') || 'none'
  const detail = `dataset ${shown(name)} is not in the catalog, and catalog.strictDatasets is set; known: ${known}`
  return new LanewayError('DATASET_UNKNOWN', { detail, configKey: 'catalog.strictDatasets' })
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 100))
