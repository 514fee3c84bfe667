import { filterKey } from '../../model/filter-canonical.ts'
import { formatInterval } from '../../model/interval.ts'
import { measureKey } from '../../model/measure.ts'
import type { Scan } from '../../ports/source.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { Route, RouteSlice } from '../routing/route.ts'

export type StatesScan = Scan & { readonly kind: 'states' }

/** Route ▸ scans, one per slice, in the slices' order. */
export const scansOf = (question: LogicalQuery, { slices }: Pick<Route, 'slices'>): readonly StatesScan[] =>
  slices.map((slice) => scanOf(question, slice))

function scanOf(question: LogicalQuery, { rollup, measures, intervals, filter, pinned }: RouteSlice): StatesScan {
  return {
    kind: 'states',
    dataset: question.dataset,
    version: rollup?.defHash ?? 'raw',
    rollup: rollup?.id ?? null,
    intervals,
    granularity: question.granularity,
    allStart: question.allStart,
    groupBy: question.groupBy,
    pinned,
    filter,
    measures: measures.map((position) => question.measures[position]!),
  }
}

/**
 * A plan as text, one line a scan:
 *
 *     push cloud/topic_1m: SUM:bytes SUM by PT1H, topic ▸ 2026-11-21T10:00:00Z/2026-11-21T12:00:00Z
 *     duckdb raw: SUM:bytes SUM by PT1H, topic where ["eq","cluster","c1"] ▸ …
 */
export function planText(question: LogicalQuery, route: Pick<Route, 'slices'>): string {
  const scans = scansOf(question, route)
  return route.slices.map(({ source }, i) => `${source} ${scanText(scans[i]!)}`).join('\n')
}

function scanText(scan: Scan): string {
  const measures = scan.measures.map((measure) => `${measureKey(measure)} ${measure.time}`).join(', ')
  const where = scan.filter.kind === 'true' ? '' : ` where ${filterKey(scan.filter)}`
  const known = Object.entries(scan.pinned).map(([label, value]) => ` knowing ${label}=${value}`)
  const by = [scan.granularity, ...scan.groupBy].join(', ')
  const when = scan.intervals.map(formatInterval).join(' ')
  return `${scan.rollup ?? scan.version}: ${measures} by ${by}${where}${known.join('')} ▸ ${when}`
}
