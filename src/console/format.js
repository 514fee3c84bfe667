/** Texts for people: numbers, times, lengths. Pure. */

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E']

/**
 * Four digits at most: `12.3 k`, `0.0042`.
 * @param {number} value
 * @returns {string}
 */
export function shortNumber(value) {
  const size = Math.abs(value)
  if (size === 0 || !Number.isFinite(size)) return String(value)
  if (size < 1000) return trimmed(value, size >= 100 ? 1 : size >= 1 ? 2 : 4)
  const power = Math.min(PREFIXES.length - 1, Math.floor(Math.log10(size) / 3))
  const scaled = value / 1000 ** power
  return `${trimmed(scaled, Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2)} ${PREFIXES[power]}`
}

/**
 * @param {number} value
 * @param {number} digits
 */
function trimmed(value, digits) {
  const text = value.toFixed(digits)
  if (Number(text) === 0) return value.toExponential(1)
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text
}

/**
 * UCUM units as people write them; `1` and `{thing}` count things.
 * @param {string} unit
 * @returns {string}
 */
export function unitText(unit) {
  if (unit === '' || unit === '1') return ''
  if (unit === 'By') return 'bytes'
  return unit.replace(/^\{(.*)\}$/, '$1').replace(/^By\b/, 'bytes')
}

/** @param {number} ms */
const two = (ms) => String(ms).padStart(2, '0')

/**
 * `14:05`, in UTC like the buckets; with `seconds` `14:05:09`.
 * @param {number} ms
 * @param {boolean} [seconds]
 */
export function clockText(ms, seconds = false) {
  const date = new Date(ms)
  const minutes = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
  return seconds ? `${minutes}:${two(date.getUTCSeconds())}` : minutes
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * `25 Nov`, in UTC.
 * @param {number} ms
 */
export function dayText(ms) {
  const date = new Date(ms)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`
}

/**
 * `14:05 to 14:06`; with the days where they differ.
 * @param {{ start: number, end: number }} span
 */
export function spanText({ start, end }) {
  const text = (/** @type {number} */ ms) =>
    dayText(start) === dayText(end) ? clockText(ms) : `${dayText(ms)} ${clockText(ms)}`
  return `${text(start)} to ${text(end)}`
}

/**
 * `4 min`, `1 h 30 min`, `42 s`.
 * @param {number} ms
 * @returns {string}
 */
export function lengthText(ms) {
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`
  const minutes = Math.round(ms / 60_000)
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return `${Math.round(hours / 24)} d`
  if (hours === 0) return `${minutes} min`
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
}

/**
 * Time since something began: `+0.04 s`, `+12 s`.
 * @param {number} ms
 */
export const sinceText = (ms) => `+${ms < 10_000 ? (ms / 1000).toFixed(2) : Math.round(ms / 1000)} s`

/**
 * Part of a whole; never 0 % or 100 % when it is not.
 * @param {number} part between 0 and 1
 */
export function shareText(part) {
  const percent = part * 100
  if (percent > 0 && percent < 1) return '< 1 %'
  if (percent > 99 && percent < 100) return '> 99 %'
  return `${Math.round(percent)} %`
}

/**
 * A group as one name: `orders · 3`, `all series` without labels; `—` stands for an absent label.
 * @param {readonly (string | null)[]} group
 */
export const groupText = (group) =>
  group.length === 0
    ? 'all series'
    : group.map((value) => (value === null ? '—' : value === '' ? '""' : value)).join(' · ')
