/** A point that comes ten minutes late, as OTLP JSON, and the question that watches its minute. Pure. */
import { holds } from './question.js'

/** @import { Dataset, Metric, Rollup } from './question.js' */

export const LATE_MS = 600_000
/** Labels one question may group by. */
const LABELS_MAX = 32

/**
 * The base step that `LATE_MS` ago lies in.
 * @param {number} nowMs of the server
 * @param {number} stepMs
 */
export const lateStep = (nowMs, stepMs) => Math.floor((nowMs - LATE_MS) / stepMs) * stepMs

/**
 * @param {number} start
 * @param {number} stepMs
 */
export const stepInterval = (start, stepMs) =>
  `${new Date(start).toISOString()}/${new Date(start + stepMs).toISOString()}`

/**
 * The greatest series of the last hour with all its labels: the late point joins it.
 * @param {Metric} metric
 */
export const seriesQuestion = ({ name, labels }) => ({
  aggregations: [{ metric: name }],
  ...(labels.length === 0 ? {} : { group_by: labels.slice(0, LABELS_MAX), limit: 1 }),
  granularity: 'ALL',
  intervals: ['PT1H/now'],
  ...(labels.length === 0 ? {} : { order_by: [{ metric: name, order: 'DESCENDING' }] }),
})

/**
 * Questions about one step that the push table could answer, most telling first: as the chart asks, then as the
 * rollups of the finest grain are kept.
 * @param {Dataset} dataset
 * @param {Metric} metric
 * @param {{ groupBy: string, start: number }} place
 */
export function watchQuestions({ rollups, stepMs }, metric, { groupBy, start }) {
  const fine = rollups.filter((each) => holds(each, metric.name) && each.grain === grainOf(stepMs))
  const groups = [groupBy === '' ? [] : [groupBy], ...fine.map(({ labels }) => labels), []]
  const distinct = [...new Map(groups.map((each) => [each.join('\n'), each])).values()].slice(0, 6)
  return distinct.map((group_by) => ({
    aggregations: [{ metric: metric.name }],
    ...(group_by.length === 0 ? {} : { group_by }),
    granularity: 'ALL',
    intervals: [stepInterval(start, stepMs)],
    explain: 'full',
  }))
}

/** @param {number} stepMs */
const grainOf = (stepMs) => (stepMs % 3_600_000 === 0 ? `PT${stepMs / 3_600_000}H` : `PT${stepMs / 60_000}M`)

/**
 * The name under which the intake takes a point for this metric: its own, unless another metric is fed by that name
 * (src/catalog/intake-rules.ts).
 * @param {Dataset} dataset
 * @param {Metric} metric
 */
export function sentName({ metrics }, { name, from }) {
  if (from === null || from.otlp === name) return name
  return metrics.some((other) => other.from?.otlp === name) ? from.otlp : name
}

/**
 * Labels ▸ attributes as a sender would name them: the catalog's renaming backwards.
 * @param {Metric} metric
 * @param {Record<string, string>} labels
 * @returns {{ point: Record<string, string>, resource: Record<string, string> }}
 */
export function attributesOf({ from }, labels) {
  const sent = {
    point: /** @type {Record<string, string>} */ ({}),
    resource: /** @type {Record<string, string>} */ ({}),
  }
  for (const [label, value] of Object.entries(labels)) {
    const pointKey = keyOf(from?.labels ?? {}, label)
    const resourceKey = keyOf(from?.resource ?? {}, label)
    if (pointKey !== undefined) sent.point[pointKey] = value
    else if (resourceKey !== undefined) sent.resource[resourceKey] = value
    else if (label.startsWith('resource.')) sent.resource[label.slice('resource.'.length)] = value
    else sent.point[label.slice('metric.'.length)] = value
  }
  return sent
}

/**
 * @param {Record<string, string>} renamed
 * @param {string} label
 */
const keyOf = (renamed, label) => Object.keys(renamed).find((key) => renamed[key] === label)

/** @param {Record<string, string>} texts */
const keyValues = (texts) => Object.entries(texts).map(([key, stringValue]) => ({ key, value: { stringValue } }))

/**
 * What to send so that the change shows: a counter doubles the step it falls in; a gauge's reading is doubled and
 * stands at the end of the step, since the latest counts.
 * @param {Metric} metric
 * @param {number | null} before value of the series or step
 */
export function lateValue({ type }, before) {
  const value = Math.min(2 ** 50, Math.abs(before ?? 0) || 100)
  const amount = type.startsWith('COUNTER') ? value : value * 2
  return type.endsWith('INT64') ? Math.max(1, Math.round(amount)) : amount
}

/**
 * ExportMetricsServiceRequest with one delta or gauge point. Its sub-second tells it apart from one sent before, else
 * the second would be taken for a repeat.
 * @param {Dataset} dataset
 * @param {Metric} metric
 * @param {{ labels: Record<string, string>, start: number, value: number, nowMs: number }} point
 */
export function lateRequest(dataset, metric, { labels, start, value, nowMs }) {
  const { point, resource } = attributesOf(metric, labels)
  const isCounter = metric.type.startsWith('COUNTER')
  const offsetMs = isCounter ? dataset.stepMs / 2 : dataset.stepMs - 1000
  const timeMs = start + offsetMs + (nowMs % 1000)
  const number = metric.type.endsWith('INT64') ? { asInt: String(value) } : { asDouble: value }
  const times = { startTimeUnixNano: nanos(timeMs - 1000), timeUnixNano: nanos(timeMs) }
  const dataPoints = [{ attributes: keyValues(point), ...times, ...number }]
  const kind = isCounter
    ? { sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints } }
    : { gauge: { dataPoints } }
  const metrics = [{ name: sentName(dataset, metric), unit: metric.unit, ...kind }]
  return {
    resourceMetrics: [
      {
        resource: { attributes: keyValues({ 'laneway.dataset': dataset.name, ...resource }) },
        scopeMetrics: [{ scope: { name: 'laneway-page' }, metrics }],
      },
    ],
  }
}

/** @param {number} ms */
const nanos = (ms) => `${Math.floor(ms)}000000`
