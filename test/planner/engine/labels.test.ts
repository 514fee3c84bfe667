import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lanes } from '../../../src/lanes/lanes.ts'
import { DEFAULT_LANES } from '../../../src/lanes/options.ts'
import type { CatalogVersion, MetricDefinition } from '../../../src/model/definition.ts'
import { EVERYTHING, type Filter, matches } from '../../../src/model/filter.ts'
import type { LabelFrame, StateFrame } from '../../../src/model/frame.ts'
import { bucketEnd, bucketStart } from '../../../src/model/granularity.ts'
import { formatInterval, type Interval } from '../../../src/model/interval.ts'
import { compareGroups, type Group, groupKey } from '../../../src/model/label.ts'
import { UNSCOPED } from '../../../src/model/scope.ts'
import { createEngine, DEFAULT_QUERY_LIMITS, type Engine, type LabelsRequest } from '../../../src/planner/engine.ts'
import type { Scan, Source } from '../../../src/ports/source.ts'
import { PushSource } from '../../../src/sources/push/push-source.ts'
import { minutes } from '../../cache/push/push-fixture.ts'
import { SEED } from '../../seed.ts'
import type { RawData } from '../memory-raw.ts'
import { below, LABELS, pick, randomWorld, some, VALUES, type World } from '../random-world.ts'
import { PLACES } from '../routing/routing-fixture.ts'
import { engineWorld, HandRaw, never, rollUp } from './engine-world.ts'

/** Groups of the series that have a point in the intervals, as the definition says. */
function groupsIn({ series, start, stepMs }: RawData, { groupBy, filter, intervals, metrics }: Looked): Group[] {
  const found = new Map<string, Group>()
  for (const { metric, labels, values } of series) {
    if (!metrics.includes(metric.name) || !matches(filter, labels)) continue
    const isThere = values.some((value, i) => value !== undefined && isIn(intervals, start + i * stepMs))
    const group = groupBy.map((label) => labels[label] ?? null)
    if (isThere) found.set(groupKey(group), group)
  }
  return [...found.values()].sort(compareGroups)
}

interface Looked {
  readonly groupBy: readonly string[]
  readonly filter: Filter
  readonly intervals: readonly Interval[]
  readonly metrics: readonly string[]
}

const isIn = (intervals: readonly Interval[], at: number): boolean =>
  intervals.some(({ start, end }) => at >= start && at < end)
const hasAny = (group: Group): boolean => group.some((value) => value !== null)

/** Raw of a random world, that also answers which labels there are. */
function rawOf({ raw, data }: World): Source {
  return {
    id: 'duckdb',
    coverage: (...args) => raw.coverage(...args),
    run: async (scan: Scan): Promise<never> => {
      const metrics = scan.measures.map(({ metric }) => metric)
      const groups = groupsIn(data, { ...scan, metrics })
      const frame = { kind: 'labels', labels: scan.groupBy, groups, rowsRead: 0, raw: 0, asOf: 0 } satisfies LabelFrame
      return (scan.kind === 'labels' ? frame : raw.read(scan)) as never
    },
  }
}

function catalogOf({ catalog, metrics, scale, latenessMs }: World): CatalogVersion {
  const cloud = catalog.datasets.get('cloud')!
  const defined = metrics.map(({ name, type, missing }): [string, MetricDefinition] => {
    const rest = { description: '', resources: [], exportable: true, from: null, selfRegistered: false } as const
    const labels = [...LABELS]
    return [
      name,
      { dataset: 'cloud', name, type, missing, unit: '1', labels, lifecycle: 'GENERAL_AVAILABILITY', ...rest },
    ]
  })
  const dataset = { ...cloud, stepMs: scale.stepMs, latenessMs, metrics: new Map(defined) }
  return { ...catalog, datasets: new Map([...catalog.datasets, ['cloud', dataset]]) }
}

function engineOf(world: World): Engine {
  const { table, now } = world
  const catalog = catalogOf(world)
  return createEngine({
    sources: [new PushSource({ table, appliedMs: () => now }), rawOf(world)],
    places: PLACES,
    catalog: { current: () => catalog },
    lanes: new Lanes(DEFAULT_LANES, () => now),
    clock: () => now,
    limits: DEFAULT_QUERY_LIMITS,
  })
}

/** Most lean towards what some rollup keeps and covers, else all would go to raw. */
function drawRequest({ draw, data, metrics, rollups }: World): LabelsRequest & { readonly looked: Looked } {
  const near = draw() < 0.8 ? pick(draw, rollups) : null
  const kept = near && near.labels.length > 0 ? near.labels : LABELS
  const first = below(draw, data.steps / 4)
  const from = data.start + first * data.stepMs
  const to = from + (1 + below(draw, (data.steps * 3) / 4)) * data.stepMs
  const { grain } = near ?? { grain: 'PT1M' }
  const [start, end] = near ? [bucketStart(grain, from), bucketEnd(grain, to)] : [from, to]
  const drawn = some(draw, kept, 0.6)
  const groupBy = drawn.length > 0 ? drawn : [kept[0]!]
  const filter: Filter =
    draw() < 0.3 ? { kind: 'eq', label: pick(draw, kept), value: pick(draw, VALUES) } : (near?.filter ?? EVERYTHING)
  const stored = near?.measures.map(({ metric }) => metric) ?? metrics.map(({ name }) => name)
  const metric = draw() < 0.8 ? pick(draw, stored) : null
  return {
    dataset: 'cloud',
    metric,
    groupBy,
    filter,
    intervals: [formatInterval({ start, end })],
    limit: 1 + below(draw, 4),
    looked: {
      groupBy,
      filter,
      intervals: [{ start, end }],
      metrics: metric === null ? metrics.map(({ name }) => name) : [metric],
    },
  }
}

test('property: pages of labels joined are the labels of raw points, whoever answered which piece', async (t) => {
  const seen = { pushed: 0, mixed: 0, raw: 0, pages: 0 }
  for (let i = 0; i < 15; i++) {
    const world = randomWorld(SEED + i)
    const engine = engineOf(world)
    for (let j = 0; j < 16; j++) {
      const { looked, ...request } = drawRequest(world)
      const asked: Group[] = []
      for (let more = true; more; seen.pages++) {
        const after = asked.at(-1)
        const page = { ...request, ...(after && { after }) }
        const answer = await engine.labels(page, { scope: UNSCOPED, signal: never }).catch((error) => error)
        if (answer.code === 'EDGE_UNAVAILABLE') break
        if (answer instanceof Error) throw answer
        asked.push(...answer.groups)
        more = answer.more
        if (!more) {
          assert.deepEqual(asked, groupsIn(world.data, looked).filter(hasAny), `${i} ${j} ${JSON.stringify(request)}`)
          const sources = answer.freshness.sources.join()
          seen[sources === 'push' ? 'pushed' : sources === 'duckdb' ? 'raw' : 'mixed']++
        }
      }
    }
  }
  t.diagnostic(JSON.stringify(seen))
  for (const [what, count] of Object.entries(seen)) assert.ok(count >= 5, `${what}: only ${count}`)
})

/** Raw by hand, that also answers which labels there are. */
class LabelRaw extends HandRaw {
  override async run(scan: Scan): Promise<never> {
    if (scan.kind === 'states') return (await super.run(scan as never, never)) as StateFrame as never
    this.scans.push(scan)
    const metrics = scan.measures.map(({ metric }) => metric)
    const groups = groupsIn(this.data, { ...scan, metrics })
    const frame = { kind: 'labels', labels: scan.groupBy, groups, rowsRead: 0, raw: 0, asOf: this.asOf() } as const
    return frame satisfies LabelFrame as never
  }
}

function handWorld() {
  const world = engineWorld()
  const raw = new LabelRaw(world.raw.data, () => world.clock.nowMs)
  const table = engineWorld().table
  rollUp(table, raw.data, minutes(0, 58))
  const engine = engineWorld({
    parts: { sources: [new PushSource({ table, appliedMs: () => world.clock.nowMs }), raw] },
  }).engine
  return { engine, raw }
}

const request: LabelsRequest = {
  dataset: 'cloud',
  metric: 'bytes',
  groupBy: ['topic'],
  intervals: ['2026-11-21T10:00:00Z/PT1H'],
  limit: 10,
}
const options = { scope: UNSCOPED, signal: never }

test('push tells the labels of what it covers, raw those of the rest', async () => {
  const { engine, raw } = handWorld()
  const answer = await engine.labels(request, options)
  assert.deepEqual([answer.labels, answer.groups, answer.more], [['topic'], [['a'], ['b']], false])
  assert.deepEqual(answer.freshness.sources, ['push', 'duckdb'])
  assert.deepEqual(
    raw.scans.map(({ kind, intervals }) => [kind, intervals]),
    [['labels', [minutes(58, 60)]]],
  )
  assert.ok(answer.cost > 0)
})

test('without a metric, every metric counts that has all the labels', async () => {
  const { engine } = handWorld()
  const any = { ...request, metric: null }
  assert.deepEqual((await engine.labels({ ...any, groupBy: ['cluster', 'topic'] }, options)).groups, [
    ['c1', 'a'],
    ['c1', 'b'],
    ['c2', 'a'],
  ])
  assert.deepEqual((await engine.labels({ ...any, groupBy: ['partition'] }, options)).groups, [['0']])
})

test('a caller with constraints is told the labels of its own series, at a price that says nothing of others', async () => {
  const { engine } = handWorld()
  const scope = { tenant: 'x', datasets: null, constraints: [{ label: 'cluster', values: ['c2'] }] }
  const { groups, cost } = await engine.labels(request, { ...options, scope })
  assert.deepEqual([groups, cost], [[['a']], 60])
})

test('what cannot be asked is refused with a pointer into the body', async () => {
  const { engine } = handWorld()
  const refused = async (
    changes: Partial<LabelsRequest>,
    code: string,
    pointer: string | undefined,
    message: RegExp,
  ) => {
    await assert.rejects(engine.labels({ ...request, ...changes }, options), (error: Error & { errors: Refused[] }) => {
      const [first] = error.errors
      assert.deepEqual([first?.code, first?.facts.pointer], [code, pointer])
      assert.match(first!.message, message)
      return true
    })
  }
  await refused({ dataset: 'x' }, 'DATASET_UNKNOWN', undefined, /there are: cloud/)
  await refused({ metric: 'x' }, 'METRIC_UNKNOWN', '/metric', /there are: bytes, lag/)
  await refused({ groupBy: [] }, 'FIELD_INVALID', '/group_by', /group_by is empty/)
  await refused({ groupBy: ['x'] }, 'LABEL_UNKNOWN', '/group_by/0', /no label of metric bytes; allowed: cluster, topic/)
  await refused({ groupBy: ['topic', 'topic'] }, 'FIELD_INVALID', '/group_by/1', /names "topic" again/)
  await refused({ metric: null, groupBy: ['x'] }, 'LABEL_UNKNOWN', '/group_by', /no metric of dataset cloud has "x"/)
  await refused({ intervals: [] }, 'FIELD_INVALID', '/intervals', /intervals is empty/)
  await refused({ limit: 0 }, 'FIELD_INVALID', '/limit', /at least 1, got 0/)
})

interface Refused {
  readonly code: string
  readonly message: string
  readonly facts: { readonly pointer?: string }
}

test('the number of series of a metric is estimated from the last settled hour, for callers without constraints', () => {
  const { engine } = handWorld()
  const counts = engine.seriesCounts('cloud', ['bytes', 'nothing'], options)
  assert.deepEqual([...counts!], [['bytes', 100]])
  const scope = { tenant: 'x', datasets: ['cloud'], constraints: [] }
  assert.equal(engine.seriesCounts('cloud', ['bytes'], { ...options, scope }), null)
  assert.deepEqual([...engine.seriesCounts('nobody', ['bytes'], options)!], [])
})
