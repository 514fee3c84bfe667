import assert from 'node:assert/strict'
import { NO_COVERAGE } from '../../src/model/coverage.ts'
import { EVERYTHING } from '../../src/model/filter.ts'
import type { ResultFrame, StateFrame, StateRow } from '../../src/model/frame.ts'
import { type Interval, intersectAll, subtract, totalMs, unionOf } from '../../src/model/interval.ts'
import { groupKey } from '../../src/model/label.ts'
import { numericOfX } from '../../src/model/measure.ts'
import type { Num } from '../../src/model/number.ts'
import type { LogicalQuery } from '../../src/planner/logical/question.ts'
import { joinStates } from '../../src/planner/merge/join.ts'
import { type MergeSpec, mergeFrames } from '../../src/planner/merge/merge.ts'
import { scansOf } from '../../src/planner/physical/scans.ts'
import type { Route, RouteSlice, RoutingWorld } from '../../src/planner/routing/route.ts'
import { foldRaw } from './memory-raw.ts'
import type { World } from './random-world.ts'
import { PLACES } from './routing/routing-fixture.ts'

/** The world as routing sees it. What push says about measures is left out: only the rules may keep one away. */
export const routingWorld = ({ catalog, table, raw, now }: World): RoutingWorld => ({
  catalog,
  places: PLACES,
  coverage(source, version, measures) {
    if (source === 'push') return version === 'raw' ? NO_COVERAGE : table.coverage(version, [], now)
    return raw.coverage('cloud', version, measures)
  },
})

/** Runs a route's slices against the real push table and raw in memory. Throws as the sources do. */
export function framesOf(route: Route, question: LogicalQuery, world: World): StateFrame[] {
  return scansOf(question, route).map((scan) => {
    const { version } = scan
    const frame = version === 'raw' ? world.raw.read(scan) : world.table.read({ ...scan, defHash: version }, world.now)
    assert.ok(frame.raw >= question.rawAtLeast, `raw version ${frame.raw}, asked for ${question.rawAtLeast}`)
    return frame
  })
}

/** What raw alone says about all that is not missing. */
function truthOf(route: Route, question: LogicalQuery, world: World): StateFrame[] {
  return question.measures.map((measure, i) => {
    const missing = route.missing.filter(({ measures }) => measures.includes(i)).map(({ interval }) => interval)
    const intervals = subtract(question.intervals, missing)
    const rows = foldRaw(world.data, { ...question, intervals, measures: [measure] })
    return { kind: 'states', labels: question.groupBy, measures: [measure], rows, rowsRead: 0, raw: 0, asOf: 0 }
  })
}

const specOf = (question: LogicalQuery): MergeSpec => ({
  ...question,
  labels: question.groupBy,
  completeUntilMs: question.now,
})

/** Throws when the routed answer is not the raw one, or the route breaks a promise of its own. */
export function checkAnswer(route: Route, question: LogicalQuery, world: World): void {
  checkPromises(route, question, world)
  const frames = framesOf(route, question, world)
  if (route.stale.length > 0) return
  const truth = truthOf(route, question, world)
  if (question.measures.some(({ time }) => time === 'EVERY')) {
    const rows = (all: StateFrame[]) => joinStates(all, question.measures, question.groupBy).rows
    sameStates(rows(frames), rows(truth), question, world)
  } else {
    sameFrames(mergeFrames(frames, specOf(question)), mergeFrames(truth, specOf(question)), question, world)
  }
}

function checkPromises(route: Route, question: LogicalQuery, world: World): void {
  for (const i of question.measures.keys()) {
    const served = route.slices.filter(({ measures }) => measures.includes(i)).flatMap(({ intervals }) => intervals)
    const missing = route.missing.filter(({ measures }) => measures.includes(i)).map(({ interval }) => interval)
    const all = [...served, ...missing]
    assert.equal(totalMs(all), totalMs(unionOf(all)), 'no moment is served twice')
    assert.deepEqual(unionOf(all), question.intervals, 'every moment is served or missing')
  }
  for (const slice of route.slices) checkSlice(slice, question, world)
  for (const { interval } of route.missing) {
    assert.deepEqual(intersectAll([interval], rawMayServe(question, world)), [], 'nothing is missing that raw holds')
  }
  assert.ok(route.stale.length === 0 || question.freshness.kind === 'maxStaleness', 'stale only when allowed')
}

function checkSlice({ source, rollup, intervals }: RouteSlice, question: LogicalQuery, world: World): void {
  const names = rollup ? [source, rollup.id] : [source]
  assert.ok(question.use === null || names.some((name) => question.use!.includes(name)), 'only what use names')
  assert.ok(!names.some((name) => question.avoid.includes(name)), 'nothing that avoid names')
  const { runs } = routingWorld(world).coverage(source, rollup?.defHash ?? 'raw', question.measures)
  const good = runs.filter((run) => !run.dirty && (run.settled || question.freshness.kind !== 'sealed'))
  if (question.freshness.kind === 'maxStaleness') return
  const covered = good.map(({ interval }) => interval)
  assert.deepEqual(subtract(intervals, covered), [], 'only what is covered, clean and as settled as asked')
}

function rawMayServe(question: LogicalQuery, world: World): Interval[] {
  if (question.avoid.includes('duckdb') || (question.use !== null && !question.use.includes('duckdb'))) return []
  const { runs } = world.raw.coverage('cloud', 'raw', question.measures)
  return runs.filter((run) => run.settled || question.freshness.kind !== 'sealed').map(({ interval }) => interval)
}

function sameFrames(actual: ResultFrame, expected: ResultFrame, question: LogicalQuery, world: World): void {
  assert.equal(actual.groupsTotal, expected.groupsTotal)
  assert.deepEqual(
    actual.series.map(({ group }) => group),
    expected.series.map(({ group }) => group),
  )
  for (const [i, { group, points }] of expected.series.entries()) {
    const got = actual.series[i]!.points
    assert.deepEqual(
      got.map(({ timestamp, cut }) => [timestamp, cut]),
      points.map(({ timestamp, cut }) => [timestamp, cut]),
    )
    for (const [j, point] of points.entries()) {
      for (const [m, value] of point.values.entries()) {
        sameNumber(got[j]!.values[m] ?? null, value, () => magnitude(question, m, world), `${group} ${point.timestamp}`)
      }
    }
  }
}

function sameStates(actual: readonly StateRow[], expected: readonly StateRow[], question: LogicalQuery, world: World) {
  const keyed = (rows: readonly StateRow[]) => new Map(rows.map((row) => [`${row.bucket}${groupKey(row.group)}`, row]))
  const [got, wanted] = [keyed(actual), keyed(expected)]
  assert.deepEqual([...got.keys()].sort(), [...wanted.keys()].sort())
  for (const [key, row] of wanted) {
    for (const [m, state] of row.states.entries()) {
      const other = got.get(key)!.states[m]
      assert.equal(!other, !state, key)
      for (const name of ['sum', 'n', 'min', 'max', 'lastStep', 'last'] as const) {
        if (state) sameNumber(other![name], state[name], () => magnitude(question, m, world), `${key} ${name}`)
      }
    }
  }
}

/** Integers bit by bit; doubles within 1e-12 of the sum of magnitudes. */
function sameNumber(actual: Num | null, expected: Num | null, scale: () => number, what: string): void {
  if (actual === expected) return
  const isDouble = typeof actual === 'number' && typeof expected === 'number'
  if (isDouble && Math.abs(actual - expected) <= 1e-12 * scale()) return
  assert.fail(`${what}: ${actual}, raw says ${expected}`)
}

/** Σ|value| of everything asked; 0 where X is an integer, so that nothing is forgiven. */
function magnitude({ measures, intervals }: LogicalQuery, index: number, { data }: World): number {
  const measure = measures[index]
  // Ratios are drawn of exact numbers alone.
  if (!measure) return 0
  if (numericOfX(measure) === 'INT64' && measure.time !== 'AVG') return 0
  const series = data.series.map((each) => ({ ...each, values: each.values.map(absolute) }))
  const sum = { ...measure, space: 'SUM' as const, time: 'SUM' as const }
  const fold = { intervals, granularity: 'ALL' as const, allStart: 0, groupBy: [], filter: EVERYTHING, measures: [sum] }
  return Number(foldRaw({ ...data, series }, fold)[0]?.states[0]?.sum ?? 0)
}

const absolute = (value: Num | undefined): Num | undefined => (value !== undefined && value < 0 ? -value : value)
