import type { Numeric } from './number.ts'

export const SPACES = ['SUM', 'MIN', 'MAX', 'AVG', 'COUNT'] as const
export const TIMES = ['SUM', 'MIN', 'MAX', 'AVG', 'LAST'] as const
/** How the series of a group are folded into one number X within one step. */
export type Space = (typeof SPACES)[number]
/** How the X of a bucket's steps become the answer. */
export type Time = (typeof TIMES)[number]

export const METRIC_TYPES = ['COUNTER_INT64', 'COUNTER_DOUBLE', 'GAUGE_INT64', 'GAUGE_DOUBLE'] as const
export type MetricType = (typeof METRIC_TYPES)[number]
/** How AVG over time counts steps without a value. */
export type Missing = 'absent' | 'zero'

/** What a rollup stores for one metric: everything that changes the stored numbers, `time` is not part of it. */
export interface StateMeasure {
  readonly metric: string
  readonly type: MetricType
  readonly unit: string
  readonly space: Space
  readonly missing: Missing
}

/**
 * One number asked for. `time: 'EVERY'` is a worker's question: all states must be exact, not one finished value
 * (so folding coarse rows is refused for it).
 */
export interface MeasureRef extends StateMeasure {
  readonly time: Time | 'EVERY'
}

/** `SUM:<metric>`: the name of a stored measure on the aggregates topic. */
export const measureKey = (measure: { readonly space: Space; readonly metric: string }): string =>
  `${measure.space}:${measure.metric}`

export const isCounter = (type: MetricType): boolean => type.startsWith('COUNTER')
export const numericOf = (type: MetricType): Numeric => (type.endsWith('INT64') ? 'INT64' : 'DOUBLE')
/** Numeric kind of X: COUNT is always an integer, AVG never. */
export function numericOfX(measure: StateMeasure): Numeric {
  if (measure.space === 'COUNT') return 'INT64'
  return measure.space === 'AVG' ? 'DOUBLE' : numericOf(measure.type)
}
/** SUM for counters, AVG for gauges. */
export const defaultTime = (type: MetricType): Time => (isCounter(type) ? 'SUM' : 'AVG')
