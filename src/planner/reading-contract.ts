import type { Filter } from '../model/filter.ts'
import type { Group } from '../model/label.ts'
import type { Answer, AskOptions, ExplainLevel, FreshnessReport, PlanReport } from './contract.ts'
import type { QueryRequest } from './logical/question.ts'

/** Which values labels have: `attributes` of Metrics API v2, `labelValues` of GraphQL, discovery. */
export interface LabelsRequest {
  readonly dataset: string
  /** Null: of any metric of the dataset that has all the labels. */
  readonly metric: string | null
  /** At least one. */
  readonly groupBy: readonly string[]
  readonly filter?: Filter
  /** v2 grammar. */
  readonly intervals: readonly string[]
  /** Groups to answer. */
  readonly limit: number
  /** Keyset paging: only groups behind this one. */
  readonly after?: Group
}

export interface LabelsAnswer {
  readonly labels: readonly string[]
  /** Sorted by `compareGroups`, each once. */
  readonly groups: readonly Group[]
  /** There are more behind the last one. */
  readonly more: boolean
  readonly freshness: FreshnessReport
  readonly plan: PlanReport
  /** Estimated rows: the price. */
  readonly cost: number
}

/** What makes a later page part of the same answer as the first. */
export interface FrozenAt {
  /** The one `now` of the first page, epoch ms. */
  readonly now: number
  /** Of the question and its whole answer. */
  readonly digest: string
}

export interface PageRequest {
  /** Groups before this page. */
  readonly from: number
  /** Null asks for the first page. */
  readonly frozen: FrozenAt | null
  /** Of the plan; default `summary`. The same for every page. */
  readonly level?: Exclude<ExplainLevel, 'plan'>
}

/** How long, and in how much memory, answers are kept for their next pages. */
export interface PagingLimits {
  readonly keptBytesMax: number
  readonly keptMs: number
}

/** `question.limit` groups of one frozen answer; `frame.groupsTotal` counts all of them. */
export interface PageAnswer extends Answer {
  readonly frozen: FrozenAt
  /** Groups behind this page. */
  readonly groupsLeft: number
  /** Until when the next page may be asked for, epoch ms. */
  readonly expiresMs: number
}

export interface WatchOptions extends AskOptions {
  /** Answers are told at most this often, ms. */
  readonly periodMs?: number
}

/** One state of a watched question. Equal consecutive answers are told once. */
export interface Watched {
  /** 1 for the first answer, then rising by one for each that differs. */
  readonly revision: number
  readonly answer: Answer
}

export interface ReadingExits {
  labels(request: LabelsRequest, options: AskOptions): Promise<LabelsAnswer>
  /** About how many series each metric has, without reading; null for a constrained caller. */
  seriesCounts(dataset: string, metrics: readonly string[], options: AskOptions): ReadonlyMap<string, number> | null
  /** Error: PAGE_TOKEN_EXPIRED when the frozen answer can no longer be given. */
  page(question: QueryRequest, page: PageRequest, options: AskOptions): Promise<PageAnswer>
  /**
   * The answer now, and again whenever it changed; `now` moves on. Equal questions of equal scopes share one asking.
   * A reader that is slow gets the newest answer, not all between. Ends when the signal aborts.
   */
  watch(question: QueryRequest, options: WatchOptions): AsyncIterable<Watched>
}
