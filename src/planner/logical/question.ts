import type { Filter } from '../../model/filter.ts'
import type { Granularity } from '../../model/granularity.ts'
import type { Interval } from '../../model/interval.ts'
import type { MeasureRef, Space, Time } from '../../model/measure.ts'

export interface AggregationRequest {
  readonly metric: string
  /** Space; v2's `agg`. Default SUM. */
  readonly agg?: Space
  /** Our extension. Default by the metric's type. */
  readonly time?: Time
}

export interface OrderByRequest {
  readonly metric: string
  readonly agg?: Space
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
  readonly groupBy: readonly string[]
  readonly granularity: Granularity
  readonly filter?: Filter
  readonly orderBy?: OrderByRequest
  /** v2 grammar, `PT1H/now`. */
  readonly intervals: readonly string[]
  readonly limit?: number
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
  readonly order: { readonly measure: number; readonly descending: boolean } | null
  /** Groups to answer; null = all (no group_by). */
  readonly limit: number | null
  readonly freshness: Freshness
  readonly use: readonly string[] | null
  readonly avoid: readonly string[]
  readonly rawAtLeast: number
  /** The one `now` of the request, epoch ms. */
  readonly now: number
  readonly fingerprint: string
}
