import type { DatasetDefinition, MetricDefinition, RollupVersion } from '../model/definition.ts'
import { EVERYTHING, type Filter, labelsOf } from '../model/filter.ts'
import { canonicalFilter } from '../model/filter-canonical.ts'
import { DAY_MS, fixedMs, type Grain, HOUR_MS, roughMs } from '../model/granularity.ts'
import { compareText } from '../model/label.ts'
import { measureKey, type StateMeasure } from '../model/measure.ts'
import type { CatalogFile, KeyPath } from './catalog-file.ts'
import { defHashOf } from './def-hash.ts'
import { ROLLUP_NAME } from './names.ts'
import type { Problems } from './problems.ts'
import { checkShape, type FilterShape, RollupShape } from './shape.ts'

export interface RollupPlace {
  readonly file: CatalogFile
  readonly problems: Problems
  readonly dataset: Pick<DatasetDefinition, 'name' | 'stepMs' | 'latenessMs' | 'metrics'>
  /** Also the names of metrics that have errors of their own: naming one is no second error. */
  readonly written: ReadonlySet<string>
}

/** One rollup of a file; undefined, and problems, when it has an error. */
export function rollupOf(name: string, raw: unknown, place: RollupPlace): RollupVersion | undefined {
  const key: KeyPath = ['rollups', name]
  const before = place.problems.count
  if (!ROLLUP_NAME.pattern.test(name)) place.problems.add(place.file, key, `is no name; allowed: ${ROLLUP_NAME.rule}`)
  const shape = checkShape(RollupShape, raw, { ...place, key })
  if (shape === undefined) return undefined
  const filter = shape.filter === undefined ? EVERYTHING : canonicalFilter(filterOf(shape.filter))
  const measures = measuresOf(shape, key, place)
  checkLabels(shape.labels, filter, { key, place, shape })
  const keep = keepOf(shape, key, place)
  checkGrain(shape.grain, key, place)
  if (place.problems.count > before || measures.length < shape.measures.length) return undefined
  return versionOf({ name, dataset: place.dataset, labels: shape.labels, filter, grain: shape.grain, measures, keep })
}

type Parts = Pick<RollupVersion, 'name' | 'labels' | 'filter' | 'grain' | 'measures' | 'keep'>

/**
 * Puts a version together. Labels and measures are sorted: the hash does not know their written order, so the order
 * inside record keys must not depend on it either.
 */
export function versionOf(parts: Parts & { readonly dataset: RollupPlace['dataset'] }): RollupVersion {
  const { dataset, name, filter, grain, keep } = parts
  const labels = [...new Set(parts.labels)].sort(compareText)
  const measures = [...parts.measures].sort((a, b) => compareText(measureKey(a), measureKey(b)))
  const hashed = { dataset: dataset.name, labels, filter, grain, stepMs: dataset.stepMs, measures }
  const id = `${dataset.name}/${name}`
  return { name, id, defHash: defHashOf(hashed), ...hashed, latenessMs: dataset.latenessMs, keep }
}

export const measureOf = (metric: MetricDefinition, space: StateMeasure['space']): StateMeasure => ({
  metric: metric.name,
  type: metric.type,
  unit: metric.unit,
  space,
  missing: metric.missing,
})

function measuresOf(shape: RollupShape, key: KeyPath, place: RollupPlace): StateMeasure[] {
  const seen = new Set<string>()
  return shape.measures.flatMap((written, i) => {
    const metric = place.dataset.metrics.get(written.metric)
    const at = [...key, 'measures', i]
    if (seen.has(measureKey(written))) place.problems.add(place.file, at, `${measureKey(written)} stands there twice`)
    seen.add(measureKey(written))
    if (metric !== undefined) return [measureOf(metric, written.space)]
    if (!place.written.has(written.metric)) {
      const allowed = closest(written.metric, [...place.written])
      place.problems.add(place.file, at, `${JSON.stringify(written.metric)} is no metric of this file; ${allowed}`)
    }
    return []
  })
}

/** Names a few, those with the same last part first: a catalog may have thousands. */
function closest(name: string, names: readonly string[]): string {
  if (names.length === 0) return 'allowed: none, for the file defines no metrics'
  const tail = (text: string) => text.split(/[./]/).at(-1)!
  const sorted = [...names].sort((a, b) => Number(tail(b) === tail(name)) - Number(tail(a) === tail(name)))
  const more = sorted.length > 8 ? `, and ${sorted.length - 8} more` : ''
  return `allowed: ${sorted.slice(0, 8).join(', ')}${more}`
}

interface LabelCheck {
  readonly key: KeyPath
  readonly place: RollupPlace
  readonly shape: RollupShape
}

/** Every measure must have every label that the rollup keeps or filters by. */
function checkLabels(labels: readonly string[], filter: Filter, { key, place, shape }: LabelCheck): void {
  const metrics = shape.measures.flatMap((written) => place.dataset.metrics.get(written.metric) ?? [])
  const wanted = [
    ...labels.map((label, i) => ({ label, at: [...key, 'labels', i] })),
    ...labelsOf(filter).map((label) => ({ label, at: [...key, 'filter'] })),
  ]
  for (const { label, at } of wanted) {
    const without = metrics.find((metric) => !metric.labels.includes(label))
    if (without === undefined) continue
    const allowed = without.labels.join(', ') || 'none'
    place.problems.add(place.file, at, `${label} is no label of its measure ${without.name}; allowed: ${allowed}`)
  }
  const twice = labels.findIndex((label, i) => labels.indexOf(label) < i)
  if (twice >= 0) place.problems.add(place.file, [...key, 'labels', twice], `${labels[twice]} stands there twice`)
}

function filterOf(shape: FilterShape): Filter {
  switch (shape.op) {
    case 'EQ':
      return { kind: 'eq', label: shape.field, value: shape.value }
    case 'IN':
      return { kind: 'in', label: shape.field, values: shape.value }
    case 'AND':
      return { kind: 'and', filters: shape.filters.map(filterOf) }
  }
}

function keepOf(shape: RollupShape, key: KeyPath, place: RollupPlace): RollupVersion['keep'] {
  const pushMs = shape.keep.push ?? defaultPushMs(shape.grain)
  if (pushMs < roughMs(shape.grain)) {
    const message = `is shorter than one bucket of ${shape.grain}; allowed: at least ${shape.grain}`
    place.problems.add(place.file, [...key, 'keep', 'push'], message)
  }
  return { pushMs, druidMs: shape.keep.druid ?? null }
}

/** Two days of minutes, thirty days of hours, a dozen buckets of anything coarser. */
const defaultPushMs = (grain: Grain): number =>
  roughMs(grain) < HOUR_MS ? 2 * DAY_MS : Math.max(30 * DAY_MS, 12 * roughMs(grain))

/** Steps are parts of an hour, so a grain that is no shorter is made of whole steps. */
function checkGrain(grain: Grain, key: KeyPath, { dataset, file, problems }: RollupPlace): void {
  const width = fixedMs(grain)
  if (width === undefined || width % dataset.stepMs === 0) return
  const seconds = dataset.stepMs / 1000
  problems.add(
    file,
    [...key, 'grain'],
    `${grain} is not made of whole steps; allowed: multiples of the step of ${seconds} s`,
  )
}
