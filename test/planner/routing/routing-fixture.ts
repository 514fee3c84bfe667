import assert from 'node:assert/strict'
import { type Coverage, type CoverageRun, NO_COVERAGE, RAW_NEWEST } from '../../../src/model/coverage.ts'
import type { CatalogVersion, MetricDefinition, RollupVersion } from '../../../src/model/definition.ts'
import { EVERYTHING, type Filter } from '../../../src/model/filter.ts'
import { canonicalFilter } from '../../../src/model/filter-canonical.ts'
import { bucketEnd, bucketsOf, HOUR_MS, MINUTE_MS, roughMs } from '../../../src/model/granularity.ts'
import type { Interval } from '../../../src/model/interval.ts'
import type { MeasureRef, MetricType, Space, StateMeasure, Time } from '../../../src/model/measure.ts'
import { UNSCOPED } from '../../../src/model/scope.ts'
import type { LogicalQuery } from '../../../src/planner/logical/question.ts'
import { planRoute } from '../../../src/planner/routing/plan-route.ts'
import type { Place, Route, RoutingWorld } from '../../../src/planner/routing/route.ts'
import { routeText } from './route-text.ts'

/** Clock time on 2026-11-21, a Saturday, as epoch ms: `at(10, 30)`. */
export const at = (hour: number, minute = 0): number => Date.UTC(2026, 10, 21, hour, minute)
export const span = (from: number, to: number): Interval => ({ start: at(from), end: at(to) })
export const clock = (text: string): Interval => {
  const [start, end] = text.split('/').map((each) => {
    const [hour, minute] = each.split(':').map(Number)
    return at(hour!, minute)
  })
  return { start: start!, end: end! }
}

export const NOW = at(16)
export const LATENESS_MS = 90_000
/** The end of time. */
export const FOREVER = 8.64e15

export function measure(text: string, changes: Partial<StateMeasure> = {}): StateMeasure {
  const [space, metric] = text.split(':') as [Space, string]
  const type: MetricType = metric.startsWith('lag') ? 'GAUGE_INT64' : 'COUNTER_INT64'
  return { metric, type, unit: '1', space, missing: 'absent', ...changes }
}

/** `SUM:bytes SUM` ▸ the measure asked for; changes to its definition after. */
export function asked(text: string, changes: Partial<StateMeasure> = {}): MeasureRef {
  const [key, time = 'SUM'] = text.split(' ')
  return { ...measure(key!, changes), time: time as Time | 'EVERY' }
}

/** `topic_1m` keeps cluster and topic by minute and stores SUM:bytes, unless changed. */
export function rollup(name: string, changes: Partial<RollupVersion> = {}): RollupVersion {
  return {
    dataset: 'cloud',
    name,
    id: `${changes.dataset ?? 'cloud'}/${name}`,
    defHash: `hash-${name}`,
    labels: ['cluster', 'topic'],
    filter: EVERYTHING,
    grain: 'PT1M',
    stepMs: MINUTE_MS,
    latenessMs: LATENESS_MS,
    measures: [measure('SUM:bytes')],
    keep: { pushMs: 6 * HOUR_MS, druidMs: null },
    ...changes,
  }
}

export function question(changes: Partial<LogicalQuery> = {}): LogicalQuery {
  const intervals = changes.intervals ?? [span(10, 12)]
  return {
    dataset: 'cloud',
    catalogVersion: 1,
    measures: [asked('SUM:bytes')],
    ratios: [],
    groupBy: ['topic'],
    granularity: 'PT1H',
    allStart: intervals[0]?.start ?? 0,
    stepMs: MINUTE_MS,
    latenessMs: LATENESS_MS,
    having: null,
    order: null,
    limit: null,
    fill: 'none',
    valuesMax: null,
    freshness: { kind: 'latest' },
    use: null,
    avoid: [],
    rawAtLeast: 0,
    now: NOW,
    scope: UNSCOPED,
    fingerprint: '',
    ...changes,
    intervals,
    filter: canonicalFilter(changes.filter ?? EVERYTHING),
  }
}

const LABELS = ['broker', 'cluster', 'topic']

const metricOf = ({ metric, type, unit, missing }: StateMeasure): MetricDefinition => ({
  dataset: 'cloud',
  name: metric,
  type,
  unit,
  missing,
  description: '',
  resources: [],
  labels: metric.endsWith('_of_cluster') ? ['cluster'] : LABELS,
  exportable: true,
  lifecycle: 'GENERAL_AVAILABILITY',
  from: null,
  selfRegistered: false,
})

/** Rollups ▸ a catalog of their datasets, in the order given. */
export function catalogOf(rollups: readonly RollupVersion[], version = 1): CatalogVersion {
  const names = new Set(['cloud', ...rollups.map(({ dataset }) => dataset)])
  const datasets = [...names].map((name) => {
    const own = rollups.filter(({ dataset }) => dataset === name)
    const metrics = own.flatMap(({ measures }) => measures).map((each) => [each.metric, metricOf(each)] as const)
    const definition = {
      name,
      stepMs: MINUTE_MS,
      latenessMs: LATENESS_MS,
      dedupeMs: HOUR_MS,
      retentionRawMs: 24 * HOUR_MS,
      strict: false,
      match: null,
      resources: new Map(),
      labels: new Map(),
      metrics: new Map(metrics),
      rollups: new Map(own.map((each) => [each.name, each])),
    }
    return [name, definition] as const
  })
  return { version, datasets: new Map(datasets) }
}

/** A run of windows that are alike: settled at raw version 1 unless changed. */
export const run = (interval: Interval, changes: Partial<CoverageRun> = {}): CoverageRun => ({
  interval,
  settled: !changes.dirty,
  dirty: false,
  raw: 1,
  through: interval.end + LATENESS_MS,
  rows: 0,
  ...changes,
})

/** A rollup and what push covers of it; without `runs`, 8:00 to 15:58 with `rows` in each window. */
export interface Served {
  readonly rollup: RollupVersion
  readonly runs?: readonly CoverageRun[]
  readonly rows?: number
}

export interface WorldChanges {
  readonly places?: readonly Place[]
  /** Raw rows in a minute; null = raw holds nothing. */
  readonly rawRows?: number | null
  readonly rawFrom?: number
  readonly rawAsOf?: number
}

export const PLACES: readonly Place[] = [
  { source: 'push', serves: 'rollups' },
  { source: 'duckdb', serves: 'raw' },
]

/** Raw holds 0:00 to now, 100 rows a minute, unless changed. */
export function world(served: readonly Served[], changes: WorldChanges = {}): RoutingWorld {
  const byHash = new Map(served.map((each) => [each.rollup.defHash, each]))
  return {
    catalog: catalogOf(served.map((each) => each.rollup)),
    places: changes.places ?? PLACES,
    coverage(source, version) {
      if (version === 'raw') return source === 'duckdb' ? rawCoverage(changes) : NO_COVERAGE
      const each = byHash.get(version)
      return each && source === 'push' ? { runs: each.runs ?? usualRuns(each), asOf: NOW } : NO_COVERAGE
    },
  }
}

function rawCoverage({ rawRows = 100, rawFrom = at(0), rawAsOf = NOW }: WorldChanges): Coverage {
  if (rawRows === null) return NO_COVERAGE
  const watermark = rawAsOf - LATENESS_MS - ((rawAsOf - LATENESS_MS) % MINUTE_MS)
  const rows = (start: number, end: number) => (rawRows * (end - start)) / MINUTE_MS
  const common = { dirty: false, raw: RAW_NEWEST, through: rawAsOf }
  return {
    asOf: rawAsOf,
    runs: [
      { ...common, interval: { start: rawFrom, end: watermark }, settled: true, rows: rows(rawFrom, watermark) },
      { ...common, interval: { start: watermark, end: FOREVER }, settled: false, rows: rows(watermark, rawAsOf) },
    ],
  }
}

function usualRuns({ rollup: { grain }, rows = 10 }: Served): readonly CoverageRun[] {
  const interval = { start: at(8), end: grain === 'PT1M' ? at(15, 58) : at(15) }
  const windows = [...bucketsOf(grain, interval)].filter((start) => bucketEnd(grain, start) <= interval.end)
  if (windows.length === 0) return []
  const whole = { start: windows[0]!, end: bucketEnd(grain, windows.at(-1)!) }
  return [run(roughMs(grain) > HOUR_MS ? whole : interval, { rows: rows * windows.length })]
}

export interface Planned {
  readonly route: Route
  readonly text: string
}

export function plan(changes: Partial<LogicalQuery>, served: readonly Served[], worldChanges?: WorldChanges): Planned {
  const asks = question(changes)
  const route = planRoute(asks, world(served, worldChanges))
  return { route, text: routeText(route, asks) }
}

/** `topic_1m` and what push covers of it. */
export const topicServed = (changes: Partial<RollupVersion> = {}, runs?: readonly CoverageRun[]): Served => ({
  rollup: rollup('topic_1m', changes),
  ...(runs ? { runs } : {}),
})

/** `topic_1h`, by topic alone. */
export const hourlyServed = (changes: Partial<RollupVersion> = {}): Served => ({
  rollup: rollup('topic_1h', { grain: 'PT1H', labels: ['topic'], ...changes }),
})

/** Compares plan texts, and keeps the reject codes that it saw. */
export function planChecker() {
  const seen = new Set<string>()
  return {
    codesSeen: () => [...seen].sort(),
    assertPlan(
      changes: Partial<LogicalQuery>,
      served: readonly Served[],
      expected: string,
      other?: WorldChanges,
    ): void {
      const planned = plan(changes, served, other)
      for (const { reasons } of planned.route.candidates) for (const { code } of reasons) seen.add(code)
      assert.equal(planned.text, text(expected))
    },
  }
}

/** Lines without the blanks that indent them in a test. */
export const text = (lines: string): string =>
  lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')

export const eq = (label: string, value: string): Filter => ({ kind: 'eq', label, value })
export const isIn = (label: string, ...values: string[]): Filter => ({ kind: 'in', label, values })
export const and = (...filters: Filter[]): Filter => ({ kind: 'and', filters })
export const or = (...filters: Filter[]): Filter => ({ kind: 'or', filters })
export const not = (filter: Filter): Filter => ({ kind: 'not', filter })
