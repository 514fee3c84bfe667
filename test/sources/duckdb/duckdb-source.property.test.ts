import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Filter } from '../../../src/model/filter.ts'
import { DAY_MS, GRANULARITIES, HOUR_MS, MINUTE_MS } from '../../../src/model/granularity.ts'
import { unionOf } from '../../../src/model/interval.ts'
import { groupKey, type LabelSet } from '../../../src/model/label.ts'
import {
  METRIC_TYPES,
  type MeasureRef,
  type MetricType,
  numericOfX,
  SPACES,
  TIMES,
} from '../../../src/model/measure.ts'
import type { Num } from '../../../src/model/number.ts'
import type { Point } from '../../../src/model/point.ts'
import type { State } from '../../../src/model/state.ts'
import type { Scan } from '../../../src/ports/source.ts'
import { oracle } from '../../cache/push/naive-oracle.ts'
import { SEED } from '../../seed.ts'
import { openWorld, scanOf, T0 } from './duckdb-fixture.ts'
import { seriesReadings } from './points-oracle.ts'

/** Names that differ in case alone, values at the edges of text order. */
const VALUES: Record<string, readonly string[]> = {
  topic: ['', 'a', 'b', 'ä', '\uffff', '😀'],
  Topic: ['a', "it's; --"],
  'metric.host"x': ['h1', 'h2', 'a\0b'],
}
const LABELS = Object.keys(VALUES)
/** From here, over the end of a week and of a month. */
const SPAN_MS = 12 * DAY_MS

const labelSet: fc.Arbitrary<LabelSet> = fc
  .tuple(...LABELS.map((name) => fc.option(fc.constantFrom(...VALUES[name]!), { freq: 4, nil: undefined })))
  .map((values) =>
    Object.fromEntries(LABELS.flatMap((name, i) => (values[i] === undefined ? [] : [[name, values[i]]]))),
  )

const valueFor = (type: MetricType): fc.Arbitrary<Num> =>
  type.endsWith('INT64')
    ? fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: -50, max: 50 }) },
        { weight: 1, arbitrary: fc.constantFrom<Num>(2 ** 53 - 1, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)) },
      )
    : fc.integer({ min: -400, max: 400 }).map((each) => each / 4)

/** Few moments, so that series and steps repeat. */
const moment = fc.oneof(
  fc.integer({ min: 0, max: 20 }).map((n) => T0 + n * MINUTE_MS),
  fc.integer({ min: 0, max: SPAN_MS / HOUR_MS }).map((n) => T0 + n * HOUR_MS),
)

const pointOf = (metric: string, type: MetricType): fc.Arbitrary<Point> =>
  fc
    .record({ labels: labelSet, stepMs: moment, value: valueFor(type), after: fc.constantFrom(0, 1, 1.000001, 59_999) })
    .map(({ after, ...rest }) => ({ dataset: 'cloud', metric, type, readingMs: rest.stepMs + after, ...rest }))

const leaf: fc.Arbitrary<Filter> = fc.constantFrom(...LABELS, 'none').chain((label) => {
  const value = fc.constantFrom(...(VALUES[label] ?? []), 'A', 'c')
  return fc.oneof(
    fc.record({
      kind: fc.constantFrom('eq' as const, 'gt' as const, 'gte' as const, 'prefix' as const),
      label: fc.constant(label),
      value,
    }),
    fc.record({
      kind: fc.constant('regex' as const),
      label: fc.constant(label),
      pattern: fc.constantFrom('', '.*', '.', '[a-m]+', 'a|😀', '[^a]', 'h[0-9]', 'none|.{2}', '(?i)A.*'),
    }),
    fc.record({
      kind: fc.constant('in' as const),
      label: fc.constant(label),
      values: fc.array(value, { maxLength: 3 }),
    }),
  )
})
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant<Filter>({ kind: 'true' }),
    leaf,
    fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      filters: fc.array(tie('filter'), { maxLength: 3 }),
    }),
  ),
}))

const interval = fc.oneof(
  fc.tuple(moment, moment).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) + MINUTE_MS })),
  fc.constant({ start: T0, end: T0 + SPAN_MS + HOUR_MS }),
)

const questionOf = (types: Readonly<Record<string, MetricType>>) =>
  fc
    .record({
      groupBy: fc.shuffledSubarray([...LABELS, 'none']),
      filter,
      granularity: fc.constantFrom(...GRANULARITIES),
      intervals: fc.array(interval, { minLength: 1, maxLength: 3 }).map(unionOf),
      measures: fc.array(
        fc.record({
          metric: fc.constantFrom(...Object.keys(types)),
          space: fc.constantFrom(...SPACES),
          time: fc.constantFrom(...TIMES),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    })
    .map(({ measures, ...rest }) =>
      scanOf('states', {
        ...rest,
        allStart: rest.intervals[0]!.start,
        measures: measures.map(
          (each): MeasureRef => ({ ...each, type: types[each.metric]!, unit: '1', missing: 'absent' }),
        ),
      }),
    )

const scenario = fc
  .record({ m: fc.constantFrom(...METRIC_TYPES), M: fc.constantFrom(...METRIC_TYPES) })
  .chain((types) =>
    fc.record({
      commits: fc.array(
        fc.array(fc.oneof(pointOf('m', types.m), pointOf('M', types.M)), { minLength: 8, maxLength: 25 }),
        { minLength: 1, maxLength: 3 },
      ),
      questions: fc.array(questionOf(types), { minLength: 2, maxLength: 8 }),
    }),
  )

const keyOf = (bucket: number, group: Scan['groupBy'] | readonly (string | null)[]): string =>
  `${bucket} ${groupKey(group)}`

/** Integers to the last digit; quarters add up exactly, but the means of AVG in space do not. */
function assertSame(actual: State, expected: State, measure: MeasureRef, scale: number): void {
  const parts = ({ sum, n, min, max, lastStep, last, pair }: State) => [
    sum,
    min,
    max,
    last,
    n,
    lastStep,
    pair?.sum,
    pair?.count,
  ]
  const [have, want] = [parts(actual), parts(expected)]
  const slack = measure.space === 'AVG' ? 1e-12 * scale : 0
  for (const [i, value] of have.entries()) {
    const isClose = i < 4 && numericOfX(measure) === 'DOUBLE' && Math.abs(Number(value) - Number(want[i])) <= slack
    assert.ok(
      (value === want[i] || isClose) && typeof value === typeof want[i],
      `part ${i}: ${value} is not ${want[i]}`,
    )
  }
}

test('what raw answers is what the points say, in every space, time, granularity, grouping and filter', async () => {
  const seen = { rows: 0, labels: 0 }
  await using world = await openWorld()
  let runs = 0
  await fc.assert(
    fc.asyncProperty(scenario, async (drawn) => {
      const dataset = `run ${runs++}`
      const commits = drawn.commits.map((points) => points.map((point) => ({ ...point, dataset })))
      const questions = drawn.questions.map((question) => ({ ...question, dataset }))
      for (const points of commits) await world.append(points)
      const points = commits.flat()
      const scale = points.reduce((sum, { value }) => sum + Math.abs(Number(value)), 0)
      for (const question of questions) {
        const frame = await world.states(question)
        const rows = new Map(frame.rows.map((row) => [keyOf(row.bucket, row.group), row]))
        assert.equal(rows.size, frame.rows.length, 'every key is there once')
        const expectedKeys = new Set<string>()
        for (const [i, measure] of question.measures.entries()) {
          const expected = oracle(seriesReadings(points, measure.metric), question, measure)
          const keys = new Set(expected.map((row) => keyOf(row.bucket, row.group)))
          for (const { bucket, group, state } of expected)
            assertSame(rows.get(keyOf(bucket, group))!.states[i]!, state, measure, scale)
          for (const [key, row] of rows) assert.equal(row.states[i] !== null, keys.has(key), key)
          for (const key of keys) expectedKeys.add(key)
        }
        assert.deepEqual(new Set(rows.keys()), expectedKeys)
        seen.rows += rows.size
        seen.labels += await assertLabels(world, points, question)
      }
    }),
    { numRuns: 16, seed: SEED },
  )
  assert.ok(seen.rows > 500 && seen.labels > 100, 'the questions find something')
})

async function assertLabels(
  world: Awaited<ReturnType<typeof openWorld>>,
  points: readonly Point[],
  question: Scan,
): Promise<number> {
  const frame = await world.labels({ ...question, kind: 'labels' })
  const asked = { ...question, granularity: 'ALL' as const }
  const counted = question.measures.flatMap((measure) =>
    oracle(seriesReadings(points, measure.metric), asked, { ...measure, space: 'COUNT' }),
  )
  const groups = frame.groups.map(groupKey)
  assert.deepEqual(new Set(groups), new Set(counted.map(({ group }) => groupKey(group))))
  assert.equal(groups.length, new Set(groups).size)
  return groups.length
}
