import { bucketEnd, type Grain, HOUR_MS, MINUTE_MS } from '../../model/granularity.ts'
import { ceilTo, type Interval } from '../../model/interval.ts'
import { parseInterval } from '../../model/interval-text.ts'
import type { Answer } from '../contract.ts'

/** Timers hold no more than 24 days, and a question asked once too often costs little. */
const PAUSE_MS_MAX = HOUR_MS
/** A question that takes long is asked less often: it pauses so many times as long as it took, */
const PAUSES_PER_ASKING = 9
/** but so many tail periods at most. */
const TAIL_PERIODS_MAX = 6

export interface Moment {
  readonly answer: Answer
  /** As they were written. */
  readonly intervals: readonly string[]
  readonly stepMs: number
  readonly now: number
  /** How long the answer took. */
  readonly tookMs: number
  readonly tailPeriodMs: number
}

/**
 * How long no look is worth while when push is silent, ms; infinite when only push can bring news.
 *
 *     complete, all from push, fixed times      only push tells
 *     raw data, or buckets not complete yet     every tail period
 *     times that move with `now`                when an end passes its next step
 */
export function pauseMs(moment: Moment): number {
  const { answer, tookMs, tailPeriodMs } = moment
  const tailMs = canChangeUnseen(answer) ? tailPeriodMs : Number.POSITIVE_INFINITY
  const restMs = Math.min(tookMs * PAUSES_PER_ASKING, tailPeriodMs * TAIL_PERIODS_MAX)
  const ms = Math.max(Math.min(tailMs, untilMovedMs(moment)), restMs)
  return ms === Number.POSITIVE_INFINITY ? ms : Math.min(ms, PAUSE_MS_MAX)
}

const canChangeUnseen = ({ freshness, plan }: Answer): boolean =>
  freshness.state !== 'complete' || plan.slices.some(({ rollup }) => rollup === null)

/**
 * Until the intervals mean something else. An end that moves with `now` does so when it passes a step (ends are
 * rounded up, so it is the millisecond after); one that is cut down (`now|h`) when a minute is over at the earliest.
 */
function untilMovedMs({ intervals, stepMs, now }: Moment): number {
  const moving = intervals.filter((text) => text.includes('now'))
  const waits = moving.flatMap((text) => {
    const { start, end } = parseInterval(text, now)
    const steps = [start, end].map((ms) => ceilTo(ms, stepMs) - ms + 1)
    return text.includes('|') ? [...steps, ceilTo(now + 1, MINUTE_MS) - now] : steps
  })
  return Math.min(Number.POSITIVE_INFINITY, ...waits)
}

/** Whether one of the windows reaches into what was asked. */
export const reachesInto = (buckets: readonly number[], grain: Grain, intervals: readonly Interval[]): boolean =>
  buckets.some((start) => {
    const end = bucketEnd(grain, start)
    return intervals.some((interval) => start < interval.end && end > interval.start)
  })
