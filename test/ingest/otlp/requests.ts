import protojson from 'protobufjs/ext/protojson.js'
import { loadSchema } from '../../../src/ingest/otlp/schema.ts'

/** OTLP/JSON, written short. Times are epoch ms (or ns as text). */
export type Time = number | string
export interface PointSent {
  readonly at: Time
  readonly start?: Time
  readonly value?: number | bigint
  readonly double?: number | string
  readonly attributes?: Attributes
  readonly flags?: number
}
export type Attributes = Readonly<Record<string, unknown>>

const nanos = (time: Time | undefined): string =>
  typeof time === 'string' ? time : String(BigInt(Math.round((time ?? 0) * 1_000)) * 1_000n)

const anyValue = (value: unknown): unknown => {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'bigint') return { intValue: String(value) }
  if (typeof value === 'number') return { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  return value
}

export const attributesOf = (attributes: Attributes = {}): unknown[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))

const envelope = ({ at, start, attributes, flags }: Omit<PointSent, 'value' | 'double'>) => ({
  timeUnixNano: nanos(at),
  startTimeUnixNano: nanos(start),
  attributes: attributesOf(attributes),
  ...(flags === undefined ? {} : { flags }),
})

const numberPoint = ({ value, double, ...rest }: PointSent) => ({
  ...envelope(rest),
  ...(value === undefined ? {} : { asInt: String(value) }),
  ...(double === undefined ? {} : { asDouble: double }),
})

export const gauge = (name: string, ...points: readonly PointSent[]) => ({
  name,
  gauge: { dataPoints: points.map(numberPoint) },
})

const sum =
  (temporality: number, isMonotonic: boolean) =>
  (name: string, ...points: readonly PointSent[]) => ({
    name,
    sum: { aggregationTemporality: temporality, isMonotonic, dataPoints: points.map(numberPoint) },
  })

/** Monotonic sums, then up-down counters. */
export const delta = sum(1, true)
export const cumulative = sum(2, true)
export const upDownDelta = sum(1, false)
export const upDown = sum(2, false)

export interface HistogramSent {
  readonly at: Time
  readonly start?: Time
  readonly counts: readonly number[]
  readonly bounds: readonly number[]
  readonly sum?: number
  readonly min?: number
  readonly max?: number
  readonly attributes?: Attributes
}

export const histogram = (temporality: 1 | 2, name: string, ...points: readonly HistogramSent[]) => ({
  name,
  unit: 's',
  histogram: {
    aggregationTemporality: temporality,
    dataPoints: points.map(({ counts, bounds, sum: total, min, max, ...rest }) => ({
      ...envelope(rest),
      count: String(counts.reduce((a, b) => a + b, 0)),
      bucketCounts: counts.map(String),
      explicitBounds: bounds,
      ...(total === undefined ? {} : { sum: total }),
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
    })),
  },
})

export const request = (resource: Attributes, ...metrics: readonly unknown[]) => ({
  resourceMetrics: [
    { resource: { attributes: attributesOf(resource) }, scopeMetrics: [{ scope: { name: 'test' }, metrics }] },
  ],
})

export const schema = loadSchema()

export const toJson = (message: unknown): Uint8Array => Buffer.from(JSON.stringify(message))

export const toProtobuf = (message: unknown): Uint8Array =>
  schema.request.encode(protojson.fromJson(schema.request, message)).finish()
