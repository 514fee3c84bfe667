import type { DatasetDefinition, MetricDefinition, RollupVersion } from '../../model/definition.ts'
import { LanewayError } from '../../model/errors.ts'
import { fixedMs, MINUTE_MS } from '../../model/granularity.ts'
import { compareText } from '../../model/label.ts'
import { defaultTime, isCounter, type MeasureRef } from '../../model/measure.ts'
import { refuseForeign, type Scope } from '../../model/scope.ts'
import { listed, shown } from '../logical/problems.ts'
import type { LabelChoice, SettledRequest } from './settled-contract.ts'

/** A metric and the one rollup that serves it. */
export interface FamilyPlan {
  readonly metric: MetricDefinition
  readonly rollup: RollupVersion
  readonly measure: MeasureRef
  readonly counted: 'delta' | 'cumulative'
  /** Of the asked choices, those whose label the metric has. */
  readonly anyOf: readonly LabelChoice[]
}

export interface PlannedFamilies {
  /** In the order of metric names. */
  readonly plans: readonly FamilyPlan[]
  /** Metrics that no rollup could serve. */
  readonly unserved: readonly MetricDefinition[]
}

/** `dataset` as the caller sees it. Errors: FORBIDDEN, METRIC_UNKNOWN. */
export function planFamilies(dataset: DatasetDefinition, request: SettledRequest, scope: Scope): PlannedFamilies {
  for (const { label, values } of request.anyOf) refuseForeign({ kind: 'in', label, values }, scope)
  const constrained = scope.constraints.map(({ label }) => label)
  const plans: FamilyPlan[] = []
  const unserved: MetricDefinition[] = []
  for (const metric of metricsAsked(dataset, request.metrics)) {
    const anyOf = request.anyOf.filter(({ label }) => metric.labels.includes(label))
    if (request.anyOf.length > 0 && anyOf.length === 0) continue
    const rollup = servingRollup(dataset, metric, [...constrained, ...anyOf.map(({ label }) => label)])
    if (rollup === null) unserved.push(metric)
    else plans.push({ metric, rollup, anyOf, ...countingOf(metric, rollup, request.counters) })
  }
  return { plans, unserved }
}

function countingOf(metric: MetricDefinition, rollup: RollupVersion, counters: SettledRequest['counters']) {
  const stored = rollup.measures.find((each) => isMeasureOf(each, metric))!
  const measure: MeasureRef = { ...stored, time: defaultTime(metric.type) }
  return { measure, counted: isCounter(metric.type) ? counters : 'delta' } as const
}

function metricsAsked(dataset: DatasetDefinition, names: readonly string[] | null): readonly MetricDefinition[] {
  const byName = (a: MetricDefinition, b: MetricDefinition) => compareText(a.name, b.name)
  if (names === null) return [...dataset.metrics.values()].filter(({ exportable }) => exportable).sort(byName)
  return [...new Set(names)].map((name) => metricNamed(name, dataset)).sort(byName)
}

function metricNamed(name: string, { name: dataset, metrics }: DatasetDefinition): MetricDefinition {
  const metric = metrics.get(name)
  if (metric?.exportable) return metric
  const exportable = [...metrics.values()].filter((each) => each.exportable).map((each) => each.name)
  throw new LanewayError('METRIC_UNKNOWN', {
    detail: metric
      ? `metric ${shown(name)} of dataset ${dataset} is not exportable; these are: ${listed(exportable.sort(compareText))}`
      : `dataset ${dataset} has no metric ${shown(name)}; exportable ones: ${listed(exportable.sort(compareText))}`,
  })
}

/**
 * Of the rollups at the finest grain (a minute, or the base step where that is longer) that hold the metric whole, the
 * one with most labels: what is summed up over a label could not be told apart any more. Never the order of the catalog.
 */
function servingRollup(
  { rollups, stepMs }: DatasetDefinition,
  metric: MetricDefinition,
  needed: readonly string[],
): RollupVersion | null {
  const widthMs = Math.max(stepMs, MINUTE_MS)
  const serving = [...rollups.values()].filter(
    ({ grain, filter, measures, labels }) =>
      fixedMs(grain) === widthMs &&
      filter.kind === 'true' &&
      measures.some((each) => isMeasureOf(each, metric)) &&
      needed.every((label) => labels.includes(label)),
  )
  const best = serving.sort((a, b) => b.labels.length - a.labels.length || compareText(a.id, b.id))
  return best[0] ?? null
}

const isMeasureOf = (measure: RollupVersion['measures'][number], { name, type }: MetricDefinition): boolean =>
  measure.space === 'SUM' && measure.metric === name && measure.type === type
