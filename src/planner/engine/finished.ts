import type { ResultFrame, StateFrame } from '../../model/frame.ts'
import type { Answer, ExplainLevel, FreshnessReport, LaneName, PlanReport } from '../contract.ts'
import type { LogicalQuery } from '../logical/question.ts'
import { fillSeries } from '../merge/fill.ts'
import { type MergeSpec, mergeFrames } from '../merge/merge.ts'
import { costTold, laneTold } from './discreet.ts'
import { countedUntil, freshnessOf } from './freshness.ts'
import type { Asked } from './parts.ts'
import { planReport } from './plan-report.ts'
import { refuseManyValues } from './refusals.ts'
import type { Ran } from './run-question.ts'

/** A question that has run and merged: every group, nothing filled. What its sources answered is no longer held. */
export interface Finished {
  readonly question: LogicalQuery
  readonly spec: MergeSpec
  readonly frame: ResultFrame
  readonly freshness: FreshnessReport
  readonly plan: PlanReport
  readonly lane: LaneName
  /** Estimated rows. */
  readonly price: number
}

export function finished(question: LogicalQuery, ran: Ran<StateFrame>, level: ExplainLevel, { hall }: Asked): Finished {
  const spec = { ...question, labels: question.groupBy, completeUntilMs: countedUntil(question, ran) }
  const frames = ran.runs.map(({ frame }) => frame)
  return {
    question,
    spec,
    frame: mergeFrames(frames, { ...spec, limit: null, fill: 'none' }),
    freshness: freshnessOf(question, ran, [...hall.byId.keys()]),
    plan: planReport(question, ran, level),
    lane: ran.lane,
    price: ran.route.cost,
  }
}

/**
 * `limit` groups from `from` on, filled as asked; all of them without a limit. Error: QUERY_TOO_EXPENSIVE when they
 * hold too many values.
 */
export function cutOut({ question, spec, frame }: Finished, from: number): ResultFrame {
  const until = question.limit === null ? frame.series.length : from + question.limit
  const kept = frame.series.slice(from, until)
  const cut = {
    ...frame,
    series: spec.fill === 'none' ? kept : fillSeries(kept, spec),
    truncated: until < frame.series.length,
  }
  refuseManyValues(cut, question)
  return cut
}

/** The frame as the answer to the question, with all that is told about it. */
export function answerOf(whole: Finished, frame: ResultFrame): Omit<Answer, 'timings'> {
  const { question, freshness, plan, lane, price } = whole
  const { measures, granularity, intervals } = question
  const told = { lane: laneTold(question, lane), cost: costTold(question, price, frame) }
  return { frame, measures, granularity, intervals, freshness, plan, ...told }
}
