import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Asker, type FieldQuestion } from '../../../src/api/graphql/asker.ts'
import { Lanes } from '../../../src/lanes/lanes.ts'
import { DEFAULT_LANES } from '../../../src/lanes/options.ts'
import type { CatalogVersion, MetricDefinition } from '../../../src/model/definition.ts'
import { formatInterval } from '../../../src/model/interval.ts'
import { SPACES, TIMES } from '../../../src/model/measure.ts'
import { UNSCOPED } from '../../../src/model/scope.ts'
import {
  type Answer,
  createEngine,
  DEFAULT_QUERY_LIMITS,
  type Engine,
  type QueryRequest,
} from '../../../src/planner/engine.ts'
import { PushSource } from '../../../src/sources/push/push-source.ts'
import { below, LABELS, pick, randomWorld, some, VALUES, type World } from '../../planner/random-world.ts'
import { SEED } from '../../seed.ts'

const WORLDS = 4
const OPERATIONS = 10

const OPTIONS = { scope: UNSCOPED, signal: new AbortController().signal }

/** The real planner over random data, some of it rolled up; counts what it is asked. */
function engineOf(world: World): { engine: Engine; asked: QueryRequest[] } {
  const asked: QueryRequest[] = []
  const clock = () => world.now
  const engine = createEngine({
    sources: [new PushSource({ table: world.table, appliedMs: clock }), world.raw],
    places: [
      { source: 'push', serves: 'rollups' },
      { source: 'duckdb', serves: 'raw' },
    ],
    catalog: { current: () => catalogOf(world) },
    lanes: new Lanes(DEFAULT_LANES, clock),
    clock,
    limits: { ...DEFAULT_QUERY_LIMITS, intervalMsMax: {} },
  })
  const counting: Engine = {
    ...engine,
    answer: (question, level, options) => {
      asked.push(question)
      return engine.answer(question, level, options)
    },
  }
  return { engine: counting, asked }
}

function catalogOf({ catalog, metrics }: World): CatalogVersion {
  const dataset = catalog.datasets.get('cloud')!
  const known = [...dataset.metrics.values()][0]!
  const named = metrics.map(({ name, type, missing }): MetricDefinition => {
    return { ...known, name, type, unit: '1', missing, labels: name === 'o' ? ['a', 'b'] : ['a', 'b', 'c'] }
  })
  return {
    ...catalog,
    datasets: new Map([['cloud', { ...dataset, metrics: new Map(named.map((each) => [each.name, each])) }]]),
  }
}

/** Fields as dashboards have them: mostly the same but for the metric; now and then with limits and mistakes. */
function randomFields(world: World): FieldQuestion[] {
  const { draw, data, scale } = world
  const start = data.start + below(draw, data.steps / 2) * data.stepMs
  const end = Math.min(world.now, start + (1 + below(draw, data.steps / 2)) * data.stepMs)
  const shared = {
    dataset: 'cloud',
    granularity: pick(draw, scale.granularities),
    intervals: [formatInterval({ start, end: Math.max(end, start + data.stepMs) })],
    groupBy: some(draw, LABELS, 0.5),
    ...(draw() < 0.3 ? { filter: { kind: 'eq', label: pick(draw, LABELS), value: pick(draw, VALUES) } as const } : {}),
  }
  return Array.from({ length: 2 + below(draw, 5) }, () => {
    const aggregations = Array.from({ length: draw() < 0.8 ? 1 : 2 }, () => ({
      metric: draw() < 0.01 ? 'unknown' : pick(draw, draw() < 0.05 ? ['o'] : ['m', 'n']),
      ...(draw() < 0.5 ? { agg: pick(draw, SPACES) } : {}),
      ...(draw() < 0.5 ? { time: pick(draw, TIMES) } : {}),
    }))
    const limit = shared.groupBy.length > 0 && draw() < 0.25 ? { limit: 1 + below(draw, 3) } : {}
    const fill = draw() < 0.1 ? { fill: 'zero' as const } : {}
    const question = { ...shared, aggregations, ...limit, ...fill }
    return { question, level: 'summary', wantsPlan: draw() < 0.1 }
  })
}

/** What a client can see of it, with what it asked for. */
const seen = ({ frame, measures, granularity, intervals, plan }: Answer, field: FieldQuestion) => ({
  frame,
  measures,
  granularity,
  intervals,
  ...(field.wantsPlan ? { plan } : {}),
})

const settledAs = async (asked: Promise<Answer>, field: FieldQuestion): Promise<unknown> =>
  asked.then(
    (answer) => seen(answer, field),
    (error: Error) => ({ refused: error.message }),
  )

test('fields that are answered together are told what each would be told alone', async (t) => {
  const counts = { fields: 0, shared: 0, refused: 0, groupsApart: 0 }
  for (let i = 0; i < WORLDS; i++) {
    const world = randomWorld(SEED * 7 + i)
    const { engine, asked } = engineOf(world)
    for (let j = 0; j < OPERATIONS; j++) {
      const fields = randomFields(world)
      asked.length = 0
      const asker = new Asker(engine, OPTIONS)
      const together = await Promise.all(fields.map((field) => settledAs(asker.answer(field), field)))
      const own = new Set(fields.map(({ question }) => question))
      counts.shared += fields.length - asked.filter((question) => own.has(question)).length
      const alone: unknown[] = []
      for (const field of fields) {
        alone.push(await settledAs(engine.answer(field.question, 'summary', OPTIONS), field))
      }
      assert.deepEqual(together, alone, `seed ${SEED}, world ${i}, operation ${j}: ${JSON.stringify(fields)}`)
      counts.fields += fields.length
      counts.refused += alone.filter((each) => 'refused' in (each as object)).length
      counts.groupsApart +=
        new Set(alone.map((each) => (each as Partial<Answer>).frame?.series.length)).size > 1 ? 1 : 0
    }
  }
  t.diagnostic(JSON.stringify(counts))
  assert.ok(counts.shared >= 0.2 * counts.fields, 'too little was asked together to prove anything')
  assert.ok(counts.refused >= 10 && counts.groupsApart >= 10)
})
