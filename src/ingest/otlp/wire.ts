import { exactInteger, type Num } from '../../model/number.ts'

/** 64-bit integer as protobufjs decodes it. */
export interface Long64 {
  readonly high: number
  readonly low: number
}

/** Messages of the OTLP metrics protocol, reduced to the fields the intake reads. A field left out has its default. */
export interface ExportRequest {
  readonly resourceMetrics?: readonly ResourceMetrics[]
}

export interface ResourceMetrics {
  readonly resource?: { readonly attributes?: readonly KeyValue[] } | null
  readonly scopeMetrics?: readonly ScopeMetrics[]
}

export interface ScopeMetrics {
  readonly scope?: Scope | null
  readonly metrics?: readonly Metric[]
}

export interface Scope {
  readonly name?: string
  readonly version?: string
  readonly attributes?: readonly KeyValue[]
}

export interface KeyValue {
  readonly key?: string
  readonly value?: AnyValue | null
}

/** At most one field is set. */
export interface AnyValue {
  readonly stringValue?: string | null
  readonly boolValue?: boolean | null
  readonly intValue?: Long64 | null
  readonly doubleValue?: number | null
  readonly arrayValue?: { readonly values?: readonly AnyValue[] } | null
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] } | null
  readonly bytesValue?: Uint8Array | null
}

export interface Metric {
  readonly name?: string
  readonly description?: string
  readonly unit?: string
  readonly gauge?: { readonly dataPoints?: readonly NumberPoint[] } | null
  readonly sum?: Sum | null
  readonly histogram?: Aggregated<HistogramPoint> | null
  readonly exponentialHistogram?: Aggregated<ExponentialPoint> | null
  readonly summary?: { readonly dataPoints?: readonly SummaryPoint[] } | null
}

/** 1 delta, 2 cumulative; anything else says nothing. */
export interface Aggregated<P> {
  readonly dataPoints?: readonly P[]
  readonly aggregationTemporality?: number
}

export interface Sum extends Aggregated<NumberPoint> {
  readonly isMonotonic?: boolean
}

export interface DataPoint {
  readonly attributes?: readonly KeyValue[]
  readonly startTimeUnixNano?: Long64
  readonly timeUnixNano?: Long64
  readonly flags?: number
}

export interface NumberPoint extends DataPoint {
  readonly asDouble?: number | null
  readonly asInt?: Long64 | null
}

export interface HistogramPoint extends DataPoint {
  readonly count?: Long64
  readonly sum?: number | null
  readonly bucketCounts?: readonly Long64[]
  readonly explicitBounds?: readonly number[]
  readonly min?: number | null
  readonly max?: number | null
}

export interface ExponentialPoint extends DataPoint {
  readonly count?: Long64
  readonly sum?: number | null
  readonly scale?: number
  readonly zeroCount?: Long64
  readonly positive?: ExponentialBuckets | null
  readonly negative?: ExponentialBuckets | null
  readonly min?: number | null
  readonly max?: number | null
}

export interface ExponentialBuckets {
  readonly offset?: number
  readonly bucketCounts?: readonly Long64[]
}

export interface SummaryPoint extends DataPoint {
  readonly count?: Long64
  readonly sum?: number
  readonly quantileValues?: readonly { readonly quantile?: number; readonly value?: number }[]
}

export const unsigned64 = (long: Long64 | undefined): bigint =>
  long === undefined ? 0n : (BigInt(long.high >>> 0) << 32n) | BigInt(long.low >>> 0)

/** Largest high word of an integer below 2^53. */
const SAFE_HIGH = 0x1fffff

export function signedInteger(long: Long64): Num {
  if (long.high <= SAFE_HIGH && long.high >= -SAFE_HIGH) return long.high * 0x1_0000_0000 + (long.low >>> 0)
  return exactInteger(BigInt.asIntN(64, unsigned64(long)))
}

export const unsignedInteger = (long: Long64 | undefined): Num => exactInteger(unsigned64(long))

/**
 * A field that may be left out, undefined when it is. Decoded messages inherit defaults from their prototype, also
 * where "not there" and "zero" differ, so only own fields count.
 */
export function given<T extends object, K extends keyof T>(message: T, field: K): NonNullable<T[K]> | undefined {
  return Object.hasOwn(message, field) ? (message[field] ?? undefined) : undefined
}
