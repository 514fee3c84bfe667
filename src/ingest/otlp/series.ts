import { hash } from 'node:crypto'
import { type IntakeRules, intakeRules, takesPoint } from '../../catalog/intake-rules.ts'
import { DATASET_NAME, LABEL_NAME, METRIC_NAME } from '../../catalog/names.ts'
import type { CatalogVersion, DatasetDefinition, MetricDefinition, MetricDescriptor } from '../../model/definition.ts'
import { compareText, type LabelSet, labelSetKey } from '../../model/label.ts'
import { isCounter, type MetricType } from '../../model/measure.ts'
import type { IntakeLimits } from './limits.ts'
import type { Part, RejectReason, SentPoint, SentResource } from './sent.ts'

/** One series that a part feeds. */
export interface Target {
  readonly metric: string
  readonly type: MetricType
  readonly labels: LabelSet
  /** Equal for equal metric and labels. */
  readonly seriesId: string
}

/** What the catalog makes of a part. `unknown`: register the descriptor, then resolve again. */
export type Resolution =
  | { readonly kind: 'targets'; readonly targets: readonly Target[] }
  | { readonly kind: 'unknown'; readonly descriptor: MetricDescriptor }
  | { readonly kind: 'refused'; readonly reason: RejectReason }
  | { readonly kind: 'skipped' }

/** Names the dataset, so it is no label. */
const DATASET_ATTRIBUTE = 'laneway.dataset'
/**
 * Attributes that only name the process again. They are dropped where `service.instance.id` tells instances apart:
 * without any of them the readings of two instances would fall into one series.
 */
const PROCESS_ATTRIBUTES: ReadonlySet<string> = new Set([
  'process.pid',
  'process.parent_pid',
  'process.group_leader.pid',
  'process.session_leader.pid',
  'process.command',
  'process.command_line',
  'process.command_args',
  'process.creation.time',
  'process.executable.path',
])

const CACHE_MAX = 200_000

/** Resolves parts by one catalog version; keeps what it found until another version comes. */
export class SeriesResolver {
  readonly #limits: IntakeLimits
  #catalog: CatalogVersion
  #rules: IntakeRules
  readonly #datasets = new Map<string, string>()
  readonly #resolutions = new Map<string, Resolution>()

  constructor(catalog: CatalogVersion, limits: IntakeLimits) {
    this.#limits = limits
    this.#catalog = catalog
    this.#rules = intakeRules(catalog)
  }

  use(catalog: CatalogVersion): void {
    if (catalog === this.#catalog) return
    this.#catalog = catalog
    this.#rules = intakeRules(catalog)
    this.#datasets.clear()
    this.#resolutions.clear()
  }

  /** '' when the sender names one whose name is none. */
  datasetOf(resource: SentResource): string {
    const known = this.#datasets.get(resource.id)
    if (known !== undefined) return known
    const named = this.#rules.datasetFor(resource.attributes)
    const dataset = DATASET_NAME.pattern.test(named) ? named : ''
    if (this.#datasets.size >= CACHE_MAX) this.#datasets.clear()
    this.#datasets.set(resource.id, dataset)
    return dataset
  }

  definition(dataset: string): DatasetDefinition | undefined {
    return this.#catalog.datasets.get(dataset)
  }

  resolve(dataset: string, point: SentPoint, part: Part): Resolution {
    const key = `${point.hash}${part.id}|${part.unit}`
    const known = this.#resolutions.get(key)
    if (known) return known
    const resolution = this.#resolved(dataset, point, part)
    if (this.#resolutions.size >= CACHE_MAX) this.#resolutions.clear()
    if (resolution.kind !== 'unknown') this.#resolutions.set(key, resolution)
    return resolution
  }

  #resolved(dataset: string, point: SentPoint, part: Part): Resolution {
    const name = point.metric.name + part.suffix
    if (!METRIC_NAME.pattern.test(name)) return refused('name_invalid')
    const attributes = part.extra ? new Map([...point.attributes, part.extra]) : point.attributes
    const mapped = this.#rules.mappingFor(dataset, name)
    if (mapped.length > 0) return this.#mapped(mapped, attributes, point, part)
    const found = this.#labelsAsSent(attributes, point.metric.resource.attributes)
    return found.reason
      ? refused(found.reason)
      : this.#selfRegistered({ dataset, name, labels: found.labels }, point, part)
  }

  #mapped(
    metrics: readonly MetricDefinition[],
    attributes: ReadonlyMap<string, string>,
    point: SentPoint,
    part: Part,
  ): Resolution {
    const taking = metrics.filter((metric) => takesPoint(metric, attributes))
    if (taking.length === 0) return { kind: 'skipped' }
    const fitting = taking.filter((metric) => fits(metric.type, part))
    if (fitting.length === 0) return refused('type_conflict')
    const targets: Target[] = []
    for (const metric of fitting) {
      const labels = labelsByMapping(metric, attributes, point.metric.resource.attributes)
      const reason = this.#faultOf(labels)
      if (reason) return refused(reason)
      targets.push(targetOf(metric.name, metric.type, labels))
    }
    return { kind: 'targets', targets }
  }

  #selfRegistered(
    series: { dataset: string; name: string; labels: LabelSet },
    point: SentPoint,
    part: Part,
  ): Resolution {
    const { dataset, name, labels } = series
    const definition = this.definition(dataset)
    const metric = definition?.metrics.get(name)
    if (!metric) {
      if (definition?.strict) return refused('metric_unknown')
      const type: MetricType = `${part.kind === 'counter' ? 'COUNTER' : 'GAUGE'}_${part.numeric}`
      const { description } = point.metric
      const names = Object.keys(labels).sort(compareText)
      return { kind: 'unknown', descriptor: { dataset, name, type, unit: part.unit, description, labels: names } }
    }
    if (!fits(metric.type, part)) return refused('type_conflict')
    // A sender that leaves the unit out does not contradict.
    if (part.unit !== '' && part.unit !== metric.unit) return refused('metric_conflict')
    const names = new Set([...metric.labels, ...Object.keys(labels)])
    if (names.size === metric.labels.length) return { kind: 'targets', targets: [targetOf(name, metric.type, labels)] }
    const { type, unit, description } = metric
    const descriptor = { dataset, name, type, unit, description, labels: [...names].sort(compareText) }
    return { kind: 'unknown', descriptor }
  }

  #labelsAsSent(
    attributes: ReadonlyMap<string, string>,
    resource: ReadonlyMap<string, string>,
  ): { readonly labels: LabelSet; readonly reason: RejectReason | null } {
    const labels: Record<string, string> = {}
    const instanceNamed = resource.has('service.instance.id')
    for (const [key, value] of resource) {
      if (key === DATASET_ATTRIBUTE || (instanceNamed && PROCESS_ATTRIBUTES.has(key))) continue
      labels[`resource.${key}`] = value
    }
    for (const [key, value] of attributes) labels[`metric.${key}`] = value
    return { labels, reason: this.#faultOf(labels) }
  }

  #faultOf(labels: LabelSet): RejectReason | null {
    const entries = Object.entries(labels)
    if (entries.length > this.#limits.labelsMax) return 'label_limit'
    for (const [name, value] of entries) {
      if (!LABEL_NAME.pattern.test(name)) return 'label_invalid'
      if (Buffer.byteLength(value) > this.#limits.labelValueBytesMax) return 'label_too_long'
    }
    return null
  }
}

/** Labels as sent, renamed by the mapping, and of these the ones the series keeps. */
function labelsByMapping(
  metric: MetricDefinition,
  attributes: ReadonlyMap<string, string>,
  resource: ReadonlyMap<string, string>,
): LabelSet {
  const labels: Record<string, string> = {}
  const take = (sent: ReadonlyMap<string, string>, prefix: string, renamed: Readonly<Record<string, string>>) => {
    for (const [key, value] of sent) {
      const label = Object.hasOwn(renamed, key) ? renamed[key]! : `${prefix}.${key}`
      if (metric.labels.includes(label)) labels[label] = value
    }
  }
  take(resource, 'resource', metric.from?.resource ?? {})
  take(attributes, 'metric', metric.from?.labels ?? {})
  return labels
}

const fits = (type: MetricType, part: Part): boolean => isCounter(type) === (part.kind === 'counter')

const refused = (reason: RejectReason): Resolution => ({ kind: 'refused', reason })

function targetOf(metric: string, type: MetricType, labels: LabelSet): Target {
  const seriesId = hash('sha256', `${metric}\n${labelSetKey(labels)}`, 'base64url').slice(0, 22)
  return { metric, type, labels, seriesId }
}
