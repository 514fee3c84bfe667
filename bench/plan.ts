import type { Coverage, CoverageRun } from '../src/model/coverage.ts'
import type { CatalogVersion, RollupVersion } from '../src/model/definition.ts'
import { EVERYTHING } from '../src/model/filter.ts'
import { type Grain, HOUR_MS, MINUTE_MS } from '../src/model/granularity.ts'
import type { StateMeasure } from '../src/model/measure.ts'
import type { LogicalQuery } from '../src/planner/logical/question.ts'
import { RoutePlanner } from '../src/planner/routing/plan-route.ts'
import type { RoutingWorld } from '../src/planner/routing/route.ts'

/**
 * P4: how long a plan takes with 1 to 1,000 rollups in the catalog. Method: one planner, as the engine keeps it; the
 * question (six hours by hour, one cluster, by topic, unaligned, raw tail) and the catalog stay, so what is found once
 * per catalog version is paid once, as in production. Coverage is ready, as the push table keeps it. A tenth of the
 * rollups store the measure, two thirds of those keep the label. Median of single plans after as many to warm up.
 */
const NOW = Date.UTC(2026, 10, 21, 16)
const PLANS = 20_000
const EXPLAINED = 1_000
const GRAINS: readonly Grain[] = ['PT1M', 'PT5M', 'PT15M', 'PT1H']
const LABELS = ['metric.broker', 'metric.client', 'metric.partition', 'metric.topic', 'metric.type']

const measureOf = (metric: string): StateMeasure => ({
  metric,
  type: 'COUNTER_INT64',
  unit: 'By',
  space: 'SUM',
  missing: 'absent',
})

function rollupOf(i: number): RollupVersion {
  const name = `rollup_${i}`
  const labels = LABELS.filter((label, bit) => (label === 'metric.topic' ? i % 3 !== 1 : (i >> bit) & 1))
  return {
    dataset: 'cloud',
    name,
    id: `cloud/${name}`,
    defHash: `hash-${i}`,
    labels: ['resource.kafka.id', ...labels].sort(),
    filter: EVERYTHING,
    grain: GRAINS[i % GRAINS.length]!,
    stepMs: MINUTE_MS,
    latenessMs: 90_000,
    measures: [measureOf(i % 10 === 0 ? 'received_bytes' : `metric_of_${i % 10}`), measureOf(`metric_${i}`)],
    keep: { pushMs: 48 * HOUR_MS, druidMs: null },
  }
}

function worldOf(count: number): RoutingWorld {
  const rollups = Array.from({ length: count }, (_, i) => rollupOf(i))
  const dataset = {
    ...{ name: 'cloud', stepMs: MINUTE_MS, latenessMs: 90_000, dedupeMs: HOUR_MS, retentionRawMs: 48 * HOUR_MS },
    ...{ strict: false, match: null, resources: new Map(), labels: new Map(), metrics: new Map() },
    rollups: new Map(rollups.map((rollup) => [rollup.name, rollup])),
  }
  const catalog: CatalogVersion = { version: 1, datasets: new Map([['cloud', dataset]]) }
  const coverage = new Map(rollups.map((rollup) => [rollup.defHash, pushCoverage(rollup)]))
  coverage.set('raw', rawCoverage())
  const places = [{ source: 'push', serves: 'rollups' } as const, { source: 'duckdb', serves: 'raw' } as const]
  return { catalog, places, coverage: (_, version) => coverage.get(version)! }
}

/** Two days, settled hour by hour; those of minutes also up to two minutes ago, the last of them open. */
function pushCoverage({ grain, labels }: RollupVersion): Coverage {
  const rows = (ms: number) => (labels.length * 1000 * ms) / HOUR_MS
  const run = (start: number, end: number, settled: boolean): CoverageRun => {
    const common = { settled, dirty: false, raw: start, rows: rows(end - start) }
    return { ...common, interval: { start, end }, through: end + (settled ? 120_000 : 5_000) }
  }
  const hours = Array.from({ length: 47 }, (_, i) => run(NOW - (48 - i) * HOUR_MS, NOW - (47 - i) * HOUR_MS, true))
  const tail = NOW - 3 * MINUTE_MS
  const minutes = [run(NOW - HOUR_MS, tail, true), run(tail, tail + MINUTE_MS, false)]
  return { runs: grain === 'PT1M' ? [...hours, ...minutes] : hours, asOf: NOW }
}

function rawCoverage(): Coverage {
  const raw = Number.MAX_SAFE_INTEGER
  const hour = (start: number, end: number, settled: boolean) => ({
    interval: { start, end },
    settled,
    raw,
    rows: 60_000,
  })
  const hours = Array.from({ length: 48 }, (_, i) => hour(NOW - (48 - i) * HOUR_MS, NOW - (47 - i) * HOUR_MS, true))
  const runs = [...hours, hour(NOW, 8.64e15, false)].map((run) => ({ ...run, dirty: false, through: NOW }))
  return { runs, asOf: NOW }
}

const QUESTION: LogicalQuery = {
  dataset: 'cloud',
  catalogVersion: 1,
  measures: [{ ...measureOf('received_bytes'), time: 'SUM' }],
  groupBy: ['metric.topic'],
  filter: { kind: 'eq', label: 'resource.kafka.id', value: 'lkc-1' },
  granularity: 'PT1H',
  intervals: [{ start: NOW - 6.4 * HOUR_MS, end: NOW }],
  allStart: NOW - 6.4 * HOUR_MS,
  stepMs: MINUTE_MS,
  latenessMs: 90_000,
  order: null,
  limit: null,
  freshness: { kind: 'latest' },
  use: null,
  avoid: [],
  rawAtLeast: 0,
  now: NOW,
  fingerprint: '',
}

/** Median and 99th percentile of one call, µs. */
function time(call: () => unknown, calls: number): readonly [number, number] {
  for (let i = 0; i < calls; i++) call()
  const times = Array.from({ length: calls }, () => {
    const started = performance.now()
    call()
    return (performance.now() - started) * 1000
  }).sort((a, b) => a - b)
  return [times[Math.floor(calls * 0.5)]!, times[Math.floor(calls * 0.99)]!]
}

let before = 0
for (const count of [1, 10, 100, 1000]) {
  const world = worldOf(count)
  const planner = new RoutePlanner()
  const [median, p99] = time(() => planner.plan(QUESTION, world), PLANS)
  const [explained] = time(() => planner.plan(QUESTION, world).candidates, EXPLAINED)
  const growth = before > 0 ? `, ${(median / before).toFixed(1)} × the one before` : ''
  const figure = `p50 ${median.toFixed(1)} µs, p99 ${p99.toFixed(1)} µs${growth}; with all reasons p50 ${explained.toFixed(1)} µs`
  console.log(`${`P4 plan, ${count} rollups`.padEnd(24)} ${figure}`)
  before = median
}
