import type { RollupVersion } from '../../src/model/definition.ts'
import type { Interval } from '../../src/model/interval.ts'
import { groupKey } from '../../src/model/label.ts'
import { measureKey } from '../../src/model/measure.ts'
import { atBaseStep, encodeState } from '../../src/model/written-state.ts'
import { rollUp } from '../cache/push/naive-oracle.ts'
import type { PipelineWorld } from './pipeline-world.ts'

/** Every window of the interval, group by group, as the points say: `bucket group ▸ measures`. */
export function expectedWindows(world: PipelineWorld, rollup: RollupVersion, interval: Interval): Map<string, string> {
  const found = new Map<string, string>()
  for (const { bucket, rows } of rollUp(world.raw.readings, rollup, interval)) {
    for (const [group, measures] of rows) found.set(`${bucket} ${groupKey(group)}`, JSON.stringify(measures))
  }
  return sorted(found)
}

/** The same as the push table serves it. */
export function servedWindows(world: PipelineWorld, rollup: RollupVersion, interval: Interval): Map<string, string> {
  const { defHash, labels, grain, measures } = rollup
  const frame = world.table.read(
    {
      defHash,
      intervals: [interval],
      granularity: grain,
      allStart: 0,
      groupBy: labels,
      pinned: {},
      filter: rollup.filter,
      measures: measures.map((measure) => ({ ...measure, time: 'EVERY' as const })),
    },
    world.clock(),
  )
  const found = new Map<string, string>()
  for (const { bucket, group, states } of frame.rows) {
    const written = measures.flatMap((measure, i) => {
      const state = states[i]
      return state ? [[measureKey(measure), encodeState(state, measure, atBaseStep(rollup))]] : []
    })
    found.set(`${bucket} ${groupKey(group)}`, JSON.stringify(Object.fromEntries(written)))
  }
  return sorted(found)
}

const sorted = (map: Map<string, string>): Map<string, string> => new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
