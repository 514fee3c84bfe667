import { createHash } from 'node:crypto'
import type { DefHash, RollupVersion } from '../model/definition.ts'
import { filterKey } from '../model/filter-canonical.ts'
import { bucketStart } from '../model/granularity.ts'
import { formatTime } from '../model/interval.ts'
import { compareText } from '../model/label.ts'
import type { StateMeasure } from '../model/measure.ts'

/** What of a rollup changes its numbers: not its name, not where and how long it is kept, no description. */
export type Hashed = Pick<RollupVersion, 'dataset' | 'labels' | 'filter' | 'grain' | 'stepMs' | 'measures'>

/** First 16 hex digits of sha256 over JSON with sorted keys and sorted lists, so the order of writing is no change. */
export function defHashOf(rollup: Hashed): DefHash {
  const measures = rollup.measures.map((measure) => measureHashOf(measure, rollup.stepMs))
  return digest({
    dataset: rollup.dataset,
    filter: filterKey(rollup.filter),
    grain: { origin: originOf(rollup.grain), width: rollup.grain, zone: 'UTC' },
    labels: [...rollup.labels].sort(compareText),
    measures: measures.sort(compareText),
  })
}

function measureHashOf(measure: StateMeasure, stepMs: number): string {
  const { metric, missing, space, type, unit } = measure
  return digest({ metric, missing, space, stepMs, type, unit })
}

/** Where the buckets of the grain lie: start of the one that holds 1970-01-05, the first Monday after the epoch. */
const originOf = (grain: RollupVersion['grain']): string => formatTime(bucketStart(grain, 4 * 86_400_000))

const digest = (value: object): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
