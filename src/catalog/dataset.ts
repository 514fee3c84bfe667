import type {
  DatasetDefinition,
  LabelDefinition,
  MetricDefinition,
  ResourceDefinition,
  RollupVersion,
} from '../model/definition.ts'
import { DAY_MS, fixedMs, HOUR_MS, MINUTE_MS } from '../model/granularity.ts'
import { autoRollupOf } from './auto-rollup.ts'
import type { CatalogFile } from './catalog-file.ts'
import { metricOf } from './metric.ts'
import { LABEL_NAME, type NameRule, RESOURCE_TYPE } from './names.ts'
import type { Problems } from './problems.ts'
import { rollupOf } from './rollup.ts'
import { checkShape, HeadShape, LabelsShape, ResourcesShape } from './shape.ts'

interface Reading {
  readonly file: CatalogFile
  readonly problems: Problems
}

type Head = Omit<DatasetDefinition, 'resources' | 'labels' | 'metrics' | 'rollups'>

/** A dataset that nobody wrote down: every default. */
export const defaultDataset = (name: string): DatasetDefinition => ({
  ...defaultHead(name),
  resources: new Map(),
  labels: new Map(),
  metrics: new Map(),
  rollups: new Map(),
})

const defaultHead = (name: string): Head => ({
  name,
  stepMs: MINUTE_MS,
  latenessMs: 90_000,
  dedupeMs: HOUR_MS,
  retentionRawMs: 7 * DAY_MS,
  strict: false,
  match: null,
})

/** One file ▸ one dataset. Every part is looked at, also after another has an error; undefined when there was any. */
export function readDataset(file: CatalogFile, problems: Problems): DatasetDefinition | undefined {
  const before = problems.count
  const content = file.content
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    problems.add(file, [], 'is no catalog file; allowed: a map with the key dataset')
    return undefined
  }
  const reading = { file, problems }
  const dataset = definitionOf(content as Record<string, unknown>, reading)
  return problems.count > before ? undefined : dataset
}

function definitionOf(content: Record<string, unknown>, reading: Reading): DatasetDefinition {
  const head = headOf(content, reading)
  const resources = resourcesOf(content.resources, reading)
  const metrics = new Map<string, MetricDefinition>()
  const written = entriesOf(content.metrics, 'metrics', reading)
  for (const [name, raw] of written) {
    const metric = metricOf(name, raw, { ...reading, dataset: head.name, resources })
    if (metric) metrics.set(name, metric)
  }
  const labels = labelsOf(content.labels, { ...reading, resources, metrics })
  const withMetrics = { ...head, resources, labels, metrics }
  const names = new Set(written.map(([name]) => name))
  return { ...withMetrics, rollups: rollupsOf(content.rollups, { ...reading, dataset: withMetrics, written: names }) }
}

function headOf(content: Record<string, unknown>, reading: Reading): Head {
  const shape = checkShape(HeadShape, content, { ...reading, key: [] })
  if (shape === undefined) return defaultHead('')
  if (shape.retention.raw < HOUR_MS) {
    reading.problems.add(reading.file, ['retention', 'raw'], 'is too short; allowed: at least PT1H')
  }
  if (shape.lateness > shape.retention.raw) {
    reading.problems.add(reading.file, ['lateness'], 'is longer than raw data is kept; allowed: at most retention.raw')
  }
  return {
    name: shape.dataset,
    stepMs: fixedMs(shape.step)!,
    latenessMs: shape.lateness,
    dedupeMs: shape.dedupe,
    retentionRawMs: shape.retention.raw,
    strict: shape.strict,
    match: shape.match?.resource ?? null,
  }
}

function resourcesOf(raw: unknown, reading: Reading): Map<string, ResourceDefinition> {
  checkNames(raw, 'resources', { ...reading, ...RESOURCE_TYPE })
  const shape = checkShape(ResourcesShape, raw, { ...reading, key: ['resources'] }) ?? {}
  return new Map(Object.entries(shape).map(([type, resource]) => [type, { type, ...resource }]))
}

function checkNames(raw: unknown, section: string, { file, problems, pattern, rule }: Reading & NameRule): void {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return
  for (const name of Object.keys(raw)) {
    if (!pattern.test(name)) problems.add(file, [section, name], `is no name; allowed: ${rule}`)
  }
}

type LabelSources = Reading & Pick<DatasetDefinition, 'resources' | 'metrics'>

/** Labels written down, then resource ids and labels that only metrics name, with defaults. */
function labelsOf(raw: unknown, { resources, metrics, ...reading }: LabelSources): Map<string, LabelDefinition> {
  checkNames(raw, 'labels', { ...reading, ...LABEL_NAME })
  const shape = checkShape(LabelsShape, raw, { ...reading, key: ['labels'] }) ?? {}
  const labels = new Map(
    Object.entries(shape).map(([name, label]): [string, LabelDefinition] => [name, { name, ...label }]),
  )
  for (const { id, description } of resources.values()) {
    if (!labels.has(id)) labels.set(id, { name: id, description, cardinality: 'normal' })
  }
  for (const name of [...metrics.values()].flatMap((metric) => metric.labels)) {
    if (!labels.has(name)) labels.set(name, defaultLabel(name))
  }
  return labels
}

export const defaultLabel = (name: string): LabelDefinition => ({ name, description: '', cardinality: 'normal' })

type RollupSources = Reading & {
  readonly dataset: Omit<DatasetDefinition, 'rollups'>
  readonly written: ReadonlySet<string>
}

function rollupsOf(raw: unknown, sources: RollupSources): Map<string, RollupVersion> {
  const entries = entriesOf(raw, 'rollups', sources)
  if (entries.length === 0) {
    const autos = [...sources.dataset.metrics.values()].map((metric) => autoRollupOf(sources.dataset, metric))
    return new Map(autos.map((rollup) => [rollup.name, rollup]))
  }
  const rollups = new Map<string, RollupVersion>()
  for (const [name, each] of entries) {
    const rollup = rollupOf(name, each, sources)
    if (rollup === undefined) continue
    const twin = [...rollups.values()].find((other) => other.defHash === rollup.defHash)
    if (twin)
      sources.problems.add(sources.file, ['rollups', name], `says the same as rollups.${twin.name}; allowed: once`)
    rollups.set(name, rollup)
  }
  return rollups
}

/** Entries of a section that is a map; each entry is checked on its own, so that one error hides no other. */
function entriesOf(raw: unknown, section: string, { file, problems }: Reading): [string, unknown][] {
  if (raw === undefined || raw === null) return []
  if (typeof raw === 'object' && !Array.isArray(raw)) return Object.entries(raw)
  problems.add(file, [section], `${JSON.stringify(raw).slice(0, 80)} is not allowed; allowed: a map`)
  return []
}
