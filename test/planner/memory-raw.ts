import { type Coverage, type CoverageRun, NO_COVERAGE, RAW_NEWEST } from '../../src/model/coverage.ts'
import { matches } from '../../src/model/filter.ts'
import type { LabelFrame, StateFrame, StateRow } from '../../src/model/frame.ts'
import { bucketStart, HOUR_MS } from '../../src/model/granularity.ts'
import { floorTo, type Interval } from '../../src/model/interval.ts'
import { type Group, groupKey, type LabelSet } from '../../src/model/label.ts'
import { type MeasureRef, type MetricType, type Missing, numericOf } from '../../src/model/measure.ts'
import { addInteger, greater, lesser, type Num } from '../../src/model/number.ts'
import type { State } from '../../src/model/state.ts'
import type { Scan, Source } from '../../src/ports/source.ts'

export interface RawMetric {
  readonly name: string
  readonly type: MetricType
  readonly missing: Missing
}

/** One series of one metric: by number of the step, its value and when that arrived. */
export interface RawSeries {
  readonly metric: RawMetric
  readonly labels: LabelSet
  readonly values: readonly (Num | undefined)[]
  readonly arrivedMs: readonly number[]
}

export interface RawData {
  readonly start: number
  readonly stepMs: number
  readonly steps: number
  readonly series: readonly RawSeries[]
}

export type Fold = Pick<Scan, 'intervals' | 'granularity' | 'allStart' | 'groupBy' | 'filter' | 'measures'>

/** Series first, then space, then time: what docs/semantics.md says, over everything that arrived by `untilMs`. */
export function foldRaw(data: RawData, fold: Fold, untilMs = Number.POSITIVE_INFINITY): StateRow[] {
  const rows = new Map<string, StateRow>()
  for (const [index, measure] of fold.measures.entries()) {
    for (const { group, series } of groupsOf(data, fold, measure)) {
      const key = groupKey(group)
      eachStep(data, fold.intervals, (step, at) => {
        const values = present(series, step, untilMs)
        if (values.length === 0) return
        const bucket = bucketStart(fold.granularity, at, fold.allStart)
        let row = rows.get(`${bucket}${key}`)
        if (!row) rows.set(`${bucket}${key}`, (row = { bucket, group, states: fold.measures.map(() => null) }))
        row.states[index] = joined(row.states[index] ?? null, values, at, measure)
      })
    }
  }
  return [...rows.values()]
}

function groupsOf(data: RawData, { groupBy, filter }: Fold, measure: MeasureRef) {
  const groups = new Map<string, { group: Group; series: RawSeries[] }>()
  for (const series of data.series) {
    if (series.metric.name !== measure.metric || !matches(filter, series.labels)) continue
    const group = groupBy.map((label) => series.labels[label] ?? null)
    const have = groups.get(groupKey(group))
    if (have) have.series.push(series)
    else groups.set(groupKey(group), { group, series: [series] })
  }
  return groups.values()
}

function eachStep(data: RawData, intervals: readonly Interval[], visit: (step: number, at: number) => void): void {
  for (const { start, end } of intervals) {
    const first = Math.max(0, Math.ceil((start - data.start) / data.stepMs))
    for (let step = first; step < data.steps; step++) {
      const at = data.start + step * data.stepMs
      if (at >= end) break
      visit(step, at)
    }
  }
}

function present(series: readonly RawSeries[], step: number, untilMs: number): Num[] {
  const values: Num[] = []
  for (const each of series) {
    const value = each.values[step]
    if (value !== undefined && each.arrivedMs[step]! <= untilMs) values.push(value)
  }
  return values
}

const sumOf = (values: readonly Num[], integer: boolean): Num =>
  values.reduce((sum, each) => (integer ? addInteger(sum, each) : Number(sum) + Number(each)))
const least = (values: readonly Num[]): Num => values.reduce((a, b) => lesser(a, b))
const most = (values: readonly Num[]): Num => values.reduce((a, b) => greater(a, b))

function xOf(values: readonly Num[], { space, type }: MeasureRef): { x: Num; pair?: { sum: Num; count: number } } {
  const sum = () => sumOf(values, numericOf(type) === 'INT64')
  switch (space) {
    case 'SUM':
      return { x: sum() }
    case 'MIN':
      return { x: least(values) }
    case 'MAX':
      return { x: most(values) }
    case 'COUNT':
      return { x: values.length }
    case 'AVG':
      return { x: Number(sum()) / values.length, pair: { sum: sum(), count: values.length } }
  }
}

/** Steps come in ascending order, so the newest is the last. */
function joined(state: State | null, values: readonly Num[], step: number, measure: MeasureRef): State {
  const { x, ...pair } = xOf(values, measure)
  const last = { lastStep: step, last: x, ...pair }
  if (!state) return { sum: x, n: 1, min: x, max: x, ...last }
  const integer = measure.space === 'COUNT' || (measure.space !== 'AVG' && numericOf(measure.type) === 'INT64')
  return {
    sum: sumOf([state.sum, x], integer),
    n: state.n + 1,
    min: least([state.min, x]),
    max: most([state.max, x]),
    ...last,
  }
}

export interface MemoryRawOptions {
  readonly data: RawData
  /** Points before this moment are not held any more. */
  readonly from: number
  readonly asOf: number
  readonly latenessMs: number
}

/** Raw points in memory behind the port, as embedded raw covers them: cut at hours, open after the watermark. */
export class MemoryRaw implements Source {
  readonly id = 'duckdb'
  readonly #options: MemoryRawOptions
  readonly #coverage = new Map<string, Coverage>()

  constructor(options: MemoryRawOptions) {
    this.#options = options
  }

  coverage(_dataset: string, version: string, measures: readonly MeasureRef[]): Coverage {
    if (version !== 'raw') return NO_COVERAGE
    const names = [...new Set(measures.map(({ metric }) => metric))].sort()
    const have = this.#coverage.get(names.join())
    if (have) return have
    const coverage = { asOf: this.#options.asOf, runs: this.#runs(new Set(names)) }
    this.#coverage.set(names.join(), coverage)
    return coverage
  }

  run(scan: Scan & { readonly kind: 'states' }): Promise<StateFrame>
  run(scan: Scan & { readonly kind: 'labels' }): Promise<LabelFrame>
  run(scan: Scan): Promise<StateFrame | LabelFrame> {
    return Promise.resolve(this.read(scan))
  }

  read(scan: Scan): StateFrame {
    const { data, from, asOf } = this.#options
    if (scan.intervals.some(({ start }) => start < from)) throw new Error('raw was asked for what it does not hold')
    const rows = foldRaw(data, scan)
    return { kind: 'states', labels: scan.groupBy, measures: scan.measures, rows, rowsRead: 0, raw: RAW_NEWEST, asOf }
  }

  #runs(metrics: ReadonlySet<string>): CoverageRun[] {
    const { data, from, asOf, latenessMs } = this.#options
    const watermark = floorTo(asOf - latenessMs, data.stepMs)
    const edges = [from, watermark]
    for (let edge = floorTo(from, HOUR_MS) + HOUR_MS; edge < watermark; edge += HOUR_MS) edges.push(edge)
    edges.sort((a, b) => a - b)
    const runs = edges.slice(1).map((end, i) => this.#runOf({ start: edges[i]!, end }, true, metrics))
    return [...runs, this.#runOf({ start: watermark, end: 8.64e15 }, false, metrics)]
  }

  #runOf(interval: Interval, settled: boolean, metrics: ReadonlySet<string>): CoverageRun {
    const { data, asOf } = this.#options
    let rows = 0
    for (const series of data.series) {
      if (!metrics.has(series.metric.name)) continue
      eachStep(data, [interval], (step) => {
        if (series.values[step] !== undefined) rows++
      })
    }
    return { interval, settled, dirty: false, raw: RAW_NEWEST, through: asOf, rows }
  }
}
