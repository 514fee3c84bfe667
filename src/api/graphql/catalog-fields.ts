import type { DatasetDefinition, MetricDefinition } from '../../model/definition.ts'
import { LanewayError } from '../../model/errors.ts'
import { compareText } from '../../model/label.ts'
import type { ReadingExits } from '../../planner/engine.ts'
import { datasetIn } from '../datasets.ts'
import { metricAnswer } from '../descriptors/metric-answer.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import type { GraphqlContext } from './context.ts'
import { boundFirst, Cursors, connectionOf } from './cursors.ts'
import type { MetricsArguments } from './inputs.ts'

export interface CatalogParts {
  readonly engine: Pick<ReadingExits, 'seriesCounts'>
  readonly tokens: PageTokens
}

const METRICS = { max: 1000, fallback: 100 }

/** `metrics`: in the order of names; a cursor is the last name, so it never expires and nothing is skipped. */
export function metricsPage(args: MetricsArguments, context: GraphqlContext, { engine, tokens }: CatalogParts) {
  const { dataset: name, resourceType = null, first, after } = args
  const size = boundFirst(first, METRICS)
  const dataset = datasetOf(name, context)
  const cursors = new Cursors<string>(tokens, ['metrics', name, resourceType], context.caller)
  const behind = cursors.read(after)
  const all = [...dataset.metrics.values()]
    .filter(({ resources }) => resourceType === null || resources.includes(resourceType))
    .sort((a, b) => compareText(a.name, b.name))
  const rest = behind === null ? all : all.filter((metric) => compareText(metric.name, behind) > 0)
  const items = rest.slice(0, size)
  const counts = engine.seriesCounts(
    name,
    items.map((metric) => metric.name),
    context.asking,
  )
  const connection = connectionOf({
    items,
    view: (metric) => metricView(metric, dataset, counts?.get(metric.name)),
    cursorOf: (metric) => cursors.write(metric.name),
    hasNextPage: rest.length > size,
    hasPreviousPage: behind !== null,
  })
  return { ...connection, totalCount: all.length }
}

/** `resources`: in the order of types. */
export const resourceList = (name: string, context: GraphqlContext) =>
  [...datasetOf(name, context).resources.values()]
    .sort((a, b) => compareText(a.type, b.type))
    .map(({ type, id, description }) => ({ type, description, labels: [{ key: id, description }] }))

/** What REST's descriptors say, under the schema's names. */
function metricView(metric: MetricDefinition, dataset: DatasetDefinition, series: number | undefined) {
  const answer = metricAnswer(metric, dataset, series)
  const { lifecycle_stage, default_aggregation, allowed_aggregations, value_range, freshness, retention } = answer
  return {
    ...answer,
    lifecycle: lifecycle_stage,
    labels: metric.labels.map((key) => ({ key, description: dataset.labels.get(key)?.description ?? '' })),
    defaultAggregation: default_aggregation,
    allowedAggregations: allowed_aggregations,
    valueRange: value_range,
    missing: answer.missing.toUpperCase(),
    settlesAfter: freshness.settles_after,
    retention: retention.raw,
    seriesEstimate: answer.series_estimate ?? null,
  }
}

/** Error: DATASET_UNKNOWN, naming only what the caller may see. */
function datasetOf(name: string, { catalog }: GraphqlContext): DatasetDefinition {
  try {
    return datasetIn(catalog, name)
  } catch (error) {
    if (!(error instanceof LanewayError)) throw error
    throw new LanewayError(error.code, { ...error.facts, pointer: '/dataset' })
  }
}
