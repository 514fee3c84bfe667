import type { Coverage } from '../../model/coverage.ts'
import type { CatalogVersion, DefHash, RollupVersion } from '../../model/definition.ts'
import type { Filter } from '../../model/filter.ts'
import type { Interval } from '../../model/interval.ts'
import type { MeasureRef } from '../../model/measure.ts'
import type { SourceId } from '../../ports/source.ts'
import type { CandidateReport } from './reasons.ts'

/** One place that may answer: every rollup of the dataset served there, or its raw points. */
export interface Place {
  readonly source: SourceId
  readonly serves: 'rollups' | 'raw'
}

/** What routing needs to know of the world; nothing here does I/O. */
export interface RoutingWorld {
  readonly catalog: CatalogVersion
  /** In order of preference at an equal price. */
  readonly places: readonly Place[]
  coverage(source: SourceId, version: DefHash | 'raw', measures: readonly MeasureRef[]): Coverage
}

/** Some intervals of the question, for some of its measures, answered by one source. */
export interface RouteSlice {
  readonly source: SourceId
  /** null: raw points. */
  readonly rollup: RollupVersion | null
  /** Positions in the question's measures, ascending. */
  readonly measures: readonly number[]
  /** Sorted, disjoint, not touching; whole windows of the rollup, whole base steps of raw. */
  readonly intervals: readonly Interval[]
  /** What is left of the question's filter here, canonical. */
  readonly filter: Filter
  /** Labels whose value is known from the rollup's own filter. */
  readonly pinned: Readonly<Record<string, string>>
  readonly rowsEstimated: number
  /** Moment up to whose arrivals this slice will show everything, epoch ms, as coverage says now. */
  readonly asOf: number
}

export interface MissingPiece {
  readonly interval: Interval
  readonly measures: readonly number[]
}

/** Who answers which piece. Every moment of the question's intervals, for each measure, lies in one slice or is missing. */
export interface Route {
  readonly slices: readonly RouteSlice[]
  /** Every place and rollup version looked at, with all reasons against it, in a stable order. */
  readonly candidates: readonly CandidateReport[]
  /** How many candidates there are; cheap, the reports are written only when read. */
  readonly considered: number
  /** Pieces that no allowed source holds. */
  readonly missing: readonly MissingPiece[]
  /** Pieces served although late data is known that they lack (only with maxStaleness). */
  readonly stale: readonly Interval[]
  /** The price: rows estimated over all slices. */
  readonly cost: number
  /** The smallest catalog change that would have made it cheap; null when there is none. */
  readonly hint: string | null
}
