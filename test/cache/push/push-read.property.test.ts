import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PushRead } from '../../../src/cache/push/contract.ts'
import type { RollupVersion } from '../../../src/model/definition.ts'
import { allOf, type Filter, pinnedLabels } from '../../../src/model/filter.ts'
import { canonicalFilter } from '../../../src/model/filter-canonical.ts'
import { bucketEnd, bucketsOf, type Granularity, nestsOver } from '../../../src/model/granularity.ts'
import { unionOf } from '../../../src/model/interval.ts'
import { groupKey, type LabelSet } from '../../../src/model/label.ts'
import { type MeasureRef, type MetricType, SPACES, TIMES } from '../../../src/model/measure.ts'
import type { Num } from '../../../src/model/number.ts'
import type { State } from '../../../src/model/state.ts'
import { atBaseStep } from '../../../src/model/written-state.ts'
import { SEED } from '../../seed.ts'
import { oracle, rollUp, type SeriesReading } from './naive-oracle.ts'
import { deliver, minute, minutes, NOW, rolledUp, rollupOf, tableOf } from './push-fixture.ts'

const SPAN = minutes(0, 30)
/** The rollup's own filter pins it, so it is not stored. */
const PINNED = { region: 'eu' }
const VALUES: Record<string, readonly string[]> = {
  cluster: ['c1', 'c2', '\ud800'],
  topic: ['', 'a', 'b', 'ä'],
  host: ['h1', 'h2'],
}

const labelSet: fc.Arbitrary<LabelSet> = fc
  .record(
    Object.fromEntries(
      Object.entries(VALUES).map(([name, values]) => [
        name,
        fc.option(fc.constantFrom(...values), { freq: 4, nil: undefined }),
      ]),
    ),
  )
  .map(
    (labels) =>
      ({
        ...Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== undefined)),
        ...PINNED,
      }) as LabelSet,
  )

const integer: fc.Arbitrary<Num> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -50, max: 50 }) },
  { weight: 1, arbitrary: fc.constantFrom<Num>(2 ** 53 - 1, 1 - 2 ** 53, 2n ** 53n + 1n, -(2n ** 60n) - 3n) },
)
/** Quarters add up exactly in any order. */
const double: fc.Arbitrary<Num> = fc.integer({ min: -400, max: 400 }).map((each) => each / 4)

const readingsOf = (type: MetricType): fc.Arbitrary<SeriesReading[]> =>
  fc
    .uniqueArray(labelSet, { minLength: 1, maxLength: 12, selector: (labels) => JSON.stringify(labels) })
    .chain((series) => {
      const step = fc.option(type.endsWith('INT64') ? integer : double, { freq: 2 })
      const steps = fc.array(step, { minLength: 30, maxLength: 30 })
      return fc.tuple(
        ...series.map((labels) =>
          steps.map((values) =>
            values.flatMap((value, i) => (value === null ? [] : [{ labels, step: minute(i), value }])),
          ),
        ),
      )
    })
    .map((each) => each.flat())

const leaf: fc.Arbitrary<Filter> = fc.constantFrom('cluster', 'topic', 'region').chain((label) => {
  const value = fc.constantFrom('eu', ...(VALUES[label] ?? []), 'none')
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
      filters: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}))

const rollup = fc
  .record({
    type: fc.constantFrom<MetricType>('COUNTER_INT64', 'GAUGE_DOUBLE'),
    missing: fc.constantFrom('absent' as const, 'zero' as const),
    grain: fc.constantFrom('PT1M' as const, 'PT5M' as const, 'PT15M' as const),
  })
  .map(({ type, missing, grain }) =>
    rollupOf({ grain, measures: SPACES.map((space) => ({ metric: 'm', unit: '1', type, missing, space })) }),
  )

interface Question extends Omit<PushRead, 'measures'> {
  readonly measures: readonly MeasureRef[]
}

function questionOf(version: RollupVersion): fc.Arbitrary<Question> {
  const windows = [...bucketsOf(version.grain, SPAN)].map((start) => ({ start, end: bucketEnd(version.grain, start) }))
  const granularities = (['PT1M', 'PT5M', 'PT15M', 'PT1H', 'ALL'] as Granularity[]).filter((each) =>
    nestsOver(version.grain, each, SPAN),
  )
  return fc
    .record({
      groupBy: fc.shuffledSubarray(['cluster', 'topic', 'region']),
      filter: filter.map(canonicalFilter),
      granularity: fc.constantFrom(...granularities),
      intervals: fc.subarray(windows, { minLength: 1 }).map(unionOf),
      refs: fc.array(fc.tuple(fc.constantFrom(...version.measures), fc.constantFrom(...TIMES, 'EVERY' as const)), {
        minLength: 1,
        maxLength: 3,
      }),
    })
    .map(({ refs, ...rest }) => {
      const measures = refs.map(([measure, time]): MeasureRef => ({ ...measure, time }))
      return { ...rest, defHash: version.defHash, pinned: PINNED, allStart: rest.intervals[0]!.start, measures }
    })
}

const isDropping = ({ groupBy, filter }: Question): boolean =>
  ['cluster', 'topic'].some((label) => !groupBy.includes(label) && !pinnedLabels(filter).has(label))

/** The table of docs/semantics.md for rows above the base step, once more. */
function isExactToDrop({ space, time, missing }: MeasureRef): boolean {
  if (time === 'LAST') return true
  if (space === time && (space === 'MIN' || space === 'MAX')) return true
  return (space === 'SUM' || space === 'COUNT') && (time === 'SUM' || (time === 'AVG' && missing === 'zero'))
}

/** What an answer takes from a state: only that has to be right. */
function asked(state: State, { time, missing }: MeasureRef): unknown[] {
  switch (time) {
    case 'SUM':
      return [state.sum]
    case 'AVG':
      return missing === 'zero' ? [state.sum] : [state.sum, state.n]
    case 'MIN':
      return [state.min]
    case 'MAX':
      return [state.max]
    case 'LAST':
      return [state.lastStep, state.last]
    case 'EVERY':
      return [state.sum, state.n, state.min, state.max, state.lastStep, state.last, state.pair?.sum, state.pair?.count]
  }
}

/** Exact, or for the doubles of AVG in space within rounding of `scale`, the sum of all magnitudes. */
function assertSame(actual: State | null, expected: State | undefined, measure: MeasureRef, scale: number): void {
  assert.equal(actual === null, expected === undefined)
  if (!actual || !expected) return
  const [have, want] = [asked(actual, measure), asked(expected, measure)]
  const slack = measure.space === 'AVG' ? 1e-12 * scale : 0
  for (const [i, value] of have.entries()) {
    const isClose = value === want[i] || Math.abs(Number(value) - Number(want[i])) < slack
    assert.ok(isClose && typeof value === typeof want[i], `${value} is not ${want[i]}`)
  }
}

const scenario = rollup.chain((version) =>
  fc.record({
    version: fc.constant(version),
    readings: readingsOf(version.measures[0]!.type),
    questions: fc.array(questionOf(version), { minLength: 1, maxLength: 6 }),
  }),
)

test('what the table answers is what the readings say, in every space, time, granularity, grouping and filter', () => {
  const seen = { folded: 0, rows: 0 }
  fc.assert(
    fc.property(scenario, ({ version, readings, questions }) => {
      const table = tableOf([version])
      const scale = readings.reduce((sum, { value }) => sum + Math.abs(Number(value)), 0)
      for (const content of rollUp(readings, version, SPAN)) deliver(table, rolledUp(content, version))
      for (const question of questions) {
        const folds = !atBaseStep(version) && isDropping(question)
        const measures = question.measures.filter((measure) => !folds || isExactToDrop(measure))
        const request = { ...question, measures }
        const frame = table.read(request, NOW)
        const rows = new Map(frame.rows.map((row) => [`${row.bucket} ${groupKey(row.group)}`, row]))
        assert.equal(rows.size, frame.rows.length, 'every key is there once')
        for (const [i, measure] of measures.entries()) {
          const expected = new Map(
            oracle(readings, request, measure).map((row) => [`${row.bucket} ${groupKey(row.group)}`, row.state]),
          )
          for (const key of new Set([...rows.keys(), ...expected.keys()]))
            assertSame(rows.get(key)?.states[i] ?? null, expected.get(key), measure, scale)
          if (folds) seen.folded += expected.size
          seen.rows += expected.size
        }
        assertLabels(table.readLabels(request, NOW).groups.map(groupKey), readings, request)
      }
    }),
    { numRuns: 250, seed: SEED },
  )
  assert.ok(seen.folded > 100 && seen.rows > 1000, 'the questions find something')
})

function assertLabels(groups: string[], readings: readonly SeriesReading[], request: Question): void {
  const question = { ...request, granularity: 'ALL' as const }
  const expected = oracle(readings, question, {
    metric: 'm',
    type: 'GAUGE_DOUBLE',
    unit: '1',
    space: 'COUNT',
    missing: 'absent',
  })
  assert.deepEqual(groups.sort(), expected.map((row) => groupKey(row.group)).sort())
}

test('series that come after a question was asked are in its next answer', () => {
  fc.assert(
    fc.property(readingsOf('COUNTER_INT64'), filter.map(canonicalFilter), (readings, each) => {
      const version = rollupOf({
        measures: [{ metric: 'm', type: 'COUNTER_INT64', unit: '1', space: 'SUM', missing: 'absent' }],
      })
      const table = tableOf([version])
      const measures: MeasureRef[] = version.measures.map((measure) => ({ ...measure, time: 'SUM' }))
      const rest = {
        defHash: version.defHash,
        granularity: 'PT1M' as const,
        allStart: 0,
        groupBy: ['topic'],
        pinned: PINNED,
        filter: allOf([each]),
        measures,
      }
      for (const content of rollUp(readings, version, SPAN)) {
        deliver(table, rolledUp(content, version))
        const request = { ...rest, intervals: [{ start: content.bucket, end: bucketEnd('PT1M', content.bucket) }] }
        const answer = Object.fromEntries(
          table.read(request, NOW).rows.map((row) => [groupKey(row.group), row.states[0]?.sum]),
        )
        const expected = Object.fromEntries(
          oracle(readings, request, measures[0]!).map((row) => [groupKey(row.group), row.state.sum]),
        )
        assert.deepEqual(answer, expected)
      }
    }),
    { numRuns: 60, seed: SEED },
  )
})
