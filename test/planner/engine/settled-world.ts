import type { PushTable } from '../../../src/cache/push/push-table.ts'
import type {
  CatalogVersion,
  DatasetDefinition,
  MetricDefinition,
  RollupVersion,
} from '../../../src/model/definition.ts'
import { HOUR_MS } from '../../../src/model/granularity.ts'
import type { Group } from '../../../src/model/label.ts'
import type { StateMeasure } from '../../../src/model/measure.ts'
import { type Num, numberText } from '../../../src/model/number.ts'
import type { WrittenState } from '../../../src/model/records.ts'
import { type Scope, UNSCOPED } from '../../../src/model/scope.ts'
import {
  createEngine,
  DEFAULT_QUERY_LIMITS,
  DEFAULT_SETTLED_LIMITS,
  type Engine,
  type SettledAnswer,
  type SettledFamily,
  type SettledLimits,
  type SettledRequest,
} from '../../../src/planner/engine.ts'
import { PushSource } from '../../../src/sources/push/push-source.ts'
import {
  deliver,
  dirtyOf,
  LATENESS_MS,
  minute,
  rolledUp,
  rollupOf,
  T0,
  tableOf,
} from '../../cache/push/push-fixture.ts'

export const orders: StateMeasure = {
  metric: 'orders',
  type: 'COUNTER_INT64',
  unit: '1',
  space: 'SUM',
  missing: 'absent',
}
export const size: StateMeasure = { metric: 'size', type: 'GAUGE_INT64', unit: 'By', space: 'SUM', missing: 'absent' }

export const ORDERS_1M = rollupOf({
  name: 'orders_1m',
  id: 'cloud/orders_1m',
  defHash: 'a'.repeat(16),
  measures: [orders],
})
export const SIZE_1M = rollupOf({ name: 'size_1m', id: 'cloud/size_1m', defHash: 'b'.repeat(16), measures: [size] })

export const metricOf = (
  { metric: name, type, unit, missing }: StateMeasure,
  changes: Partial<MetricDefinition> = {},
): MetricDefinition => ({
  dataset: 'cloud',
  name,
  type,
  unit,
  missing,
  description: '',
  resources: [],
  labels: ['cluster', 'topic'],
  exportable: true,
  lifecycle: 'GENERAL_AVAILABILITY',
  from: null,
  selfRegistered: false,
  ...changes,
})

export function catalogOf(metrics: readonly MetricDefinition[], rollups: readonly RollupVersion[]): CatalogVersion {
  const cloud: DatasetDefinition = {
    name: 'cloud',
    stepMs: 60_000,
    latenessMs: LATENESS_MS,
    dedupeMs: HOUR_MS,
    retentionRawMs: 24 * HOUR_MS,
    strict: false,
    match: null,
    resources: new Map(),
    labels: new Map(),
    metrics: new Map(metrics.map((metric) => [metric.name, metric])),
    rollups: new Map(rollups.map((rollup) => [rollup.name, rollup])),
  }
  return { version: 1, datasets: new Map([['cloud', cloud]]) }
}

export interface SettledWorld {
  readonly engine: Engine
  readonly table: PushTable
  now: number
  catalog: CatalogVersion
  ask(over?: Partial<SettledRequest>, scope?: Scope): Promise<SettledAnswer>
}

export interface SettledWorldOptions {
  readonly limits?: Partial<SettledLimits>
  readonly rollups?: readonly RollupVersion[]
  readonly metrics?: readonly MetricDefinition[]
}

/** An engine on a push table that tests fill by hand. */
export function openSettled(options: SettledWorldOptions = {}): SettledWorld {
  const { rollups = [ORDERS_1M, SIZE_1M], metrics = [metricOf(orders), metricOf(size)] } = options
  const table = tableOf(rollups)
  const world = { table, now: minute(12), catalog: catalogOf(metrics, rollups) }
  const engine = createEngine({
    sources: [new PushSource({ table, appliedMs: () => world.now })],
    places: [{ source: 'push', serves: 'rollups' }],
    catalog: { current: () => world.catalog },
    lanes: { run: () => Promise.reject(new Error('no lane is needed')), classify: () => 'hot' },
    clock: () => world.now,
    limits: DEFAULT_QUERY_LIMITS,
    settled: { ...DEFAULT_SETTLED_LIMITS, ...options.limits },
  })
  return Object.assign(world, {
    engine,
    ask: (over: Partial<SettledRequest> = {}, scope: Scope = UNSCOPED) =>
      engine.settled(
        { dataset: 'cloud', metrics: null, anyOf: [], time: { kind: 'newest' }, counters: 'delta', ...over },
        { scope, signal: new AbortController().signal },
      ),
  })
}

/** Rolls one minute up: values by `cluster/topic`; `''` for an empty label, `-` for an absent one. */
export function fill(
  { table }: Pick<SettledWorld, 'table'>,
  at: number,
  values: Readonly<Record<string, number | string>>,
  { rollup = ORDERS_1M, epoch = 1, raw = 1, through = minute(at) + HOUR_MS } = {},
): void {
  const key = `SUM:${rollup.measures[0]!.metric}`
  const rows = Object.entries(values).map(([name, value]): readonly [Group, Record<string, WrittenState>] => [
    name.split('/').map((part) => (part === '-' ? null : part)),
    { [key]: [value] },
  ])
  deliver(table, rolledUp({ bucket: minute(at), epoch, raw, through, rows }, rollup))
}

export const spoil = ({ table }: Pick<SettledWorld, 'table'>, at: number, raw: number, rollup = ORDERS_1M): void =>
  deliver(table, [dirtyOf(minute(at), raw, rollup)])

export const minutesOf = ({ buckets }: SettledFamily): number[] => buckets.map((ms) => (ms - T0) / 60_000)

/** `{'c1/a': '1 2'}`: values by series, over the buckets. */
export function valuesOf(family: SettledFamily | undefined): Record<string, string> {
  const shown = (value: Num | null): string => (value === null ? '·' : numberText(value))
  const all = [...(family?.series() ?? [])].filter((each) => each !== null)
  return Object.fromEntries(
    all.map(({ group, values }) => [group.map((value) => value ?? '-').join('/'), values.map(shown).join(' ')]),
  )
}

export const familyIn = ({ families }: SettledAnswer, name: string): SettledFamily | undefined =>
  families.find(({ metric }) => metric.name === name)
