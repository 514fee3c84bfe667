import { DAY_MS, HOUR_MS, MINUTE_MS } from './granularity.ts'

/** An ISO-8601 duration. Years and months are calendar units, the rest is exact. */
export interface Duration {
  readonly months: number
  /** Weeks, days, hours, minutes and seconds together, ms; a UTC day always has 24 hours. */
  readonly ms: number
}

const DURATION =
  /^P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?(T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(\.\d{1,9})?S)?)?$/

/** `P1DT2H30M` ▸ Duration; undefined when the text is not PnYnMnWnDTnHnMnS with at least one part. */
export function parseDuration(text: string): Duration | undefined {
  const match = DURATION.exec(text)
  if (!match || text === 'P' || text.endsWith('T')) return undefined
  const part = (index: number): number => Number(match[index] ?? 0)
  const days = part(3) * 7 + part(4)
  const seconds = part(8) + part(9)
  return {
    months: part(1) * 12 + part(2),
    ms: days * DAY_MS + part(6) * HOUR_MS + part(7) * MINUTE_MS + Math.round(seconds * 1000),
  }
}

/**
 * The moment that lies the duration after (`sign` 1) or before (-1) `ms`, on the UTC calendar: months first, a day
 * that the month does not have becomes its last (31 January + P1M = 28 or 29 February). NaN beyond the calendar.
 */
export function addDuration(ms: number, duration: Duration, sign: 1 | -1): number {
  return addMonths(ms, sign * duration.months) + sign * duration.ms
}

function addMonths(ms: number, months: number): number {
  if (months === 0) return ms
  const date = new Date(ms)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const lastDay = new Date(date)
  lastDay.setUTCMonth(lastDay.getUTCMonth() + 1, 0)
  date.setUTCDate(Math.min(day, lastDay.getUTCDate()))
  return date.getTime()
}

/** Length for keeping things, ms: a month counts as 30 days and twelve of them as 365. */
export const nominalMs = (duration: Duration): number =>
  (Math.floor(duration.months / 12) * 365 + (duration.months % 12) * 30) * DAY_MS + duration.ms
