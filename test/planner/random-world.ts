import { PushTable } from '../../src/cache/push/push-table.ts'
import type { CatalogVersion, RollupVersion } from '../../src/model/definition.ts'
import { EVERYTHING, type Filter } from '../../src/model/filter.ts'
import { canonicalFilter } from '../../src/model/filter-canonical.ts'
import {
  bucketEnd,
  bucketsOf,
  DAY_MS,
  type Grain,
  type Granularity,
  HOUR_MS,
  MINUTE_MS,
} from '../../src/model/granularity.ts'
import { type LabelSet, labelSetKey } from '../../src/model/label.ts'
import { isCounter, type MetricType, measureKey, SPACES, type StateMeasure } from '../../src/model/measure.ts'
import type { Num } from '../../src/model/number.ts'
import type { WrittenState } from '../../src/model/records.ts'
import { atBaseStep, encodeState } from '../../src/model/written-state.ts'
import { deliver, dirtyOf, rolledUp } from '../cache/push/push-fixture.ts'
import { type Draw, random } from '../scenarios/random-questions.ts'
import { foldRaw, MemoryRaw, type RawData, type RawMetric, type RawSeries } from './memory-raw.ts'
import { catalogOf } from './routing/routing-fixture.ts'

export const pick = <T>(draw: Draw, from: readonly T[]): T => from[Math.floor(draw() * from.length)]!
export const below = (draw: Draw, n: number): number => Math.floor(draw() * n)
export const some = <T>(draw: Draw, from: readonly T[], share: number): T[] => from.filter(() => draw() < share)

/** Two sizes of time, so that weeks and months occur without a million steps. */
interface Scale {
  readonly stepMs: number
  readonly steps: number
  readonly grains: readonly Grain[]
  readonly granularities: readonly Granularity[]
}

const MINUTES: Scale = {
  stepMs: MINUTE_MS,
  steps: 200,
  grains: ['PT1M', 'PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT1H'],
  granularities: ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT4H', 'ALL'],
}
const HOURS: Scale = {
  stepMs: HOUR_MS,
  steps: 24 * 15,
  grains: ['PT1H', 'PT1H', 'PT4H', 'PT6H', 'PT12H', 'P1D', 'P1D', 'P1W'],
  granularities: ['PT1H', 'PT4H', 'PT6H', 'PT12H', 'P1D', 'P1W', 'P1M', 'ALL'],
}

export const LABELS = ['a', 'b', 'c'] as const
export const VALUES = ['', 'x', 'y'] as const
const TYPES: readonly MetricType[] = ['COUNTER_INT64', 'COUNTER_DOUBLE', 'GAUGE_INT64', 'GAUGE_DOUBLE']

export interface World {
  readonly draw: Draw
  readonly scale: Scale
  readonly data: RawData
  readonly metrics: readonly RawMetric[]
  /** Doubles are multiples of 1/8, so that their sums do not depend on their order. */
  readonly dyadic: boolean
  readonly catalog: CatalogVersion
  readonly rollups: readonly RollupVersion[]
  readonly table: PushTable
  readonly raw: MemoryRaw
  readonly latenessMs: number
  readonly now: number
  /** Raw version now: how many points came late. */
  readonly marks: number
}

/** One random dataset: raw points, some late; up to eight rollups of it in the real push table; some of another's. */
export function randomWorld(seed: number): World {
  const draw = random(seed)
  const scale = draw() < 0.6 ? MINUTES : HOURS
  const { stepMs, steps } = scale
  const dyadic = draw() < 0.5
  const start = Date.UTC(2026, 10, 15, 6 + below(draw, 12))
  const metrics = ['m', 'n', 'o'].map((name): RawMetric => {
    return { name, type: pick(draw, TYPES), missing: draw() < 0.5 ? 'zero' : 'absent' }
  })
  const end = start + steps * stepMs
  const now = end + below(draw, 3) * stepMs
  const data = { start, stepMs, steps, series: drawSeries(draw, { metrics, dyadic, start, stepMs, steps, now }) }
  const latenessMs = 1.5 * stepMs
  const rollups = Array.from({ length: 1 + below(draw, 8) }, (_, i) =>
    drawRollup(draw, { name: `r${i}`, dataset: draw() < 0.08 ? 'other' : 'cloud', scale, metrics, latenessMs }),
  )
  const table = new PushTable({ bytesMax: 1024 ** 3 })
  table.define(rollups)
  const marks = lateArrivals(data)
  for (const rollup of rollups) fill(table, rollup, { draw, data, now, marks, end })
  const from = draw() < 0.25 ? start + below(draw, steps / 2) * stepMs : start - DAY_MS * 40
  const raw = new MemoryRaw({ data, from, asOf: now, latenessMs })
  const catalog = catalogOf(rollups)
  return { draw, scale, data, metrics, dyadic, catalog, rollups, table, raw, latenessMs, now, marks: marks.length }
}

interface SeriesSpace {
  readonly metrics: readonly RawMetric[]
  readonly dyadic: boolean
  readonly start: number
  readonly stepMs: number
  readonly steps: number
  readonly now: number
}

function drawSeries(draw: Draw, space: SeriesSpace): RawSeries[] {
  const sets = new Map<string, LabelSet>()
  for (let i = 0; i < 6; i++) {
    const labels = Object.fromEntries(some(draw, LABELS, 0.85).map((label) => [label, pick(draw, VALUES)]))
    sets.set(labelSetKey(labels), labels)
  }
  return space.metrics.flatMap((metric) =>
    [...sets.values()].filter(() => draw() < 0.85).map((labels) => drawPoints(draw, metric, labels, space)),
  )
}

/** Gaps, whole silent stretches, few points that arrive late; most in their step. */
function drawPoints(draw: Draw, metric: RawMetric, labels: LabelSet, space: SeriesSpace): RawSeries {
  const { start, stepMs, steps, now } = space
  const density = pick(draw, [1, 0.9, 0.4])
  const silentFrom = below(draw, steps)
  const silentTo = draw() < 0.5 ? silentFrom : silentFrom + below(draw, steps / 3)
  const big = draw() < 0.1
  const values: (Num | undefined)[] = []
  const arrivedMs: number[] = []
  for (let step = 0; step < steps; step++) {
    const isThere = draw() < density && (step < silentFrom || step >= silentTo)
    values.push(isThere ? drawValue(draw, metric.type, space.dyadic, big) : undefined)
    const stepEnd = start + (step + 1) * stepMs
    const late = draw() < 0.004 ? stepEnd + draw() * 0.5 * steps * stepMs : stepEnd - 1
    arrivedMs.push(Math.min(now, late))
  }
  return { metric, labels, values, arrivedMs }
}

function drawValue(draw: Draw, type: MetricType, dyadic: boolean, big: boolean): Num {
  const lowest = isCounter(type) ? 0 : -500
  if (type.endsWith('INT64')) return big ? 2 ** 52 + below(draw, 1000) : lowest + below(draw, 1000)
  return dyadic ? lowest + below(draw, 8000) / 8 : lowest + draw() * 1000
}

interface RollupSpace {
  readonly name: string
  readonly dataset: string
  readonly scale: Scale
  readonly metrics: readonly RawMetric[]
  readonly latenessMs: number
}

export const stateMeasure = (metric: RawMetric, space: StateMeasure['space'], unit = '1'): StateMeasure => ({
  metric: metric.name,
  type: metric.type,
  missing: metric.missing,
  space,
  unit,
})

function drawRollup(draw: Draw, { name, dataset, scale, metrics, latenessMs }: RollupSpace): RollupVersion {
  const all = metrics.flatMap((metric) => SPACES.map((space) => ({ metric, space })))
  const chosen = some(draw, all, 0.35)
  const measures = (chosen.length > 0 ? chosen : [pick(draw, all)]).map(({ metric, space }) =>
    stateMeasure(metric, space, draw() < 0.06 ? 'old' : '1'),
  )
  return {
    dataset,
    name,
    id: `${dataset}/${name}`,
    defHash: `${dataset}-${name}`,
    labels: some(draw, LABELS, 0.65),
    filter: drawOwnFilter(draw),
    grain: pick(draw, scale.grains),
    stepMs: scale.stepMs,
    latenessMs,
    measures: measures.sort((a, b) => (measureKey(a) < measureKey(b) ? -1 : 1)),
    keep: { pushMs: 60 * DAY_MS, druidMs: null },
  }
}

/** EQ, IN or both, as a catalog may write them, and rarely a prefix. */
function drawOwnFilter(draw: Draw): Filter {
  if (draw() < 0.65) return EVERYTHING
  const conjunct = (): Filter => {
    const label = pick(draw, LABELS)
    if (draw() < 0.1) return { kind: 'prefix', label, value: pick(draw, VALUES) }
    return draw() < 0.6
      ? { kind: 'eq', label, value: pick(draw, VALUES) }
      : { kind: 'in', label, values: some(draw, VALUES, 0.75) }
  }
  return canonicalFilter(draw() < 0.75 ? conjunct() : { kind: 'and', filters: [conjunct(), conjunct()] })
}

/** A point that came after its step, with its rising number. */
interface Mark {
  readonly step: number
  readonly atMs: number
  readonly seq: number
}

function lateArrivals({ start, stepMs, series }: RawData): Mark[] {
  const late = series.flatMap(({ values, arrivedMs }) =>
    arrivedMs.flatMap((atMs, i) => {
      const step = start + i * stepMs
      return values[i] !== undefined && atMs >= step + stepMs ? [{ step, atMs }] : []
    }),
  )
  return late.sort((a, b) => a.atMs - b.atMs).map((each, i) => ({ ...each, seq: i + 1 }))
}

interface Filling {
  readonly draw: Draw
  readonly data: RawData
  readonly now: number
  readonly end: number
  readonly marks: readonly Mark[]
}

/**
 * Windows as the pipeline leaves them. `through` says when raw was read: a point that came later is not in the
 * window, and then the window is marked dirty, unless the point was not late because the window was still running.
 */
function fill(table: PushTable, rollup: RollupVersion, { draw, data, now, end, marks }: Filling): void {
  const holes = pick(draw, [0, 0, 0.02, 0.15])
  const behind = pick(draw, [0, 0, 0, 0.05])
  const lazy = pick(draw, [0, 0, 0.05, 0.5])
  const firstMs = draw() < 0.8 ? data.start : data.start + below(draw, data.steps) * data.stepMs
  for (const bucket of bucketsOf(rollup.grain, { start: firstMs, end })) {
    const windowEnd = bucketEnd(rollup.grain, bucket)
    if (bucket < firstMs || windowEnd > now || draw() < holes) continue
    let through = draw() < lazy ? windowEnd + draw() * 3 * data.stepMs : now
    if (draw() < behind) through = bucket + draw() * (windowEnd - bucket)
    through = Math.floor(Math.min(now, through))
    const raw = marks.filter((mark) => mark.atMs <= through).length
    const rows = windowRows(data, rollup, { start: bucket, end: windowEnd }, through)
    deliver(table, rolledUp({ bucket, epoch: 1, raw, through, rows }, rollup))
    const lacks = marks.filter((mark) => mark.atMs > through && mark.step >= bucket && mark.step < windowEnd)
    if (lacks.length > 0) deliver(table, [dirtyOf(bucket, lacks.at(-1)!.seq, rollup)])
  }
}

/** Another dataset has other numbers, and so has a measure of another unit. */
function windowRows(data: RawData, rollup: RollupVersion, window: { start: number; end: number }, through: number) {
  const { labels: groupBy, filter, grain: granularity } = rollup
  const measures = rollup.measures.map((measure) => ({ ...measure, time: 'EVERY' as const }))
  const own = rollup.dataset === 'cloud' ? data : { ...data, series: data.series.map(doubled) }
  const fold = { intervals: [window], granularity, allStart: 0, groupBy, filter, measures }
  return foldRaw(own, fold, through).map(({ group, states }) => {
    const written: Record<string, WrittenState> = {}
    for (const [i, state] of states.entries()) {
      if (state) written[measureKey(measures[i]!)] = encodeState(state, measures[i]!, atBaseStep(rollup))
    }
    return [group, written] as const
  })
}

const doubled = (series: RawSeries): RawSeries => ({
  ...series,
  values: series.values.map((value) => (value === undefined ? value : Number(value) * 2 + 1)),
})
