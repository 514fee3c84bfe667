import { hash } from 'node:crypto'
import { attributeTexts, identityText } from './attributes.ts'
import type { IntakeLimits } from './limits.ts'
import { exponentialParts, histogramParts, numberParts, summaryParts, type Taken } from './parts.ts'
import type { Form, SentMetric, SentPoint, SentResource } from './sent.ts'
import {
  type DataPoint,
  type ExportRequest,
  type Metric,
  type ResourceMetrics,
  type Scope,
  unsigned64,
} from './wire.ts'

/** Letter that begins a stream's hash, so that state read back from the store tells its form. */
export const FORM_LETTERS: Readonly<Record<Form, string>> = { level: 'l', change: 'c', increase: 'i', total: 't' }
const LEVEL_SINCE_START = 'u'
const RESOURCE_LENGTH = 12
const STREAM_LENGTH = 22

/** Part of a stream's hash that names its resource. */
export const resourceOfHash = (stream: string): string => stream.slice(1, 1 + RESOURCE_LENGTH)
/** Whether the stream's start time is the start of a series' life. (A gauge's, or a delta's, is the previous export.) */
export const startsLife = (stream: string): boolean =>
  stream[0] === FORM_LETTERS.total || stream[0] === LEVEL_SINCE_START

const digest = (text: string, length: number): string => hash('sha256', text, 'base64url').slice(0, length)

/** All data points of a request, in its order, whatever the catalog makes of them. */
export function takeApart(request: ExportRequest, limits: IntakeLimits): SentPoint[] {
  const out: SentPoint[] = []
  for (const resourceMetrics of request.resourceMetrics ?? []) takeResource(resourceMetrics, limits, out)
  return out
}

function takeResource(sent: ResourceMetrics, limits: IntakeLimits, out: SentPoint[]): void {
  const attributes = sent.resource?.attributes
  const { texts, dropped } = attributeTexts(attributes)
  const resource = { id: digest(identityText(attributes), RESOURCE_LENGTH), attributes: texts, dropped }
  for (const { scope, metrics } of sent.scopeMetrics ?? []) {
    const scopeText = scopeIdentity(scope ?? {})
    for (const metric of metrics ?? []) takeMetric(metric, resource, scopeText, limits, out)
  }
}

const scopeIdentity = (scope: Scope): string =>
  JSON.stringify([scope.name ?? '', scope.version ?? '', identityText(scope.attributes)])

interface Kind {
  readonly name: string
  readonly form: Form | null
  readonly letter: string
  readonly points: readonly DataPoint[]
  readonly take: (point: DataPoint) => Taken
}

function takeMetric(sent: Metric, resource: SentResource, scope: string, limits: IntakeLimits, out: SentPoint[]): void {
  const kind = kindOf(sent, limits)
  if (kind === null) return
  const { name = '', description = '', unit = '' } = sent
  const metric: SentMetric = { name, description, unit, resource }
  const prefix = kind.letter + resource.id
  const stream = JSON.stringify([kind.name, name, scope])
  for (const point of kind.points) {
    const overLimit = out.length >= limits.pointsPerRequestMax
    const taken: Taken = overLimit
      ? { fault: 'point_limit' }
      : kind.form === null
        ? { fault: 'temporality_unspecified' }
        : kind.take(point)
    const { texts, dropped } = attributeTexts(point.attributes)
    out.push({
      metric,
      hash: 'fault' in taken ? '' : prefix + digest(stream + identityText(point.attributes), STREAM_LENGTH),
      form: kind.form ?? 'level',
      startNs: unsigned64(point.startTimeUnixNano),
      timeNs: unsigned64(point.timeUnixNano),
      attributes: texts,
      dropped,
      parts: 'fault' in taken ? [] : taken.parts,
      fault: 'fault' in taken ? taken.fault : null,
    })
  }
}

const DELTA = 1
const CUMULATIVE = 2

function kindOf(metric: Metric, limits: IntakeLimits): Kind | null {
  const { gauge, sum, histogram, exponentialHistogram, summary, unit = '' } = metric
  const bucketsMax = limits.bucketsPerPointMax
  if (gauge) return kind('gauge', 'level', gauge.dataPoints, (point) => numberParts(point, 'gauge', unit))
  if (sum) {
    const monotonic = sum.isMonotonic === true
    const form = formOf(sum.aggregationTemporality, monotonic)
    const taken = kind(monotonic ? 'counter' : 'up-down', form, sum.dataPoints, (point) =>
      numberParts(point, monotonic ? 'counter' : 'gauge', unit),
    )
    return form === 'level' ? { ...taken, letter: LEVEL_SINCE_START } : taken
  }
  if (histogram) {
    const form = formOf(histogram.aggregationTemporality, true)
    return kind('histogram', form, histogram.dataPoints, (point) => histogramParts(point, unit, bucketsMax))
  }
  if (exponentialHistogram) {
    const { dataPoints, aggregationTemporality } = exponentialHistogram
    const form = formOf(aggregationTemporality, true)
    return kind('exponential', form, dataPoints, (point) => exponentialParts(point, unit, bucketsMax))
  }
  if (summary) return kind('summary', 'total', summary.dataPoints, (point) => summaryParts(point, unit, bucketsMax))
  return null
}

/** A non-monotonic cumulative sum is a gauge in fact. */
function formOf(temporality: number | undefined, monotonic: boolean): Form | null {
  if (temporality === DELTA) return monotonic ? 'increase' : 'change'
  if (temporality === CUMULATIVE) return monotonic ? 'total' : 'level'
  return null
}

const kind = <P extends DataPoint>(
  name: string,
  form: Form | null,
  points: readonly P[] | undefined,
  take: (point: P) => Taken,
): Kind => ({
  name: `${name}/${form}`,
  form,
  letter: form === null ? '' : FORM_LETTERS[form],
  points: points ?? [],
  take: take as (point: DataPoint) => Taken,
})
