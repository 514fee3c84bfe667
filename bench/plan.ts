import type { Coverage, CoverageRun } from '../src/model/coverage.ts'
import type { CatalogVersion, RollupVersion } from '../src/model/definition.ts'
import { EVERYTHING } from '../src/model/filter.ts'
import { type Grain, HOUR_MS, MINUTE_MS } from '../src/model/granularity.ts'
import type { StateMeasure } from '../src/model/measure.ts'
import { UNSCOPED } from '../src/model/scope.ts'
import type { LogicalQuery } from '../src/planner/logical/question.ts'
import { RoutePlanner } from '../src/planner/routing/plan-route.ts'
import type { RoutingWorld } from '../src/planner/routing/route.ts'
import { line, ratiosOf } from './figures.ts'

/**
 * P4: how long a plan takes with 10 to 1,000 rollups in the catalog. Method: one planner, as the engine keeps it; the
 * question (six hours by hour, one cluster, by topic, unaligned, raw tail) and the catalog stay, so what is found once
 * per catalog version is paid once, as in production. Coverage is ready, as the push table keeps it. A tenth of the
 * rollups store the measure, two thirds of those keep the label. Samples are
 * single plans, the two sides of a line in turn, after a tenth as many to warm up.
 * usage: node bench/plan.ts
 */
const NOW = Date.UTC(2026, 10, 21, 16)
const PLANS = 10_000
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
  ratios: [],
  groupBy: ['metric.topic'],
  filter: { kind: 'eq', label: 'resource.kafka.id', value: 'lkc-1' },
  granularity: 'PT1H',
  intervals: [{ start: NOW - 6.4 * HOUR_MS, end: NOW }],
  allStart: NOW - 6.4 * HOUR_MS,
  stepMs: MINUTE_MS,
  latenessMs: 90_000,
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
}

interface Sized {
  readonly planner: RoutePlanner
  readonly world: RoutingWorld
}

const sized = (count: number): Sized => ({ planner: new RoutePlanner(), world: worldOf(count) })

/** µs of one call each, turn by turn, after a tenth as many to warm up. */
function times(calls: readonly (() => unknown)[], turns: number): number[][] {
  const samples = calls.map((): number[] => [])
  for (let turn = -turns / 10; turn < turns; turn++) {
    for (const [i, call] of calls.entries()) {
      const started = performance.now()
      call()
      if (turn >= 0) samples[i]!.push((performance.now() - started) * 1000)
    }
  }
  return samples
}

function compare(
  figure: string,
  want: string,
  sides: readonly (readonly [string, () => unknown])[],
  turns: number,
): void {
  const [ours, theirs] = times(
    sides.map(([, call]) => call),
    turns,
  ) as [number[], number[]]
  const [name, other] = sides.map(([label]) => label) as [string, string]
  const ratios = ratiosOf(ours, theirs)
  const both = { ours: { name, samples: ours }, theirs: { name: other, samples: theirs } }
  console.log(line({ figure, unit: 'µs', ...both, ratios, rows: '7 buckets, 48 h of coverage', want }))
}

const planOf =
  ({ planner, world }: Sized) =>
  () =>
    planner.plan(QUESTION, world)
const [ten, hundred, thousand] = [sized(10), sized(100), sized(1000)]
const withReasons = () => planOf(hundred)().candidates

compare(
  'P4 plan',
  '≤ 50 µs with 100',
  [
    ['100 rollups', planOf(hundred)],
    ['10 rollups', planOf(ten)],
  ],
  PLANS,
)
compare(
  'P4 plan, growth',
  'ratio ≤ 10',
  [
    ['1000 rollups', planOf(thousand)],
    ['100 rollups', planOf(hundred)],
  ],
  PLANS,
)
compare(
  'plan and every reason',
  '',
  [
    ['with', withReasons],
    ['without', planOf(hundred)],
  ],
  EXPLAINED,
)
