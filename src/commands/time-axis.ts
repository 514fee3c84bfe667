import type { Span } from './plan-rows.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Distances of marks that a reader can count in. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 28, 91, 182, 364, 728, 3640].map((days) => days * DAY),
]
/** Columns between the ends of two labels. */
const AIR = 3

export interface TimeAxis {
  /** `10:00          10:30`, each label beginning over its mark. */
  readonly labels: string
  /** `├──────────────┼────`. */
  readonly line: string
}

/**
 * Marks at whole moments (UTC), as close as their labels allow; the line is `columns` wide, the last label may reach
 * over its end.
 */
export function timeAxis(span: Span, columns: number, ascii: boolean): TimeAxis {
  const perColumn = Math.max(1, span.end - span.start) / columns
  const label = labelOf(span)
  const width = label(span.start).length + AIR
  const step = STEPS.find((each) => each / perColumn >= width) ?? STEPS.at(-1)!
  const labels = new Array<string>(columns + width).fill(' ')
  const line = new Array<string>(columns).fill(ascii ? '-' : '─')
  for (let at = Math.ceil(span.start / step) * step; at < span.end; at += step) {
    const column = Math.floor((at - span.start) / perColumn)
    line[column] = ascii ? '+' : '┼'
    for (const [i, letter] of [...label(at)].entries()) labels[column + i] = letter
  }
  return { labels: labels.join('').trimEnd(), line: line.join('') }
}

/** Hours within a day, day and hour within a month, days beyond. */
export function labelOf({ start, end }: Span): (ms: number) => string {
  const text = (ms: number) => new Date(ms).toISOString()
  if (end - start <= DAY) return (ms) => text(ms).slice(11, 16)
  if (end - start <= 14 * DAY) return (ms) => text(ms).slice(5, 16).replace('T', ' ')
  return (ms) => text(ms).slice(0, 10)
}

/**
 * One character a column: full where at least half of the column's time is covered, faint where less is, so that a
 * minute in a day is still seen.
 */
export function bar(spans: readonly Span[], whole: Span, columns: number, ascii: boolean): string {
  const [full, faint] = ascii ? ['#', '+'] : ['█', '▒']
  const perColumn = Math.max(1, whole.end - whole.start) / columns
  const cells = Array.from({ length: columns }, (_, i) => {
    const start = whole.start + i * perColumn
    const covered = coveredMs(spans, { start, end: start + perColumn })
    return covered >= perColumn / 2 ? full : covered > 0 ? faint : ' '
  })
  return cells.join('')
}

const coveredMs = (spans: readonly Span[], { start, end }: Span): number =>
  spans.reduce((sum, span) => sum + Math.max(0, Math.min(span.end, end) - Math.max(span.start, start)), 0)
