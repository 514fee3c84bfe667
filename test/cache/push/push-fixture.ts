import { PushTable, type PushTableOptions } from '../../../src/cache/push/push-table.ts'
import type { RollupVersion } from '../../../src/model/definition.ts'
import { EVERYTHING } from '../../../src/model/filter.ts'
import type { StateFrame } from '../../../src/model/frame.ts'
import { HOUR_MS, MINUTE_MS } from '../../../src/model/granularity.ts'
import type { Interval } from '../../../src/model/interval.ts'
import { type Group, groupKey } from '../../../src/model/label.ts'
import type { MeasureRef, StateMeasure } from '../../../src/model/measure.ts'
import { partitionOf } from '../../../src/model/murmur2.ts'
import type { AggregateRecord, WrittenState } from '../../../src/model/records.ts'

/** 2026-11-21T10:00:00Z */
export const T0 = Date.UTC(2026, 10, 21, 10)
export const minute = (n: number): number => T0 + n * MINUTE_MS
export const PARTITIONS = 2
export const LATENESS_MS = 90_000

export const bytesIn: StateMeasure = {
  metric: 'bytes_in',
  type: 'COUNTER_INT64',
  unit: 'By',
  space: 'SUM',
  missing: 'absent',
}
export const sumOf = (measure: StateMeasure): MeasureRef => ({ ...measure, time: 'SUM' })

export function rollupOf(changes: Partial<RollupVersion> = {}): RollupVersion {
  return {
    dataset: 'cloud',
    name: 'topic_1m',
    id: 'cloud/topic_1m',
    defHash: 'aaaaaaaaaaaaaaaa',
    labels: ['cluster', 'topic'],
    filter: EVERYTHING,
    grain: 'PT1M',
    stepMs: MINUTE_MS,
    latenessMs: LATENESS_MS,
    measures: [bytesIn],
    keep: { pushMs: 6 * HOUR_MS, druidMs: null },
    ...changes,
  }
}

export const ROLLUP = rollupOf()

export function tableOf(
  rollups: readonly RollupVersion[] = [ROLLUP],
  options: Partial<PushTableOptions> = {},
): PushTable {
  const table = new PushTable({ bytesMax: 64 * 1024 * 1024, ...options })
  table.define(rollups)
  return table
}

export type Aggregate = AggregateRecord & { kind: 'aggregate' }
export type SealRecord = AggregateRecord & { kind: 'seal' }

/** A record and the partition it lies in. */
export interface Delivery {
  readonly partition: number
  readonly record: AggregateRecord
}

export const deliver = (table: PushTable, deliveries: readonly Delivery[]): void => {
  for (const { partition, record } of deliveries) table.apply(partition, record)
}

export interface WindowContent {
  readonly bucket: number
  readonly epoch: number
  readonly raw?: number
  readonly through?: number
  readonly rows: readonly (readonly [Group, Readonly<Record<string, WrittenState>>])[]
}

/** One roll-up of one window as a worker writes it: a record per group, a seal per partition. */
export function rolledUp(content: WindowContent, rollup = ROLLUP, partitions = PARTITIONS): Delivery[] {
  const aggregates = content.rows.map(([group, measures]): Delivery => {
    const partition = partitionOf(groupKey(group), partitions)
    return { partition, record: aggregateOf({ ...content, group, measures }, rollup) }
  })
  const seals = Array.from({ length: partitions }, (_, partition): Delivery => {
    const keys = aggregates.filter((each) => each.partition === partition).length
    return { partition, record: sealOf({ ...content, partition, keys, of: partitions }, rollup) }
  })
  return [...aggregates, ...seals]
}

export const aggregateOf = (
  { bucket, epoch, group, measures }: Pick<Aggregate, 'bucket' | 'epoch' | 'group' | 'measures'>,
  { id: rollup, defHash } = ROLLUP,
): Aggregate => ({ kind: 'aggregate', rollup, defHash, bucket, epoch, group, measures })

export function sealOf(
  seal: Pick<SealRecord, 'bucket' | 'epoch' | 'partition' | 'keys' | 'of'> & { raw?: number; through?: number },
  { id: rollup, defHash } = ROLLUP,
): SealRecord {
  const { bucket, epoch, partition, keys, of, raw = 0, through = bucket + HOUR_MS } = seal
  return { kind: 'seal', rollup, defHash, bucket, partition, epoch, keys, of, raw, through }
}

export const dirtyOf = (bucket: number, raw: number, { id: rollup, defHash } = ROLLUP): Delivery => ({
  partition: 0,
  record: { kind: 'dirty', rollup, defHash, place: 'push', bucket, raw },
})

/** `{a: 1}` ▸ rows of cluster c1, one topic each. */
export const topics = (values: Readonly<Record<string, number | string>>): WindowContent['rows'] =>
  Object.entries(values).map(([topic, value]) => [['c1', topic], { 'SUM:bytes_in': [value] }])

export const NOW = minute(600)

export interface Asked {
  readonly rollup?: RollupVersion
  readonly intervals?: readonly Interval[]
  readonly groupBy?: readonly string[]
  readonly measures?: readonly MeasureRef[]
}

export const minutes = (from: number, to: number): Interval => ({ start: minute(from), end: minute(to) })

export function read(
  table: PushTable,
  { rollup = ROLLUP, intervals = [minutes(0, 1)], ...asked }: Asked = {},
): StateFrame {
  const { groupBy = ['topic'], measures = [sumOf(bytesIn)] } = asked
  const { defHash } = rollup
  const rest = { groupBy, measures, pinned: {}, filter: EVERYTHING, granularity: 'PT1M' as const, allStart: 0 }
  return table.read({ defHash, intervals, ...rest }, NOW)
}

/** `{a: 1}` back again: sums by the first group label. */
export const sumsIn = (frame: StateFrame): Record<string, unknown> =>
  Object.fromEntries(frame.rows.map((row) => [String(row.group[0]), row.states[0]?.sum]))

export const coverageOf = (table: PushTable, rollup = ROLLUP) => table.coverage(rollup.defHash, [], NOW)
