import { EVERYTHING } from '../../../src/model/filter.ts'
import { filterKey } from '../../../src/model/filter-canonical.ts'
import type { Interval } from '../../../src/model/interval.ts'
import { measureKey } from '../../../src/model/measure.ts'
import type { CandidateReport, RejectReason } from '../../../src/planner/contract.ts'
import type { LogicalQuery } from '../../../src/planner/logical/question.ts'
import type { Route, RouteSlice } from '../../../src/planner/routing/route.ts'

/**
 * A route as text, one line a slice, then what is missing and stale, then every candidate (`+` chosen, `-` not) with
 * its reasons, then the hint:
 *
 *   push cloud/topic_1m: 10:00/12:00, 120 rows
 *   + push cloud/topic_1m
 *   - duckdb: COST
 */
export function routeText(route: Route, question: LogicalQuery): string {
  const all = (measures: readonly number[]) => measures.length === question.measures.length
  const named = (measures: readonly number[]) =>
    all(measures) ? '' : ` of ${measures.map((i) => measureKey(question.measures[i]!)).join(', ')}`
  return [
    ...route.slices.map((slice) => sliceText(slice, question, named(slice.measures))),
    ...route.missing.map(({ interval, measures }) => `missing: ${intervalText(interval)}${named(measures)}`),
    ...route.stale.map((interval) => `stale: ${intervalText(interval)}`),
    ...route.candidates.map(candidateText),
    ...(route.hint === null ? [] : [`hint: ${route.hint}`]),
  ].join('\n')
}

function sliceText(slice: RouteSlice, question: LogicalQuery, measures: string): string {
  const filter = slice.filter.kind === EVERYTHING.kind ? '' : `, where ${filterKey(slice.filter)}`
  const known = Object.entries(slice.pinned).map(([label, value]) => `, knowing ${label}=${value}`)
  const behind = slice.asOf === question.now ? '' : `, as of ${timeText(slice.asOf)}`
  const who = slice.rollup ? `${slice.source} ${slice.rollup.id}` : slice.source
  const when = slice.intervals.map(intervalText).join(' ')
  return `${who}${measures}: ${when}, ${slice.rowsEstimated} rows${filter}${known.join('')}${behind}`
}

function candidateText({ source, rollup, chosen, reasons }: CandidateReport): string {
  const who = rollup ? `${source} ${rollup}` : source
  return `${chosen ? '+' : '-'} ${who}${reasons.length > 0 ? ': ' : ''}${reasons.map(reasonText).join('; ')}`
}

function reasonText({ code, metric, label, interval }: RejectReason): string {
  const [start, end] = interval?.split('/') ?? []
  const when = start && end ? intervalText({ start: Date.parse(start), end: Date.parse(end) }) : undefined
  return [code, metric, label, when].filter((each) => each !== undefined).join(' ')
}

export const intervalText = ({ start, end }: Interval): string => `${timeText(start)}/${timeText(end)}`

/** `10:00`, on other days than that of the fixture `11-22 10:00`. */
function timeText(ms: number): string {
  const [day, time] = new Date(ms).toISOString().split('T') as [string, string]
  const clock = time.endsWith(':00.000Z') ? time.slice(0, 5) : time.slice(0, 8)
  return day === '2026-11-21' ? clock : `${day.slice(5)} ${clock}`
}
