import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../model/granularity.ts'

/** A length as ISO-8601 duration, days at most: 90 minutes ▸ `PT1H30M`, 4 days ▸ `P4D`. */
export function durationText(ms: number): string {
  const days = Math.floor(ms / DAY_MS)
  const parts = [
    [Math.floor((ms % DAY_MS) / HOUR_MS), 'H'],
    [Math.floor((ms % HOUR_MS) / MINUTE_MS), 'M'],
    [(ms % MINUTE_MS) / 1000, 'S'],
  ] as const
  const time = parts.map(([count, unit]) => (count === 0 ? '' : `${count}${unit}`)).join('')
  if (days === 0 && time === '') return 'PT0S'
  return `P${days === 0 ? '' : `${days}D`}${time === '' ? '' : `T${time}`}`
}
