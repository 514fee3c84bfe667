import type { LabelFrame, StateFrame } from '../../model/frame.ts'
import { fixedMs, GRANULARITIES, type Granularity } from '../../model/granularity.ts'
import { formatInterval, formatTime, lengthMs, totalMs } from '../../model/interval.ts'
import { compareText } from '../../model/label.ts'
import { measureKey } from '../../model/measure.ts'
import type { ExplainLevel, PlanReport, SliceReport } from '../contract.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { Route, RouteSlice } from '../routing/route.ts'
import { discreetPlan, isDiscreet } from './discreet.ts'
import type { SliceRun } from './run-slices.ts'
import type { Sight, SlicePart } from './sight.ts'

/** A route, how coverage looked then, and what came back; null where it did not run. */
export interface Reported {
  readonly route: Route
  readonly sights: readonly Sight[]
  readonly runs: readonly AnyRun[] | null
}

type AnyRun = SliceRun<StateFrame | LabelFrame>

/**
 * What happened, or would have. `summary` depends on the question, `now` and versions alone: nothing measured, nothing
 * about a source that had no part. `full` and `plan` add every candidate and the hint.
 */
export function planReport(question: LogicalQuery, reported: Reported, level: ExplainLevel): PlanReport {
  const plan = wholeReport(question, reported, level)
  return isDiscreet(question) ? discreetPlan(plan) : plan
}

function wholeReport(question: LogicalQuery, reported: Reported, level: ExplainLevel): PlanReport {
  const { route, runs } = reported
  const brief = level === 'summary'
  const asOf = runs ? runs.map(({ frame }) => frame.asOf) : route.slices.map((slice) => slice.asOf)
  return {
    catalogVersion: question.catalogVersion,
    exact: true,
    asOf: asOf.length === 0 ? null : formatTime(Math.min(question.now, ...asOf)),
    slices: slicesOf(question, reported, level === 'full'),
    candidates: brief ? route.considered : route.candidates,
    missing: route.missing.map(({ interval }) => formatInterval(interval)),
    stale: route.stale.map(formatInterval),
    hint: brief ? null : route.hint,
  }
}

/** One for each part of each slice, by time, then source, then rollup. */
function slicesOf(question: LogicalQuery, { route, sights, runs }: Reported, measured: boolean): SliceReport[] {
  const timed = route.slices.flatMap((slice, i) => {
    const { parts } = sights[i]!
    const reports = partReports(slice, parts, { question, run: runs?.[i], measured })
    return reports.map((report, j) => ({ start: parts[j]!.interval.start, report, key: keyOf(report) }))
  })
  return timed.sort((a, b) => a.start - b.start || compareText(a.key, b.key)).map(({ report }) => report)
}

const keyOf = ({ source, rollup, measures }: SliceReport): string => JSON.stringify([source, rollup ?? '', measures])

interface Telling {
  readonly question: LogicalQuery
  readonly run: AnyRun | undefined
  readonly measured: boolean
}

function partReports(
  slice: RouteSlice,
  parts: readonly SlicePart[],
  { question, run, measured }: Telling,
): SliceReport[] {
  const { source, rollup } = slice
  const rows = shares(slice.rowsEstimated, parts)
  const read = run && measured ? shares(run.frame.rowsRead, parts) : null
  return parts.map(({ interval, raw, asOf }, i) => ({
    interval: formatInterval(interval),
    source,
    rollup: rollup?.id ?? null,
    defHash: rollup?.defHash ?? null,
    grain: rollup?.grain ?? stepGrain(question.stepMs),
    measures: slice.measures.map((position) => measureKey(question.measures[position]!)),
    raw: run ? (raw ?? run.frame.raw) : null,
    asOf: formatTime(Math.min(question.now, asOf ?? run?.frame.asOf ?? slice.asOf)),
    rowsEstimated: rows[i]!,
    ...(read ? { rowsRead: read[i]!, ms: Math.round(run!.ms * 1000) / 1000 } : {}),
  }))
}

/** One scan reads all parts of a slice; its rows are shared out by their lengths, and add up. */
function shares(rows: number, parts: readonly SlicePart[]): number[] {
  const total = totalMs(parts.map(({ interval }) => interval))
  let lengthBefore = 0
  let before = 0
  return parts.map(({ interval }) => {
    lengthBefore += lengthMs(interval)
    const until = Math.round((rows * lengthBefore) / total)
    const share = until - before
    before = until
    return share
  })
}

const stepGrain = (stepMs: number): Granularity => GRANULARITIES.find((each) => fixedMs(each) === stepMs) ?? 'PT1M'
