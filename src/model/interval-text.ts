import { addDuration, parseDuration } from './duration.ts'
import { LanewayError } from './errors.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from './granularity.ts'
import { ceilTo, floorTo, formatTime, type Interval, isEmpty, unionOf } from './interval.ts'

/** Longest interval text that is looked at. */
export const INTERVAL_TEXT_CHARACTERS_MAX = 200

const UNIT_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS }
const EARLIEST_MS = Date.UTC(1970, 0, 1)
/** Year 10000: the first moment that four digits cannot write. */
const LATEST_MS = Date.UTC(10000, 0, 1)

/**
 * Reads `start/end`, `start/duration` or `duration/end`. A time is `2026-11-21T10:00:00Z` (seconds may be left out or
 * have a fraction; an offset like `+01:00` may stand for Z) or `now` with modifiers, applied from left to right:
 * `now-2m|m` is two minutes ago, cut down to the minute. `now` is epoch ms.
 * Error: INTERVAL_INVALID, with how to write it.
 */
export function parseInterval(text: string, now: number): Interval {
  if (text.length > INTERVAL_TEXT_CHARACTERS_MAX) throw tooLong(text)
  const parts = text.split('/')
  if (parts.length !== 2)
    throw invalid(text, `it has ${parts.length - 1} "/" where exactly one must part start and end`, FORMS)
  const [left, right] = parts as [string, string]
  const interval = isDuration(left) ? durationEnd(text, now) : startAnything(text, now)
  if (!inCalendar(interval.start) || !inCalendar(interval.end)) {
    throw invalid(text, 'it reaches outside the years 1970 to 9999', 'Use times between 1970 and 9999.')
  }
  if (isEmpty(interval)) throw invalid(text, emptyReason(interval), `Swap or move the ends: "${right}" must be later.`)
  return interval
}

/**
 * All intervals of one question against one `now`: both ends rounded up to the base step, overlapping and touching
 * ones merged. Error: INTERVAL_INVALID, its pointer naming the first bad one, or `/intervals` when no step starts
 * inside any.
 */
export function resolveIntervals(texts: readonly string[], now: number, stepMs: number): Interval[] {
  const parsed = texts.map((text, i) => pointed(`/intervals/${i}`, () => parseInterval(text, now)))
  const resolved = unionOf(parsed.map(({ start, end }) => ({ start: ceilTo(start, stepMs), end: ceilTo(end, stepMs) })))
  if (resolved.length === 0) {
    throw new LanewayError('INTERVAL_INVALID', {
      detail: `intervals ${JSON.stringify(texts).slice(0, 300)}: no step of ${stepMs / 1000} s starts inside`,
      hint: `Ask for at least one whole step: ends are rounded up to ${stepMs / 1000} s.`,
      pointer: '/intervals',
    })
  }
  return resolved
}

function pointed<T>(pointer: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof LanewayError)) throw error
    throw new LanewayError(error.code, { ...error.facts, pointer })
  }
}

const FORMS = 'Write start/end, start/duration or duration/end, like 2026-11-21T10:00:00Z/PT1H or PT1H/now.'
const ZONED = 'Write it with a zone: Z for UTC or an offset, like 2026-11-21T10:00:00Z or 2026-11-21T11:00:00+01:00.'
const NOW = 'Write now, then any of -2m, +1h, -1d (offset) and |m, |h, |d (cut down): now-2m|m.'
const DURATION = 'Write PnYnMnWnDTnHnMnS, like PT1H, P1D or P1DT12H; hours, minutes and seconds come after T.'

const isDuration = (text: string): boolean => text.startsWith('P')
const inCalendar = (ms: number): boolean => ms >= EARLIEST_MS && ms < LATEST_MS

/** `PT1H/now` */
function durationEnd(text: string, now: number): Interval {
  const [left, right] = text.split('/') as [string, string]
  if (isDuration(right)) throw invalid(text, 'it has two durations and no time', FORMS)
  const end = timeOf(right, now, text)
  return { start: moved(left, end, -1, text), end }
}

/** `now-1h/now`, `2026-11-21T10:00:00Z/PT1H` */
function startAnything(text: string, now: number): Interval {
  const [left, right] = text.split('/') as [string, string]
  const start = timeOf(left, now, text)
  return { start, end: isDuration(right) ? moved(right, start, 1, text) : timeOf(right, now, text) }
}

function moved(durationText: string, from: number, sign: 1 | -1, text: string): number {
  const duration = parseDuration(durationText)
  if (duration === undefined) throw invalid(text, `${quoted(durationText)} is not an ISO-8601 duration`, DURATION)
  return addDuration(from, duration, sign)
}

function timeOf(timeText: string, now: number, text: string): number {
  return timeText.startsWith('now') ? relativeTime(timeText, now, text) : absoluteTime(timeText, text)
}

const OFFSET = /([+-])(\d{1,9})([mhd])/y
const CUT = /\|([mhd])/y

function relativeTime(timeText: string, now: number, text: string): number {
  let ms = now
  let at = 'now'.length
  while (at < timeText.length) {
    OFFSET.lastIndex = at
    CUT.lastIndex = at
    const offset = OFFSET.exec(timeText)
    const cut = offset ? null : CUT.exec(timeText)
    if (offset) ms = exact(ms + (offset[1] === '-' ? -1 : 1) * Number(offset[2]) * UNIT_MS[offset[3]!]!)
    else if (cut) ms = floorTo(ms, UNIT_MS[cut[1]!]!)
    else throw invalid(text, `${quoted(timeText.slice(at))} after now is not a modifier`, NOW)
    at += (offset ?? cut)![0].length
  }
  return ms
}

/** Beyond the calendar doubles begin to lose milliseconds: such a sum is refused, also when a later one leads back. */
const exact = (ms: number): number => (Math.abs(ms) <= LATEST_MS ? ms : Number.NaN)

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/
const DATE = /^\d{4}-\d\d-\d\d$/

function absoluteTime(timeText: string, text: string): number {
  if (DATE.test(timeText)) {
    throw invalid(text, `${quoted(timeText)} has no time of day`, `Write ${timeText}T00:00:00Z for its start in UTC.`)
  }
  const match = TIMESTAMP.exec(timeText)
  if (!match) throw invalid(text, `${quoted(timeText)} is neither a timestamp, a duration nor now`, FORMS)
  if (match[8] === undefined)
    throw invalid(
      text,
      `${quoted(timeText)} has no zone`,
      `Write ${timeText}Z if it is UTC, else an offset like ${timeText}+01:00.`,
    )
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as SixNumbers
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  if (!sameFields(ms, [year, month, day, hour, minute, second])) {
    throw invalid(
      text,
      `${quoted(timeText)} is no moment of the calendar`,
      'Check month, day, hour, minute and second.',
    )
  }
  return ms + fractionMs(match[7] ?? '') - zoneMs(match[8], text)
}

type SixNumbers = [number, number, number, number, number, number]

/** Date.UTC rolls 31 February over into March; a timestamp that does not come back as written never was one. */
function sameFields(ms: number, [year, month, day, hour, minute, second]: SixNumbers): boolean {
  const date = new Date(ms)
  return (
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second
  )
}

/** Rounded up: the ends are rounded up to the step afterwards, and 10:00:00.0001 lies after 10:00. */
const fractionMs = (digits: string): number => Math.ceil(Number(digits.padEnd(9, '0')) / 1e6)

function zoneMs(zone: string, text: string): number {
  if (zone === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', ''))
  if (hours > 18 || minutes > 59) throw invalid(text, `${quoted(zone)} is no offset from UTC`, ZONED)
  return (zone.startsWith('-') ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS)
}

const quoted = (text: string): string => JSON.stringify(text)

const emptyReason = ({ start, end }: Interval): string =>
  start === end
    ? `it is empty: it starts and ends at ${formatTime(start)}`
    : `it ends (${formatTime(end)}) before it starts (${formatTime(start)})`

const invalid = (text: string, reason: string, hint: string): LanewayError =>
  new LanewayError('INTERVAL_INVALID', { detail: `interval ${quoted(text)}: ${reason}`, hint })

const tooLong = (text: string): LanewayError =>
  new LanewayError('INTERVAL_INVALID', {
    detail: `interval ${quoted(`${text.slice(0, 40)}…`)} is longer than ${INTERVAL_TEXT_CHARACTERS_MAX} characters`,
    hint: FORMS,
    limit: INTERVAL_TEXT_CHARACTERS_MAX,
    actual: text.length,
  })
