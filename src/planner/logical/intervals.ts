import { fixedMs, GRANULARITIES, type Granularity, MINUTE_MS, roughMs } from '../../model/granularity.ts'
import { type Interval, totalMs } from '../../model/interval.ts'
import { parseInterval, resolveIntervals } from '../../model/interval-text.ts'
import type { Asking } from './asking.ts'
import { durationText } from './duration-text.ts'

/** Texts ▸ intervals on base-step boundaries, sorted and disjoint, no longer than the granularity allows. */
export function readIntervals(asking: Asking): Interval[] {
  const { request, limits, problems, now } = asking
  const texts = request.intervals
  if (texts.length === 0) {
    problems.add('FIELD_INVALID', { detail: 'intervals is empty; it must name an interval', pointer: '/intervals' })
    return []
  }
  if (texts.length > limits.intervalsMax) {
    refuseMany(asking)
    return []
  }
  const parsed = texts.map((text, i) => problems.gather(() => parseInterval(text, now), `/intervals/${i}`))
  if (parsed.includes(undefined)) return []
  const stepMs = asking.dataset?.stepMs ?? MINUTE_MS
  const intervals = problems.gather(() => resolveIntervals(texts, now, stepMs)) ?? []
  checkGranularity(stepMs, asking)
  checkLength(intervals, stepMs, asking)
  return intervals
}

/** Buckets that intervals of this length may touch, roughly. */
export const bucketsIn = (granularity: Granularity, intervals: readonly Interval[]): number =>
  granularity === 'ALL' ? 1 : Math.ceil(totalMs(intervals) / roughMs(granularity))

const refuseMany = ({ request, limits, problems }: Asking): void =>
  problems.add('INTERVALS_TOO_MANY', {
    detail: `intervals has ${request.intervals.length} entries, at most ${limits.intervalsMax} are allowed`,
    pointer: '/intervals',
    limit: limits.intervalsMax,
    actual: request.intervals.length,
    configKey: 'query.intervalsMax',
  })

/** Days, weeks, months and ALL always are. */
const isMadeOfSteps = (granularity: Granularity, stepMs: number): boolean =>
  (fixedMs(granularity) ?? stepMs) % stepMs === 0

/** A bucket holds whole steps; there is nothing between them. */
function checkGranularity(stepMs: number, { request, dataset, problems }: Asking): void {
  const { granularity } = request
  if (isMadeOfSteps(granularity, stepMs)) return
  const finest = GRANULARITIES.find((each) => isMadeOfSteps(each, stepMs))
  problems.add('FIELD_INVALID', {
    detail: `granularity ${granularity} is not made of whole base steps of dataset ${dataset?.name}, which are ${durationText(stepMs)}; the finest that is: ${finest}`,
    pointer: '/granularity',
    limit: durationText(stepMs),
    actual: granularity,
  })
}

function checkLength(intervals: readonly Interval[], stepMs: number, { request, limits, problems }: Asking): void {
  const { granularity, aggregations, ratios = [] } = request
  const ms = totalMs(intervals)
  const most = limits.intervalMsMax[granularity]
  if (most !== undefined && ms > most) {
    const accepts = (each: Granularity) =>
      isMadeOfSteps(each, stepMs) && ms <= (limits.intervalMsMax[each] ?? Number.POSITIVE_INFINITY)
    const finest = GRANULARITIES.find(accepts)
    const asked = durationText(ms)
    problems.add('INTERVAL_TOO_LONG', {
      detail: `intervals are ${asked} long together (ends rounded up to the step); granularity ${granularity} allows ${durationText(most)}; the finest granularity that accepts ${asked} is ${finest}`,
      hint: `Ask for at most ${durationText(most)}, or with granularity ${finest}.`,
      pointer: '/intervals',
      limit: durationText(most),
      actual: asked,
    })
    return
  }
  const values = bucketsIn(granularity, intervals) * (aggregations.length + ratios.length)
  if (values <= limits.valuesMax || request.groups === 'unbounded') return
  problems.add('QUERY_TOO_EXPENSIVE', {
    detail: `intervals are ${durationText(ms)} long together: one group alone may have ${values} values by ${granularity}, an answer may hold ${limits.valuesMax}`,
    pointer: '/intervals',
    limit: limits.valuesMax,
    actual: values,
    configKey: 'query.valuesMax',
  })
}
