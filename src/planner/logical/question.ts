import type { Fill, Ratio } from '../../model/answer-value.ts'
import type { Filter } from '../../model/filter.ts'
import type { Granularity } from '../../model/granularity.ts'
import type { Interval } from '../../model/interval.ts'
import type { MeasureRef, Space, Time } from '../../model/measure.ts'
import type { Scope } from '../../model/scope.ts'
import type { ConditionOn, ValueCondition } from '../../model/value-condition.ts'

export interface AggregationRequest {
  readonly metric: string
  /** Space; v2's `agg`. Default SUM. */
  readonly agg?: Space
  /** Our extension. Default by the metric's type. */
  readonly time?: Time
  /** The name that `ratios`, `having` and `orderBy` may call it by. */
  readonly as?: string
}

/** One value of an answer: what `as` calls it, or the only aggregation of a metric (with `agg` in that space). */
export interface ValueName {
  readonly metric: string
  readonly agg?: Space
}

export interface RatioRequest {
  /** `as` of two aggregations. */
  readonly numerator: string
  readonly denominator: string
  readonly as?: string
}

export type HavingRequest = ConditionOn<ValueName>

/**
 * Which groups the answer holds. `page`: `limit` of them, as clients ask. Never from clients: `all` has no limit on
 * groups, an answer's values are still bounded (paging); `unbounded` has neither (export).
 */
export type GroupsAsked = 'page' | 'all' | 'unbounded'

export interface OrderByRequest extends ValueName {
  readonly order: 'ASCENDING' | 'DESCENDING'
}

export type Freshness =
  | { readonly kind: 'latest' }
  | { readonly kind: 'sealed' }
  | { readonly kind: 'maxStaleness'; readonly ms: number }

/** A question as received: syntax checked, nothing resolved. Times are still text. */
export interface QueryRequest {
  readonly dataset: string
  readonly aggregations: readonly AggregationRequest[]
  readonly ratios?: readonly RatioRequest[]
  readonly groupBy: readonly string[]
  readonly granularity: Granularity
  readonly filter?: Filter
  readonly having?: HavingRequest
  readonly orderBy?: OrderByRequest
  /** Default none. */
  readonly fill?: Fill
  /** v2 grammar, `PT1H/now`. */
  readonly intervals: readonly string[]
  readonly limit?: number
  /** Default page. */
  readonly groups?: GroupsAsked
  readonly timezone?: string
  readonly freshness?: Freshness
  /** Source ids or `dataset/rollup`: nothing else may be used. */
  readonly use?: readonly string[]
  readonly avoid?: readonly string[]
}

/** A worker's question: one rollup's measures over whole windows, absolute times. */
export interface StatesRequest {
  readonly dataset: string
  readonly measures: readonly MeasureRef[]
  readonly groupBy: readonly string[]
  readonly filter: Filter
  readonly granularity: Granularity
  readonly interval: Interval
  /** `dataset/rollup` and source ids that may not serve it. */
  readonly avoid: readonly string[]
  /** Only data of at least this raw version. */
  readonly rawAtLeast: number
}

/** A question with everything resolved; equal questions have equal fingerprints. */
export interface LogicalQuery {
  readonly dataset: string
  readonly catalogVersion: number
  readonly measures: readonly MeasureRef[]
  /** Their values come behind those of the measures. */
  readonly ratios: readonly Ratio[]
  /** In the caller's order. */
  readonly groupBy: readonly string[]
  /** Canonical. */
  readonly filter: Filter
  readonly granularity: Granularity
  /** On base-step boundaries, sorted, disjoint. */
  readonly intervals: readonly Interval[]
  /** Stamp of ALL's one bucket: start of the first interval. */
  readonly allStart: number
  readonly stepMs: number
  readonly latenessMs: number
  /** Points to keep, by their finished values; null = all. */
  readonly having: ValueCondition | null
  /** By the value at this position, taken over all asked intervals; null = by labels. */
  readonly order: { readonly value: number; readonly descending: boolean } | null
  /** Groups to answer; null = all. */
  readonly limit: number | null
  readonly fill: Fill
  /** Values the answer may hold; null = any number. */
  readonly valuesMax: number | null
  readonly freshness: Freshness
  readonly use: readonly string[] | null
  readonly avoid: readonly string[]
  readonly rawAtLeast: number
  /** The one `now` of the request, epoch ms. */
  readonly now: number
  /** Whose question it is; `filter` holds it already, what is told about data of others depends on it. */
  readonly scope: Scope
  readonly fingerprint: string
}
