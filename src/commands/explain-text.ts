import {
  type Plan,
  type PlanCandidate,
  type PlanRow,
  placeName,
  planRows,
  rollupName,
  type Span,
  spansOf,
} from './plan-rows.ts'
import { bar, labelOf, timeAxis } from './time-axis.ts'

export interface Drawing {
  readonly width: number
  readonly ascii: boolean
}

const BAR_COLUMNS_MIN = 20

/**
 *     2026-11-21T10:00:00Z/2026-11-21T11:00:00Z, exact, catalog version 4
 *
 *                   10:00     10:15     10:30     10:45
 *                   ┼─────────┼─────────┼─────────┼─────────
 *     push topic_1m ██████████████████████████████████████     ~57 rows
 *     duckdb raw                                          ██   ~36 rows
 *
 *     Why not:
 *       LABEL_MISSING metric.topic
 *           cluster_1m, cluster_1h
 *       NO_COVERAGE 10:57 to 11:00
 *           topic_1m
 *
 * The same text for the same plan.
 */
export function explainText(plan: Plan, drawing: Drawing): string {
  const rows = planRows(plan)
  const whole = wholeOf(rows)
  if (whole === null) return 'The plan reads nothing: the interval holds no whole step.'
  const parts = [headOf(plan, whole), pictureOf(rows, whole, drawing), whyNot(plan, whole, drawing)]
  if (plan.hint !== null) parts.push(wrapped('Hint: ', plan.hint.split(' '), ' ', drawing.width))
  return parts.filter((part) => part !== '').join('\n\n')
}

function wholeOf(rows: readonly PlanRow[]): Span | null {
  const spans = rows.flatMap((row) => row.spans)
  if (spans.length === 0) return null
  return { start: Math.min(...spans.map(({ start }) => start)), end: Math.max(...spans.map(({ end }) => end)) }
}

const timeText = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z')

function headOf({ exact, catalogVersion, asOf }: Plan, { start, end }: Span): string {
  const said = [
    `${timeText(start)}/${timeText(end)}`,
    exact === undefined ? '' : exact ? 'exact' : 'not exact',
    catalogVersion === undefined ? '' : `catalog version ${catalogVersion}`,
    asOf ? `as of ${asOf}` : '',
  ]
  return said.filter((each) => each !== '').join(', ')
}

function pictureOf(rows: readonly PlanRow[], whole: Span, { width, ascii }: Drawing): string {
  const names = Math.max(...rows.map(({ name }) => name.length))
  const facts = Math.max(...rows.map((row) => row.facts.length))
  const columns = Math.max(BAR_COLUMNS_MIN, width - names - facts - 2)
  const margin = ' '.repeat(names + 1)
  const axis = timeAxis(whole, columns, ascii)
  const lines = rows.map((row) =>
    `${row.name.padEnd(names)} ${bar(row.spans, whole, columns, ascii)} ${row.facts}`.trimEnd(),
  )
  return [`${margin}${axis.labels}`, `${margin}${axis.line}`, ...lines].join('\n')
}

/**
 * Candidates under what speaks against them, each under every reason it has. One that serves stands there too when it
 * could not serve all of the time: that is why another had to.
 */
function whyNot({ candidates }: Plan, whole: Span, { width }: Drawing): string {
  if (typeof candidates === 'number') {
    return candidates === 0
      ? ''
      : `${candidates} candidates; "laneway explain" of the question says why they do not serve.`
  }
  const groups = new Map<string, string[]>()
  const hasSources = new Set(candidates.flatMap(({ source, rollup }) => (rollup === null ? [] : source))).size > 1
  for (const candidate of candidates) {
    const name = hasSources || candidate.rollup === null ? placeName(candidate) : rollupName(candidate.rollup)
    for (const heading of headings(candidate, whole)) groups.set(heading, [...(groups.get(heading) ?? []), name])
  }
  if (groups.size === 0) return ''
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
  const lines = sorted.map(([heading, names]) => `  ${heading}\n${wrapped('      ', names, ', ', width)}`)
  return ['Why not:', ...lines].join('\n')
}

/** Reasons of one candidate that read alike, once: what they are about, or for costs the comparison. */
function headings({ reasons }: PlanCandidate, whole: Span): Set<string> {
  return new Set(
    reasons.map(({ code, label, metric, interval, detail }) => {
      const about = label ?? metric ?? (code === 'COST' ? detail : timesOf(interval, whole))
      return about === '' ? code : `${code} ${about}`
    }),
  )
}

function timesOf(interval: string | undefined, whole: Span): string {
  const label = labelOf(whole)
  const spans = interval === undefined ? [] : spansOf([interval])
  return spans.map(({ start, end }) => `${label(start)} to ${label(end)}`).join('')
}

/** Breaks between words; lines after the first stand under the first word. */
function wrapped(start: string, words: readonly string[], between: string, width: number): string {
  const lines: string[] = []
  let line = start
  for (const [i, word] of words.entries()) {
    const text = i < words.length - 1 ? `${word}${between}` : word
    if (line.length + text.trimEnd().length > width && line.length > start.length) {
      lines.push(line.trimEnd())
      line = ' '.repeat(start.length)
    }
    line += text
  }
  return [...lines, line.trimEnd()].join('\n')
}
