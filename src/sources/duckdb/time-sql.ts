import { DAY_MS, fixedMs, type Granularity, HOUR_MS } from '../../model/granularity.ts'
import { ceilTo, floorTo, type Interval } from '../../model/interval.ts'
import type { Bindings } from './bindings.ts'

/** 1970-01-05, a Monday. */
const MONDAY_MS = 4 * DAY_MS

/** Start of the bucket of column `step`, epoch ms: `bucketStart` of the model, in SQL. */
export function bucketSql(granularity: Granularity, allStart: number, bind: Bindings): string {
  const width = fixedMs(granularity)
  if (width !== undefined) return floorSql('step', width)
  if (granularity === 'ALL') return bind.integer(allStart)
  if (granularity === 'P1W') return `${floorSql(`(step - ${MONDAY_MS})`, 7 * DAY_MS)} + ${MONDAY_MS}`
  return `epoch_ms(date_trunc('month', epoch_ms(step)))`
}

/** Rounds down, also before 1970, where `%` would round towards it. Widths come from our own table. */
const floorSql = (ms: string, width: number): string => `(${ms} - ((${ms} % ${width}) + ${width}) % ${width})`

/** Whether `step` lies in one of the intervals, which are sorted; the outer bounds let DuckDB skip whole row groups. */
export function withinSql(intervals: readonly Interval[], bind: Bindings): string {
  const [first, last] = [intervals[0], intervals.at(-1)]
  if (!first || !last) return 'FALSE'
  if (intervals.length === 1) return rangeSql(first, bind)
  const each = intervals.map((interval) => `(${rangeSql(interval, bind)})`).join(' OR ')
  return `${rangeSql({ start: first.start, end: last.end }, bind)} AND (${each})`
}

const rangeSql = ({ start, end }: Interval, bind: Bindings): string =>
  `step >= ${bind.integer(start)} AND step < ${bind.integer(end)}`

/** Whole hours that the intervals touch: the chunks whose late marks count. */
export const hoursTouched = (intervals: readonly Interval[]): Interval[] =>
  intervals.map(({ start, end }) => ({ start: floorTo(start, HOUR_MS), end: ceilTo(end, HOUR_MS) }))
