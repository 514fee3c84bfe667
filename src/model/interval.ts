/** Half-open span of time `[start, end)`, both in epoch milliseconds (UTC). Never a width and never a timer. */
export interface Interval {
  readonly start: number
  readonly end: number
}

export const floorTo = (ms: number, widthMs: number): number => ms - (((ms % widthMs) + widthMs) % widthMs)
export const ceilTo = (ms: number, widthMs: number): number => -floorTo(-ms, widthMs)

export const isEmpty = (interval: Interval): boolean => interval.start >= interval.end
export const lengthMs = (interval: Interval): number => Math.max(0, interval.end - interval.start)
export const totalMs = (intervals: readonly Interval[]): number =>
  intervals.reduce((sum, interval) => sum + lengthMs(interval), 0)

export const intersect = (a: Interval, b: Interval): Interval => ({
  start: Math.max(a.start, b.start),
  end: Math.min(a.end, b.end),
})

export const contains = (outer: Interval, inner: Interval): boolean =>
  outer.start <= inner.start && inner.end <= outer.end

/** Sorted, disjoint, non-touching intervals that cover exactly the same moments. Empty ones vanish. */
export function unionOf(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals.filter((interval) => !isEmpty(interval)).sort((a, b) => a.start - b.start)
  const out: Interval[] = []
  for (const interval of sorted) {
    const last = out.at(-1)
    if (last && interval.start <= last.end) {
      out[out.length - 1] = { start: last.start, end: Math.max(last.end, interval.end) }
    } else out.push({ start: interval.start, end: interval.end })
  }
  return out
}

/** What of `have` lies in none of `cut`: have − cut, sorted and disjoint. */
export function subtract(have: readonly Interval[], cut: readonly Interval[]): Interval[] {
  const holes = unionOf(cut)
  return unionOf(have).flatMap((interval) => subtractOne(interval, holes))
}

function subtractOne(interval: Interval, holes: readonly Interval[]): Interval[] {
  const out: Interval[] = []
  let from = interval.start
  for (const hole of holes) {
    if (hole.end <= from) continue
    if (hole.start >= interval.end) break
    if (hole.start > from) out.push({ start: from, end: hole.start })
    from = Math.max(from, hole.end)
  }
  if (from < interval.end) out.push({ start: from, end: interval.end })
  return out
}

/** Moments that lie in one of `a` and in one of `b`. */
export function intersectAll(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const outside = subtract(a, b)
  return subtract(a, outside)
}

/** `2026-11-21T09:50:00Z/2026-11-21T10:00:00Z`, with milliseconds only where there are any. */
export const formatInterval = (interval: Interval): string =>
  `${formatTime(interval.start)}/${formatTime(interval.end)}`

/** By hand for whole seconds of years with four digits, which answers are full of: `toISOString` takes three times as long. */
export function formatTime(ms: number): string {
  const time = new Date(ms)
  const year = time.getUTCFullYear()
  if (ms % 1_000 !== 0 || !(year >= 1_000 && year <= 9_999)) return time.toISOString().replace('.000Z', 'Z')
  const date = `${year}-${two(time.getUTCMonth() + 1)}-${two(time.getUTCDate())}`
  return `${date}T${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}Z`
}

const two = (part: number): string => (part < 10 ? `0${part}` : String(part))
