import type { SourceId } from '../../ports/source.ts'

export type RejectCode =
  | 'WRONG_DATASET'
  | 'INACTIVE'
  | 'FORBIDDEN'
  | 'LABEL_MISSING'
  | 'ROLLUP_FILTER_NOT_IMPLIED'
  | 'FILTER_LABEL_MISSING'
  | 'GRAIN_TOO_COARSE'
  | 'GRAIN_NOT_NESTED'
  | 'MEASURE_MISSING'
  | 'MEASURE_VERSION'
  | 'NOT_FOLDABLE'
  | 'NO_COVERAGE'
  | 'STALE'
  | 'DIRTY'
  | 'BUILDING'
  | 'DISABLED_BY_REQUEST'
  | 'COST'

export interface RejectReason {
  readonly code: RejectCode
  readonly label?: string
  readonly metric?: string
  readonly interval?: string
  /** One sentence for people. */
  readonly detail: string
}

export interface CandidateReport {
  readonly source: SourceId
  readonly rollup: string | null
  readonly defHash: string | null
  readonly chosen: boolean
  /** Metrics it was a candidate for, when measures are routed apart. */
  readonly measures: readonly string[]
  readonly reasons: readonly RejectReason[]
}
