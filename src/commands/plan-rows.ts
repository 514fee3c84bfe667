/** The plan of an answer as the API writes it; only what is drawn. */
export interface Plan {
  readonly catalogVersion?: number
  readonly exact?: boolean
  readonly asOf?: string | null
  readonly slices: readonly PlanSlice[]
  readonly candidates: number | readonly PlanCandidate[]
  readonly missing: readonly string[]
  readonly stale: readonly string[]
  readonly hint: string | null
}

export interface PlanSlice {
  readonly interval: string
  readonly source: string
  readonly rollup: string | null
  readonly grain?: string
  readonly measures?: readonly string[]
  readonly rowsEstimated?: number
  readonly rowsRead?: number
  readonly ms?: number
}

export interface PlanCandidate {
  readonly source: string
  readonly rollup: string | null
  readonly chosen: boolean
  readonly reasons: readonly PlanReason[]
}

export interface PlanReason {
  readonly code: string
  readonly label?: string
  readonly metric?: string
  readonly interval?: string
  readonly detail: string
}

export interface Span {
  readonly start: number
  readonly end: number
}

/** One line of the picture: a place, and the time it serves. */
export interface PlanRow {
  readonly name: string
  readonly spans: readonly Span[]
  /** What stands right of the bar. */
  readonly facts: string
}

/** `start/end` as the API writes intervals; null for anything else. */
export function spanOf(text: string): Span | null {
  const [start, end] = text.split('/').map((each) => Date.parse(each))
  return Number.isFinite(start) && Number.isFinite(end) ? { start: start!, end: end! } : null
}

export const spansOf = (texts: readonly string[]): Span[] => texts.map(spanOf).filter((span) => span !== null)

/** `push topic_1m`, `duckdb raw`: the dataset goes without saying. */
export const placeName = ({ source, rollup }: Pick<PlanSlice, 'source' | 'rollup'>): string =>
  `${source} ${rollup === null ? 'raw' : rollupName(rollup)}`

export const rollupName = (rollup: string): string => rollup.slice(rollup.indexOf('/') + 1)

/** A row for each place and set of measures, in the order in which they first serve; then what nobody serves. */
export function planRows({ slices, missing, stale }: Plan): PlanRow[] {
  const together = new Map<string, PlanSlice[]>()
  const isSplit = new Set(slices.map(measuresText)).size > 1
  for (const slice of [...slices].sort(byStart)) {
    const name = isSplit ? `${placeName(slice)} ${measuresText(slice)}` : placeName(slice)
    together.set(name, [...(together.get(name) ?? []), slice])
  }
  const rows = [...together].map(([name, all]) => ({
    name,
    spans: spansOf(all.map(({ interval }) => interval)),
    facts: factsOf(all),
  }))
  const special = [
    { name: 'stale', spans: spansOf(stale), facts: '' },
    { name: 'missing', spans: spansOf(missing), facts: '' },
  ]
  return [...rows, ...special.filter(({ spans }) => spans.length > 0)]
}

const byStart = (a: PlanSlice, b: PlanSlice): number =>
  (spanOf(a.interval)?.start ?? 0) - (spanOf(b.interval)?.start ?? 0)

/** Metrics by the last part of their names. */
const measuresText = ({ measures = [] }: PlanSlice): string =>
  measures.map((measure) => measure.slice(Math.max(measure.lastIndexOf('/'), measure.indexOf(':')) + 1)).join(',')

/** Empty where a constrained caller is not told. */
function factsOf(slices: readonly PlanSlice[]): string {
  if (slices.every(({ rowsEstimated }) => rowsEstimated === undefined)) return ''
  const estimated = sum(slices.map(({ rowsEstimated }) => rowsEstimated ?? 0))
  if (!slices.some(({ rowsRead }) => rowsRead !== undefined)) return `~${Math.round(estimated)} rows`
  const read = sum(slices.map(({ rowsRead }) => rowsRead ?? 0))
  const ms = sum(slices.map((slice) => slice.ms ?? 0))
  return `${read} rows, ${ms.toFixed(1)} ms`
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
