import type { RollupVersion } from '../model/definition.ts'
import type { StateRow } from '../model/frame.ts'
import { bucketsOf } from '../model/granularity.ts'
import type { Interval } from '../model/interval.ts'
import { groupKey } from '../model/label.ts'
import { measureKey } from '../model/measure.ts'
import { partitionOf } from '../model/murmur2.ts'
import type { AggregateRecord, WrittenState } from '../model/records.ts'
import { atBaseStep, encodeState } from '../model/written-state.ts'
import type { WindowStates } from './ask-states.ts'

/** A record and the partition it belongs to. */
export interface Addressed {
  readonly partition: number
  readonly record: AggregateRecord
}

interface WindowPlace {
  readonly rollup: RollupVersion
  readonly epoch: number
  /** Partitions of the aggregates topic. */
  readonly partitions: number
}

/**
 * Every group of every window as a record, then one seal a window and partition that says how many there are, also
 * where there are none: an empty window is known to be empty.
 */
export function windowRecords(windows: Interval, states: WindowStates, place: WindowPlace): Addressed[] {
  const { rollup, epoch, partitions } = place
  const keys = new Map<number, number[]>()
  for (const bucket of bucketsOf(rollup.grain, windows)) keys.set(bucket, new Array<number>(partitions).fill(0))
  const aggregates = states.rows.flatMap((row) => {
    const measures = measuresOf(row, rollup)
    if (!measures) return []
    const partition = partitionOf(groupKey(row.group), partitions)
    keys.get(row.bucket)![partition]!++
    const { bucket, group } = row
    const { id, defHash } = rollup
    const record: AggregateRecord = { kind: 'aggregate', rollup: id, defHash, bucket, group, epoch, measures }
    return [{ partition, record }]
  })
  const seals = [...keys].flatMap(([bucket, counts]) =>
    counts.map((count, i) => sealOf(bucket, [i, count], states, place)),
  )
  return [...aggregates, ...seals]
}

/** Undefined when the group has nothing in the window. */
function measuresOf(row: StateRow, rollup: RollupVersion): Record<string, WrittenState> | undefined {
  const base = atBaseStep(rollup)
  const measures: Record<string, WrittenState> = {}
  let some = false
  for (const [i, measure] of rollup.measures.entries()) {
    const state = row.states[i]
    if (!state || state.n === 0) continue
    measures[measureKey(measure)] = encodeState(state, measure, base)
    some = true
  }
  return some ? measures : undefined
}

function sealOf(
  bucket: number,
  [partition, keys]: readonly [number, number],
  { raw, through }: WindowStates,
  { rollup, epoch, partitions }: WindowPlace,
): Addressed {
  const { id, defHash } = rollup
  const seal = {
    kind: 'seal',
    rollup: id,
    defHash,
    bucket,
    partition,
    epoch,
    keys,
    of: partitions,
    raw,
    through,
  } as const
  return { partition, record: seal }
}
