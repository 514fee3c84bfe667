import type { DatasetDefinition, MetricDefinition } from '../../model/definition.ts'
import { defaultTime, type MeasureRef } from '../../model/measure.ts'
import type { Asking } from './asking.ts'
import { listed, shown } from './problems.ts'
import type { AggregationRequest } from './question.ts'

/** Aggregations ▸ measures, in their order. `agg` is the space, SUM unless said; `time` follows from the type. */
export function readMeasures(asking: Asking): MeasureRef[] {
  const { request, limits, problems } = asking
  const { aggregations } = request
  if (aggregations.length === 0) {
    problems.add('FIELD_INVALID', { detail: 'aggregations is empty; it must name a metric', pointer: '/aggregations' })
  }
  if (aggregations.length > limits.aggregationsMax) {
    problems.add('FIELD_INVALID', {
      detail: `aggregations has ${aggregations.length} entries, at most ${limits.aggregationsMax} may be asked at once`,
      pointer: '/aggregations',
      limit: limits.aggregationsMax,
      actual: aggregations.length,
    })
    return []
  }
  const measures = aggregations.flatMap((aggregation, i) => readMeasure(aggregation, i, asking) ?? [])
  if (measures.length === aggregations.length) refuseRepeats(measures, asking)
  return measures
}

function readMeasure(asked: AggregationRequest, position: number, asking: Asking): MeasureRef | undefined {
  const { dataset } = asking
  if (!dataset) return undefined
  const metric = dataset.metrics.get(asked.metric)
  if (metric) return measureOf(asked, metric)
  asking.problems.add('METRIC_UNKNOWN', {
    detail: `aggregations[${position}].metric ${shown(asked.metric)} is no metric of dataset ${dataset.name}; like it: ${listed(alike(asked.metric, dataset))}`,
    pointer: `/aggregations/${position}/metric`,
  })
  return undefined
}

const measureOf = ({ agg = 'SUM', time }: AggregationRequest, metric: MetricDefinition): MeasureRef => ({
  metric: metric.name,
  type: metric.type,
  unit: metric.unit,
  space: agg,
  missing: metric.missing,
  time: time ?? defaultTime(metric.type),
})

/** Metrics with the same last part, or with one that holds or is held by it; all when there is none. */
function alike(name: string, { metrics }: DatasetDefinition): string[] {
  const tail = (text: string) => text.split(/[./]/).at(-1)!.toLowerCase()
  const wanted = tail(name)
  const names = [...metrics.keys()].sort()
  const close = names.filter((each) => wanted !== '' && (tail(each).includes(wanted) || wanted.includes(tail(each))))
  return close.length > 0 ? close : names
}

/** Twice the same measure would be one number under two names: a mistake, not a question. */
function refuseRepeats(measures: readonly MeasureRef[], { problems }: Asking): void {
  const first = new Map<string, number>()
  for (const [i, { metric, space, time }] of measures.entries()) {
    const key = JSON.stringify([metric, space, time])
    const before = first.get(key)
    if (before === undefined) first.set(key, i)
    else {
      const detail = `aggregations[${i}] asks ${time} over time of ${space} of ${metric} again, as aggregations[${before}] does`
      problems.add('FIELD_INVALID', { detail, pointer: `/aggregations/${i}` })
    }
  }
}
