import type { ResultPoint, ResultSeries } from '../../model/frame.ts'
import { formatInterval, formatTime } from '../../model/interval.ts'
import type { Group } from '../../model/label.ts'
import type { MeasureRef } from '../../model/measure.ts'
import type { Answer, FreshnessReport, PlanReport } from '../../planner/engine.ts'
import { connectionOf } from './cursors.ts'

/** Reports as the schema has them. Fields that are named alike are passed on as they are. */

/** Where an answer's groups lie among all. */
export interface PageView {
  readonly hasPreviousPage: boolean
  readonly hasNextPage: boolean
  /** Behind so many groups of this page. */
  readonly cursorAfter: (groups: number) => string
}

export function connectionView(answer: Answer, { cursorAfter, ...page }: PageView) {
  const { series, labels } = answer.frame
  const connection = connectionOf({
    ...page,
    items: series.map((_, i) => i),
    view: (i) => groupView(series[i]!, labels),
    cursorOf: (i) => cursorAfter(i + 1),
  })
  return { ...answerView(answer), ...connection }
}

export const updateView = (answer: Answer, revision: number) => ({
  ...answerView(answer),
  revision,
  groups: groupsOf(answer),
})

const answerView = ({ frame, measures, granularity, intervals, freshness, plan }: Answer) => ({
  totalCount: frame.groupsTotal,
  truncated: frame.truncated,
  granularity,
  intervals: intervals.map(formatInterval),
  measures: measures.map(measureView),
  freshness: freshnessView(freshness),
  plan: planView(plan),
})

const groupsOf = ({ frame }: Answer): GroupView[] => frame.series.map((series) => groupView(series, frame.labels))

/** What `Group` resolves from. */
export interface GroupView {
  readonly series: ResultSeries
  readonly names: readonly string[]
}

const groupView = (series: ResultSeries, names: readonly string[]): GroupView => ({ series, names })

export const labelsView = (names: readonly string[], group: Group) =>
  names.map((key, i) => ({ key, value: group[i] ?? null }))

export const pointFields = {
  timestamp: ({ timestamp }: ResultPoint) => formatTime(timestamp),
  value: ({ values }: ResultPoint) => values[0] ?? null,
}

const measureView = ({ metric, space, time, unit, type }: MeasureRef) => ({ metric, agg: space, time, unit, type })

export const freshnessView = ({ state, ...rest }: FreshnessReport) => ({ ...rest, state: state.toUpperCase() })

export function planView({ candidates, ...rest }: PlanReport) {
  return typeof candidates === 'number'
    ? { ...rest, candidateCount: candidates, candidates: null }
    : { ...rest, candidateCount: candidates.length, candidates }
}
