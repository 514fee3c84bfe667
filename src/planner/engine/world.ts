import type { Coverage, CoverageRun } from '../../model/coverage.ts'
import { type Interval, lengthMs, subtract } from '../../model/interval.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { RouteSlice, RoutingWorld } from '../routing/route.ts'
import type { Asked } from './parts.ts'

/** The sources as routing sees them now, but for slices that have just failed: their source does not hold them. */
export function worldOf(question: LogicalQuery, { hall, catalog }: Asked, failed: readonly RouteSlice[]): RoutingWorld {
  return {
    catalog,
    places: hall.places,
    coverage(source, version, measures) {
      const coverage = hall.byId.get(source)!.coverage(question.dataset, version, measures)
      const lost = failed.filter((slice) => slice.source === source && (slice.rollup?.defHash ?? 'raw') === version)
      return lost.length === 0
        ? coverage
        : without(
            coverage,
            lost.flatMap(({ intervals }) => intervals),
          )
    },
  }
}

const without = ({ runs, asOf }: Coverage, lost: readonly Interval[]): Coverage => ({
  runs: runs.flatMap((run) => subtract([run.interval], lost).map((interval) => partOf(run, interval))),
  asOf,
})

const partOf = (run: CoverageRun, interval: Interval): CoverageRun => ({
  ...run,
  interval,
  rows: Math.ceil((run.rows * lengthMs(interval)) / lengthMs(run.interval)),
})
