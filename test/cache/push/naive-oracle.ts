import type { RollupVersion } from '../../../src/model/definition.ts'
import { type Filter, matches } from '../../../src/model/filter.ts'
import { bucketEnd, bucketStart, bucketsOf, type Granularity } from '../../../src/model/granularity.ts'
import type { Interval } from '../../../src/model/interval.ts'
import { type Group, groupKey, type LabelSet } from '../../../src/model/label.ts'
import { measureKey, numericOf, type StateMeasure } from '../../../src/model/measure.ts'
import { exactInteger, type Num } from '../../../src/model/number.ts'
import type { WrittenState } from '../../../src/model/records.ts'
import type { State } from '../../../src/model/state.ts'
import { atBaseStep, encodeState } from '../../../src/model/written-state.ts'
import type { WindowContent } from './push-fixture.ts'

/** One value of one complete series in one step, of every metric there is. */
export interface SeriesReading {
  readonly labels: LabelSet
  readonly step: number
  readonly value: Num
}

export interface OracleQuestion {
  readonly groupBy: readonly string[]
  readonly filter: Filter
  readonly intervals: readonly Interval[]
  readonly granularity: Granularity
  readonly allStart: number
}

export interface OracleRow {
  readonly bucket: number
  readonly group: Group
  readonly state: State
}

const total = (values: readonly Num[], integer: boolean): Num =>
  integer
    ? exactInteger(values.reduce((sum: bigint, each) => sum + BigInt(each), 0n))
    : values.reduce((sum: number, each) => sum + Number(each), 0)

const ascending = (values: readonly Num[]): Num[] => [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
const least = (values: readonly Num[]): Num => ascending(values)[0]!
const most = (values: readonly Num[]): Num => ascending(values).at(-1)!

function foldSpace(values: readonly Num[], measure: StateMeasure): { x: Num; pair?: { sum: Num; count: number } } {
  const sum = total(values, numericOf(measure.type) === 'INT64')
  switch (measure.space) {
    case 'SUM':
      return { x: sum }
    case 'MIN':
      return { x: least(values) }
    case 'MAX':
      return { x: most(values) }
    case 'COUNT':
      return { x: values.length }
    case 'AVG':
      return { x: Number(sum) / values.length, pair: { sum, count: values.length } }
  }
}

function foldTime(steps: ReadonlyMap<number, readonly Num[]>, measure: StateMeasure): State {
  const ordered = [...steps]
    .sort(([a], [b]) => a - b)
    .map(([step, values]) => ({ step, ...foldSpace(values, measure) }))
  const all = ordered.map((each) => each.x)
  const last = ordered.at(-1)!
  const integer = measure.space === 'COUNT' || (measure.space !== 'AVG' && numericOf(measure.type) === 'INT64')
  const state = {
    sum: total(all, integer),
    n: all.length,
    min: least(all),
    max: most(all),
    lastStep: last.step,
    last: last.x,
  }
  return last.pair ? { ...state, pair: last.pair } : state
}

/** Series first, then space, then time, straight from the readings: slow, and obviously so. */
export function oracle(
  readings: readonly SeriesReading[],
  question: OracleQuestion,
  measure: StateMeasure,
): OracleRow[] {
  const cells = new Map<string, { bucket: number; group: Group; steps: Map<number, Num[]> }>()
  for (const { labels, step, value } of readings) {
    if (!question.intervals.some(({ start, end }) => start <= step && step < end)) continue
    if (!matches(question.filter, labels)) continue
    const group = question.groupBy.map((label) => labels[label] ?? null)
    const bucket = bucketStart(question.granularity, step, question.allStart)
    const key = `${bucket} ${groupKey(group)}`
    const cell = cells.get(key) ?? { bucket, group, steps: new Map<number, Num[]>() }
    cells.set(key, cell)
    cell.steps.set(step, [...(cell.steps.get(step) ?? []), value])
  }
  return [...cells.values()].map(({ bucket, group, steps }) => ({ bucket, group, state: foldTime(steps, measure) }))
}

/** What a worker would write for every window of a rollup that touches the interval; empty windows too. */
export function rollUp(
  readings: readonly SeriesReading[],
  rollup: RollupVersion,
  interval: Interval,
  epoch = 1,
): WindowContent[] {
  return [...bucketsOf(rollup.grain, interval)].map((bucket) => {
    const rows = new Map<string, [Group, Record<string, WrittenState>]>()
    const question = { groupBy: rollup.labels, filter: rollup.filter, granularity: rollup.grain, allStart: 0 }
    const intervals = [{ start: bucket, end: bucketEnd(rollup.grain, bucket) }]
    for (const measure of rollup.measures) {
      for (const { group, state } of oracle(readings, { ...question, intervals }, measure)) {
        const row = rows.get(groupKey(group)) ?? [group, {}]
        rows.set(groupKey(group), row)
        row[1][measureKey(measure)] = encodeState(state, measure, atBaseStep(rollup))
      }
    }
    return { bucket, epoch, rows: [...rows.values()] }
  })
}
