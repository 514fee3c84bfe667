/**
 * The page's pure modules as the browser loads them. They are plain JavaScript (src/console/tsconfig.json checks their
 * types), so here only the shapes that the tests use are written down.
 */
const load = async (name: string): Promise<unknown> =>
  import(new URL(`../../src/console/${name}`, import.meta.url).href)

export interface PageMetric {
  readonly name: string
  readonly type: string
  readonly unit: string
  readonly description: string
  readonly labels: readonly string[]
  readonly from: {
    readonly otlp: string
    readonly labels: Readonly<Record<string, string>>
    readonly resource: Readonly<Record<string, string>>
  } | null
}
export interface PageRollup {
  readonly id: string
  readonly name: string
  readonly grain: string
  readonly labels: readonly string[]
  readonly measures: readonly string[]
}
export interface PageDataset {
  readonly name: string
  readonly stepMs: number
  readonly metrics: readonly PageMetric[]
  readonly labels: readonly { readonly name: string; readonly cardinality: string }[]
  readonly rollups: readonly PageRollup[]
}
export interface PageCatalog {
  readonly version: number
  readonly now: number
  readonly datasets: readonly PageDataset[]
}
export interface Picks {
  readonly dataset: string
  readonly metric: string
  readonly groupBy: string
  readonly range: string
}
export interface PagePlan {
  readonly slices: readonly object[]
  readonly candidates: number | readonly object[]
  readonly missing: readonly string[]
  readonly stale: readonly string[]
}
export interface Segment {
  readonly start: number
  readonly end: number
  readonly source: string
  readonly rollup: string | null
  readonly provisional: boolean
  readonly dirty: boolean
  readonly stale: boolean
  readonly rawLeast: number | null
  readonly rawMost: number | null
}
export interface Sight {
  readonly source: string
  readonly rollup: string | null
  readonly raw: number | null
  readonly dirty: boolean
  readonly total: number | null
}
export interface Watch {
  readonly before: Sight
  readonly looks: readonly (Sight & { readonly atMs: number })[]
  readonly seenMs: Readonly<Record<string, number>>
  readonly done: boolean
}
type Question = Readonly<Record<string, unknown>>

export const question = (await load('question.js')) as {
  RANGES: readonly { readonly id: string; readonly interval: string; readonly granularity: string; lengthMs: number }[]
  questionOf(picks: Picks): Question
  greatestOf(picks: Picks): Question
  onlyGroups(question: Question, label: string, values: readonly (string | null)[]): Question
  picksFor(catalog: PageCatalog, before: Partial<Picks>): Picks | null
  curlText(origin: string, dataset: string, question: unknown): string
}
export const ribbon = (await load('ribbon.js')) as {
  segmentsOf(plan: PagePlan, completeThrough: string): readonly Segment[]
  sharesOf(segments: readonly Segment[]): readonly { source: string; rollup: string | null; share: number }[]
  colourOf(place: { source: string; rollup: string | null }, rollupIds: readonly string[]): string
}
export const chartData = (await load('chart-data.js')) as {
  chartDataOf(
    rows: readonly object[],
    shape: { groupBy: readonly string[]; start: number; end: number; width: number },
  ): {
    times: readonly number[]
    lines: readonly { name: string; values: readonly (number | null)[]; last: number | null }[]
  }
}
export const format = (await load('format.js')) as {
  shortNumber(value: number): string
  unitText(unit: string): string
  lengthText(ms: number): string
  shareText(part: number): string
  sinceText(ms: number): string
  groupText(group: readonly (string | null)[]): string
}
export const latePoint = (await load('late-point.js')) as {
  lateStep(nowMs: number, stepMs: number): number
  seriesQuestion(metric: PageMetric): Question
  watchQuestions(
    dataset: PageDataset,
    metric: PageMetric,
    place: { groupBy: string; start: number },
  ): readonly Question[]
  lateValue(metric: PageMetric, before: number | null): number
  lateRequest(
    dataset: PageDataset,
    metric: PageMetric,
    point: { labels: Readonly<Record<string, string>>; start: number; value: number; nowMs: number },
  ): object
}
export const lateWatch = (await load('late-watch.js')) as {
  sightOf(answer: { data: readonly object[]; meta: { plan: PagePlan } }): Sight
  watchOf(before: Sight, sentMs: number): Watch
  accepted(watch: Watch, atMs: number): Watch
  looked(watch: Watch, sight: Sight, atMs: number): Watch
  watchSegments(
    watch: Watch,
    untilMs: number,
  ): readonly { readonly start: number; readonly end: number; source: string }[]
}
