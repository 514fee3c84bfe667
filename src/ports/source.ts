import type { Coverage } from '../model/coverage.ts'
import type { DefHash } from '../model/definition.ts'
import type { Filter } from '../model/filter.ts'
import type { LabelFrame, StateFrame } from '../model/frame.ts'
import type { Granularity } from '../model/granularity.ts'
import type { Interval } from '../model/interval.ts'
import type { MeasureRef } from '../model/measure.ts'

export type SourceId = 'push' | 'duckdb' | 'druid'

/** One read of one source: whole base steps (raw) or whole windows (rollup), states out. */
export interface Scan {
  readonly kind: 'states' | 'labels'
  readonly dataset: string
  /** A rollup version, or the unaggregated points. */
  readonly version: DefHash | 'raw'
  /** `dataset/name` of the rollup; null for raw. */
  readonly rollup: string | null
  /** Sorted and disjoint. */
  readonly intervals: readonly Interval[]
  /** Buckets of the answer; each row is stamped with its bucket's start. */
  readonly granularity: Granularity
  /** Stamp of the one bucket of ALL. */
  readonly allStart: number
  readonly groupBy: readonly string[]
  /** Labels whose value is known without looking (the rollup's own filter); they are not stored in the rollup. */
  readonly pinned: Readonly<Record<string, string>>
  /** What is left of the question's filter for this source, canonical. */
  readonly filter: Filter
  /** Of one metric or several; every row has one state for each. */
  readonly measures: readonly MeasureRef[]
}

/**
 * A store that runs scans: push, duckdb, druid. Never returns finished values.
 * `coverage` is synchronous, from what it already knows, and tells the truth also while the store is down.
 * `run` reads data, raw version and asOf from one snapshot. Errors: SOURCE_FAILED (retriable elsewhere),
 * EDGE_UNAVAILABLE when coverage shrank in between, or the signal's reason.
 */
export interface Source {
  readonly id: SourceId
  coverage(dataset: string, version: DefHash | 'raw', measures: readonly MeasureRef[]): Coverage
  run(scan: Scan & { readonly kind: 'states' }, signal: AbortSignal): Promise<StateFrame>
  run(scan: Scan & { readonly kind: 'labels' }, signal: AbortSignal): Promise<LabelFrame>
}
