import { z } from 'zod'
import type { DatasetDefinition, MetricDefinition, RollupVersion } from '../../model/definition.ts'
import { GRANULARITIES } from '../../model/granularity.ts'
import { compareText } from '../../model/label.ts'
import { defaultTime, isCounter, METRIC_TYPES, measureKey, SPACES, TIMES } from '../../model/measure.ts'
import { durationText } from '../../planner/engine.ts'

const METRIC_LABEL = 'metric.'

export const LabelAnswer = z.strictObject({ key: z.string(), description: z.string() })

const RollupAnswer = z.strictObject({
  id: z.string().describe('As use and avoid write it.'),
  grain: z.enum(GRANULARITIES),
  labels: z.array(z.string()).describe('Labels it keeps.'),
  measures: z.array(z.string()).describe('`SPACE:metric` it stores of this metric.'),
  retention: z.string().describe('How long its windows are kept.'),
})

export const MetricAnswer = z
  .strictObject({
    name: z.string(),
    description: z.string(),
    type: z.enum(METRIC_TYPES),
    unit: z.string(),
    lifecycle_stage: z.enum(['PREVIEW', 'GENERAL_AVAILABILITY', 'DEPRECATED']),
    exportable: z.boolean(),
    resources: z.array(z.string()),
    labels: z.array(LabelAnswer).describe('Keys without `metric.`, as in Metrics API v2.'),
    query_labels: z.array(z.string()).describe('Every label as group_by and filter write it.'),
    default_aggregation: z.strictObject({ agg: z.enum(SPACES), time: z.enum(TIMES) }),
    allowed_aggregations: z
      .strictObject({ agg: z.array(z.enum(SPACES)), time: z.array(z.enum(TIMES)) })
      .describe('Every pair of the two may be asked.'),
    value_range: z
      .strictObject({ min: z.number().nullable(), max: z.number().nullable() })
      .describe('null where nothing is known.'),
    missing: z
      .enum(['absent', 'zero'])
      .describe('What AVG over time takes a step without a point for. Answers have no row for it either way.'),
    step: z.string().describe('The least time that a value is about.'),
    freshness: z
      .strictObject({ settles_after: z.string() })
      .describe('How long after its end a step is settled; meta.freshness of answers says how far data is now.'),
    retention: z.strictObject({ raw: z.string() }).describe('How long raw points are kept; rollups say their own.'),
    series_estimate: z
      .number()
      .optional()
      .describe('About how many series had points in the last settled hour. Absent for callers with constraints.'),
    rollups: z.array(RollupAnswer).describe('Where answers may come from besides raw points.'),
  })
  .meta({ id: 'MetricDescriptor' })

export function metricAnswer(
  metric: MetricDefinition,
  dataset: DatasetDefinition,
  series: number | undefined,
): z.infer<typeof MetricAnswer> {
  const { name, description, type, unit, exportable, missing } = metric
  return {
    name,
    description,
    type,
    unit,
    lifecycle_stage: metric.lifecycle,
    exportable,
    resources: [...metric.resources],
    labels: labelsOf(metric, dataset),
    query_labels: [...metric.labels],
    default_aggregation: { agg: 'SUM', time: defaultTime(type) },
    allowed_aggregations: { agg: [...SPACES], time: [...TIMES] },
    value_range: { min: isCounter(type) ? 0 : null, max: null },
    missing,
    step: durationText(dataset.stepMs),
    freshness: { settles_after: durationText(dataset.latenessMs) },
    retention: { raw: durationText(dataset.retentionRawMs) },
    ...(series !== undefined && { series_estimate: rounded(series) }),
    rollups: rollupsOf(name, dataset),
  }
}

const labelsOf = ({ labels }: MetricDefinition, dataset: DatasetDefinition): z.infer<typeof LabelAnswer>[] =>
  labels
    .filter((label) => label.startsWith(METRIC_LABEL))
    .map((label) => ({
      key: label.slice(METRIC_LABEL.length),
      description: dataset.labels.get(label)?.description ?? '',
    }))

function rollupsOf(name: string, { rollups }: DatasetDefinition): z.infer<typeof RollupAnswer>[] {
  const storing = [...rollups.values()].flatMap((rollup) => {
    const measures = rollup.measures.filter(({ metric }) => metric === name).map(measureKey)
    return measures.length === 0 ? [] : rollupAnswer(rollup, measures)
  })
  return storing.sort((a, b) => compareText(a.id, b.id))
}

const rollupAnswer = (
  { id, grain, labels, keep }: RollupVersion,
  measures: string[],
): z.infer<typeof RollupAnswer> => ({
  id,
  grain,
  labels: [...labels],
  measures,
  retention: durationText(keep.pushMs),
})

/** Two digits: an estimate, and a list that seldom changes. */
const rounded = (series: number): number => Number(series.toPrecision(2))
