import type { Num, Numeric } from '../../model/number.ts'

/** Why a data point was not stored; the names stand in replies, statistics and own metrics. */
export type RejectReason =
  | 'not_finite'
  | 'negative_increase'
  | 'out_of_range'
  | 'too_old'
  | 'too_far_ahead'
  | 'temporality_unspecified'
  | 'histogram_malformed'
  | 'name_invalid'
  | 'dataset_invalid'
  | 'dataset_unknown'
  | 'metric_unknown'
  | 'metric_conflict'
  | 'type_conflict'
  | 'catalog_full'
  | 'catalog_refused'
  | 'label_invalid'
  | 'label_too_long'
  | 'label_limit'
  | 'series_limit'
  | 'stream_limit'
  | 'point_limit'

/**
 * What a stream's numbers are, decided by its sender. `level`: the current value (gauges, and up-down counters sent
 * cumulative); `change`: what was added to an up-down counter; `increase`: what was added to a counter; `total`: a
 * counter since its start.
 */
export type Form = 'level' | 'change' | 'increase' | 'total'

export interface SentResource {
  /** Names the resource among all; begins every hash of its streams. */
  readonly id: string
  readonly attributes: ReadonlyMap<string, string>
  readonly dropped: number
}

export interface SentMetric {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly resource: SentResource
}

/** One number of a data point: a histogram has one for each bucket, its count, sum, least and greatest. */
export interface Part {
  /** Follows the metric's name: '' or `.bucket`. */
  readonly suffix: string
  /** Tells the parts of a stream apart: '' or `le=0.5`. */
  readonly id: string
  readonly kind: 'counter' | 'gauge'
  readonly numeric: Numeric
  readonly value: Num
  readonly unit: string
  /** An attribute the sender did not send but the part has: `le`, `quantile`. */
  readonly extra: readonly [key: string, value: string] | null
  /** It was 0 when the stream's last reading left it out. */
  readonly zeroWhenAbsent: boolean
}

/** One OTLP data point, taken apart. */
export interface SentPoint {
  readonly metric: SentMetric
  /** Names the stream: form letter, resource, then metric, scope and point attributes. */
  readonly hash: string
  readonly form: Form
  readonly startNs: bigint
  readonly timeNs: bigint
  readonly attributes: ReadonlyMap<string, string>
  readonly dropped: number
  /** The first decides about resets. */
  readonly parts: readonly Part[]
  /** What is wrong with it whatever the catalog says; `no_value` is not an error. */
  readonly fault: RejectReason | 'no_value' | null
}
