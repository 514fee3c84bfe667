import type { MetricDefinition } from '../../model/definition.ts'
import type { LanewayError } from '../../model/errors.ts'
import type { Group } from '../../model/label.ts'
import type { Num } from '../../model/number.ts'
import type { AskOptions } from '../contract.ts'

export interface SettledLimits {
  /** Values of settled buckets that are kept; the newest bucket of each metric always is. */
  readonly keptBytesMax: number
  /** How far back buckets can be told. */
  readonly lookbackMsMax: number
  /** What nobody has asked for, and totals of series without points, are forgotten after this time. */
  readonly idleMsMax: number
}

export const DEFAULT_SETTLED_LIMITS: SettledLimits = {
  keptBytesMax: 256 * 1024 * 1024,
  lookbackMsMax: 900_000,
  idleMsMax: 3_600_000,
}

/** A series must have one of these values of the label. */
export interface LabelChoice {
  readonly label: string
  readonly values: readonly string[]
}

/** Which settled buckets of the push table, as export tells them. */
export interface SettledRequest {
  readonly dataset: string
  /** Null: every exportable metric that the caller may see. */
  readonly metrics: readonly string[] | null
  /** Of the choices whose label a metric has, one must hold; a metric with none of the labels is left out. Empty: everything. */
  readonly anyOf: readonly LabelChoice[]
  readonly time: SettledTime
  /** `cumulative`: counters as totals since some moment, instead of increases by bucket. */
  readonly counters: 'delta' | 'cumulative'
}

/** `newest`: one bucket. `lookback`: those that begin less than `ms` before the newest ends. `since`: at `ms` or later. */
export type SettledTime =
  | { readonly kind: 'newest' }
  | { readonly kind: 'lookback'; readonly ms: number }
  | { readonly kind: 'since'; readonly ms: number }

/** One metric: its series by the labels of the one rollup that serves it, over the same buckets. */
export interface SettledFamily {
  readonly metric: MetricDefinition
  readonly counted: 'delta' | 'cumulative'
  readonly labels: readonly string[]
  /** Starts, ascending; at least one. */
  readonly buckets: readonly number[]
  /** Their ends. */
  readonly ends: readonly number[]
  /**
   * Walks over all series that the caller may see, in the order of their labels; the same at each call. Null now and
   * then where many are passed over, so that a long walk can pause.
   */
  series(): Iterable<SettledSeries | null>
}

export interface SettledSeries {
  /** Values of the family's labels. Never an empty text: what has one is told as without the label. */
  readonly group: Group
  /** By bucket; null where absent. At least one is present. */
  readonly values: readonly (Num | null)[]
  /** By bucket, only of totals: since when they count, epoch ms. */
  readonly created: readonly number[] | null
}

/** A metric that cannot be told, and why: `cold` when no rollup covers a settled bucket yet. */
export interface UnsettledMetric {
  readonly metric: MetricDefinition
  readonly why: 'cold' | LanewayError
}

export interface SettledAnswer {
  /** In the order of metric names. */
  readonly families: readonly SettledFamily[]
  readonly unsettled: readonly UnsettledMetric[]
  /** Equal for equal families with equal values, asked alike. */
  readonly version: string
}

export interface SettledExit {
  /**
   * Buckets whose values are final as far as the push table knows, each value the same whenever it is told again.
   * Never asks another source. Errors: DATASET_UNKNOWN, METRIC_UNKNOWN, FORBIDDEN.
   */
  settled(request: SettledRequest, options: AskOptions): Promise<SettledAnswer>
}
