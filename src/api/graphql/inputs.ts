import type { Num } from '../../model/number.ts'

/** Inputs as the schema hands them over: checked for shape and kind, nothing more. A field that is null was not said. */

type Maybe<T> = T | null | undefined

export interface LabelIs {
  readonly label: string
  readonly value: string
}
export interface LabelIn {
  readonly label: string
  readonly values: readonly string[]
}
export const COMPARISONS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'] as const
type Comparison = (typeof COMPARISONS)[number]

/** Exactly one of the fields is there. */
export type FilterInput = { readonly [name in Comparison | 'prefix' | 'regex']?: LabelIs } & {
  readonly in?: LabelIn
  readonly and?: readonly FilterInput[]
  readonly or?: readonly FilterInput[]
  readonly not?: FilterInput
}

export interface ValueIs {
  readonly metric: string
  readonly agg?: Maybe<string>
  readonly value: Num
}

/** Exactly one of the fields is there. */
export type HavingInput = { readonly [name in Comparison]?: ValueIs } & {
  readonly and?: readonly HavingInput[]
  readonly or?: readonly HavingInput[]
  readonly not?: HavingInput
}

export interface TimeseriesInput {
  readonly aggregations: readonly {
    readonly metric: string
    readonly agg?: Maybe<string>
    readonly time?: Maybe<string>
    readonly as?: Maybe<string>
  }[]
  readonly ratios?: Maybe<
    readonly { readonly numerator: string; readonly denominator: string; readonly as?: Maybe<string> }[]
  >
  readonly granularity: string
  readonly intervals: readonly string[]
  readonly groupBy?: Maybe<readonly string[]>
  readonly filter?: Maybe<FilterInput>
  readonly having?: Maybe<HavingInput>
  readonly orderBy?: Maybe<{ readonly metric: string; readonly agg?: Maybe<string>; readonly order?: Maybe<string> }>
  readonly fill?: Maybe<string>
  readonly timezone?: Maybe<string>
  readonly freshness?: Maybe<{ readonly mode?: string; readonly maxStaleness?: string }>
  readonly use?: Maybe<readonly string[]>
  readonly avoid?: Maybe<readonly string[]>
  readonly explain?: Maybe<string>
}

export interface TimeseriesArguments {
  readonly dataset: string
  readonly input: TimeseriesInput
  readonly first?: Maybe<number>
  readonly after?: Maybe<string>
  readonly periodMs?: Maybe<number>
}

export interface LabelValuesArguments {
  readonly dataset: string
  readonly input: {
    readonly groupBy: readonly string[]
    readonly metric?: Maybe<string>
    readonly filter?: Maybe<FilterInput>
    readonly intervals: readonly string[]
  }
  readonly first?: Maybe<number>
  readonly after?: Maybe<string>
}

export interface MetricsArguments {
  readonly dataset: string
  readonly resourceType?: Maybe<string>
  readonly first?: Maybe<number>
  readonly after?: Maybe<string>
}
