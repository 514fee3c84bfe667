import type { DatasetDefinition, MetricDefinition } from '../../model/definition.ts'
import { EVERYTHING, labelsOf } from '../../model/filter.ts'
import { canonicalFilter } from '../../model/filter-canonical.ts'
import { compareText } from '../../model/label.ts'
import { type MeasureRef, SPACES, type Space, type Time } from '../../model/measure.ts'
import { scopedFilter } from '../../model/scope.ts'
import { type Asking, type LogicalWorld, readDataset } from '../logical/asking.ts'
import { fingerprintOf } from '../logical/fingerprint.ts'
import { readIntervals } from '../logical/intervals.ts'
import { checkLabels } from '../logical/labels.ts'
import { listed, Problems, shown } from '../logical/problems.ts'
import type { LogicalQuery, QueryRequest } from '../logical/question.ts'
import type { LabelsRequest } from '../reading-contract.ts'

/** Dropping labels is exact for these (docs/semantics.md), so every rollup that has the labels may say who is there. */
const ALWAYS_FOLDS: Readonly<Record<Space, Time>> = { SUM: 'SUM', MIN: 'MIN', MAX: 'MAX', COUNT: 'SUM', AVG: 'LAST' }

/**
 * Label values as a question: of each metric that has all the labels, one measure that some rollup stores. Which
 * groups have a value does not depend on the measure. Errors as those of questions, with pointers into the v2 body.
 */
export function labelsQuestion(request: LabelsRequest, world: LogicalWorld): LogicalQuery {
  const problems = new Problems()
  const dataset = readDataset(request.dataset, world.catalog, problems)
  const metrics = dataset ? metricsOf(request, dataset, problems) : []
  const asking: Asking = { ...world, request: asQuery(request, metrics), dataset, problems }
  checkGroupBy(request, problems)
  checkLabels(asking)
  const intervals = readIntervals(asking)
  checkLimit(request, problems)
  problems.throwIfAny()
  const question = {
    dataset: request.dataset,
    catalogVersion: world.catalog.version,
    measures: metrics.map((metric) => measureOf(metric, dataset!)),
    ratios: [],
    groupBy: request.groupBy,
    filter: canonicalFilter(scopedFilter(request.filter ?? EVERYTHING, world.scope)),
    granularity: 'ALL' as const,
    intervals,
    allStart: intervals[0]!.start,
    stepMs: dataset!.stepMs,
    latenessMs: dataset!.latenessMs,
    having: null,
    order: null,
    limit: request.limit,
    fill: 'none' as const,
    valuesMax: null,
    freshness: { kind: 'latest' as const },
    use: null,
    avoid: [],
    rawAtLeast: 0,
    now: world.now,
    scope: world.scope,
  }
  return { ...question, fingerprint: fingerprintOf(question) }
}

/** As `checkLabels` and `readIntervals` want it. */
const asQuery = (
  { dataset, groupBy, filter, intervals }: LabelsRequest,
  metrics: readonly MetricDefinition[],
): QueryRequest => ({
  dataset,
  aggregations: metrics.map(({ name }) => ({ metric: name })),
  groupBy,
  granularity: 'ALL',
  intervals,
  groups: 'unbounded',
  ...(filter && { filter }),
})

function metricsOf(
  request: LabelsRequest,
  dataset: DatasetDefinition,
  problems: Problems,
): readonly MetricDefinition[] {
  const { metric: name, groupBy, filter = EVERYTHING } = request
  if (name !== null) {
    const metric = dataset.metrics.get(name)
    if (metric) return [metric]
    const names = listed([...dataset.metrics.keys()].sort(compareText))
    problems.add('METRIC_UNKNOWN', {
      detail: `metric ${shown(name)} is no metric of dataset ${dataset.name}; there are: ${names}`,
      pointer: '/metric',
    })
    return []
  }
  const wanted = [...groupBy, ...labelsOf(filter)]
  const metrics = [...dataset.metrics.values()].filter(({ labels }) => wanted.every((label) => labels.includes(label)))
  if (metrics.length === 0) refuseLabels(wanted, dataset, problems)
  return metrics.sort((a, b) => compareText(a.name, b.name))
}

function refuseLabels(wanted: readonly string[], { name, metrics }: DatasetDefinition, problems: Problems): void {
  const known = new Set([...metrics.values()].flatMap(({ labels }) => labels))
  const unknown = wanted.find((label) => !known.has(label))
  const what = unknown === undefined ? `all of ${listed(wanted)}` : shown(unknown)
  problems.add('LABEL_UNKNOWN', {
    detail: `no metric of dataset ${name} has ${what}; labels there are: ${listed([...known].sort(compareText))}`,
    pointer: '/group_by',
  })
}

function checkGroupBy({ groupBy }: LabelsRequest, problems: Problems): void {
  if (groupBy.length > 0) return
  problems.add('FIELD_INVALID', { detail: 'group_by is empty; it must name a label', pointer: '/group_by' })
}

function checkLimit({ limit }: LabelsRequest, problems: Problems): void {
  if (Number.isInteger(limit) && limit >= 1) return
  problems.add('FIELD_INVALID', { detail: `limit must be an integer of at least 1, got ${limit}`, pointer: '/limit' })
}

/** SUM where no rollup stores the metric: then raw answers. */
function measureOf({ name, type, unit, missing }: MetricDefinition, { rollups }: DatasetDefinition): MeasureRef {
  const stored = new Set<Space>()
  for (const { measures } of rollups.values()) {
    for (const measure of measures) if (measure.metric === name) stored.add(measure.space)
  }
  const space = SPACES.find((each) => stored.has(each)) ?? 'SUM'
  return { metric: name, type, unit, missing, space, time: ALWAYS_FOLDS[space] }
}
