import type { PushTable } from '../../src/cache/push/push-table.ts'
import type { CatalogVersion } from '../../src/model/definition.ts'
import { EVERYTHING } from '../../src/model/filter.ts'
import { bucketEnd } from '../../src/model/granularity.ts'
import { contains } from '../../src/model/interval.ts'
import type { WindowChange } from '../../src/ports/changes.ts'
import { HALVES } from './halves.ts'

/**
 * Of the windows that just changed, those that a reader could see now, clean, with left and right apart: none, unless
 * windows are served that are not one whole epoch.
 */
export function unequalWindows(table: PushTable, catalog: CatalogVersion, change: WindowChange): string[] {
  const rollup = [...catalog.datasets.get(HALVES)!.rollups.values()].find(({ defHash }) => defHash === change.defHash)
  const measure = rollup?.measures.find(({ metric }) => metric === 'orders')
  if (!rollup || !measure) return []
  const asked = { ...measure, time: 'SUM' } as const
  const clean = table.coverage(rollup.defHash, [asked], Date.now()).runs.filter(({ dirty }) => !dirty)
  return change.buckets.flatMap((start) => {
    const interval = { start, end: bucketEnd(rollup.grain, start) }
    if (!clean.some((run) => contains(run.interval, interval))) return []
    const { rows } = table.read(
      {
        defHash: rollup.defHash,
        intervals: [interval],
        granularity: rollup.grain,
        allStart: start,
        groupBy: ['metric.half'],
        pinned: {},
        filter: EVERYTHING,
        measures: [asked],
      },
      Date.now(),
    )
    const sums = rows.map((row) => `${row.group[0]} ${row.states[0]?.sum}`)
    const isEqual = rows.length === 0 || (rows.length === 2 && rows[0]!.states[0]?.sum === rows[1]!.states[0]?.sum)
    return isEqual ? [] : [`${rollup.id} ${new Date(start).toISOString()}: ${sums.join(', ')}`]
  })
}
