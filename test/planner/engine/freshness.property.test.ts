import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketStart, MINUTE_MS } from '../../../src/model/granularity.ts'
import { UNSCOPED } from '../../../src/model/scope.ts'
import type { Answer, QueryRequest } from '../../../src/planner/engine.ts'
import { deliver, dirtyOf, LATENESS_MS, minute, minutes } from '../../cache/push/push-fixture.ts'
import { SEED } from '../../seed.ts'
import type { RawData } from '../memory-raw.ts'
import { type EngineWorld, engineWorld, never, rollUp, TOPIC_1M, usualData } from './engine-world.ts'

const STEPS = 24
const GRANULARITIES = ['PT1M', 'PT5M', 'ALL'] as const

/** How one minute's window came to be: not at all, from a read soon after its end, or from one after the watermark. */
type Rolled = 'never' | 'early' | 'settled'

interface Minute {
  readonly rolled: Rolled
  /** When its three points arrived, in seconds after its start. */
  readonly arrivals: readonly number[]
}

/** Most arrive in their minute, some within lateness, some later. */
const arrival = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 60 }) },
  { weight: 2, arbitrary: fc.integer({ min: 60, max: 150 }) },
  { weight: 1, arbitrary: fc.integer({ min: 150, max: 1500 }) },
)
const aMinute: fc.Arbitrary<Minute> = fc.record({
  rolled: fc.constantFrom<Rolled>('settled', 'settled', 'settled', 'early', 'never'),
  arrivals: fc.array(arrival, { minLength: 3, maxLength: 3 }),
})

const scene = fc.record({
  past: fc.array(aMinute, { minLength: STEPS, maxLength: STEPS }),
  nowS: fc.integer({ min: 12 * 60, max: STEPS * 60 + 400 }),
  pushLagS: fc.constantFrom(0, 0, 0, 20, 100),
  rawLagS: fc.constantFrom(0, 0, 0, 15, 100),
  from: fc.integer({ min: 0, max: 8 }),
  length: fc.integer({ min: 1, max: 16 }),
  granularity: fc.constantFrom(...GRANULARITIES),
  stale: fc.boolean(),
  lateRollUp: fc.boolean(),
})
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never

/** Every point counts one, so a number says how many points are in it. */
function dataOf({ past }: Scene): RawData {
  const usual = usualData(STEPS)
  const series = usual.series
    .filter(({ metric }) => metric.name === 'bytes')
    .map((each, i) => ({
      ...each,
      values: past.map(() => 1),
      arrivedMs: past.map(({ arrivals }, step) => minute(step) + arrivals[i]! * 1000),
    }))
  return { ...usual, series }
}

/** Windows as the pipeline leaves them at the moment push has applied: whoever lacks a point that came is marked. */
function pushed(world: EngineWorld, data: RawData, { past, pushLagS, lateRollUp }: Scene): void {
  const appliedMs = world.clock.nowMs - pushLagS * 1000
  for (const [step, { rolled }] of past.entries()) {
    const end = minute(step + 1)
    const settledAt = lateRollUp ? Math.max(end + LATENESS_MS, appliedMs - 30_000) : end + LATENESS_MS
    const through = rolled === 'settled' && settledAt <= appliedMs ? settledAt : end + 5000
    if (rolled === 'never' || through > appliedMs) continue
    rollUp(world.table, data, minutes(step, step + 1), { through: () => through })
    const lacks = data.series.some(({ arrivedMs }) => arrivedMs[step]! > through && arrivedMs[step]! <= appliedMs)
    if (lacks) deliver(world.table, [dirtyOf(minute(step), 5, TOPIC_1M)])
  }
}

const arrivedBy = (data: RawData, step: number, moment: number): number =>
  data.series.filter(({ arrivedMs }) => arrivedMs[step]! <= moment).length

/** Asked steps of each bucket of the answer. */
function bucketsOf({ from, length, granularity }: Scene): Map<number, number[]> {
  const buckets = new Map<number, number[]>()
  for (let step = from; step < from + length; step++) {
    const bucket = bucketStart(granularity, minute(step), minute(from))
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), step])
  }
  return buckets
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

function check(asked: Scene, data: RawData, { frame, freshness, plan }: Answer, nowMs: number): void {
  const [asOf, completeThrough] = [Date.parse(freshness.asOf), Date.parse(freshness.completeThrough)]
  const known = nowMs - Math.max(asked.pushLagS, asked.rawLagS) * 1000
  const points = new Map(frame.series[0]?.points.map(({ timestamp, values }) => [timestamp, Number(values[0])]))
  for (const [bucket, steps] of bucketsOf(asked)) {
    const shown = points.get(bucket) ?? 0
    const arrived = (moment: number) => sum(steps.map((step) => (step < STEPS ? arrivedBy(data, step, moment) : 0)))
    assert.ok(shown >= arrived(asOf), `bucket ${bucket} shows ${shown}, ${arrived(asOf)} had arrived by asOf`)
    assert.ok(shown <= arrived(nowMs))
    if (minute(steps.at(-1)! + 1) > completeThrough || bucket >= completeThrough) continue
    assert.ok(shown >= arrived(known), `bucket ${bucket} lacks what is known to have come, but counts as complete`)
    assert.ok(asOf >= minute(steps.at(-1)! + 1) + LATENESS_MS, 'it was read after everything in time had come')
  }
  const end = minute(asked.from + asked.length)
  assert.equal(freshness.state === 'stale', plan.stale.length > 0)
  if (freshness.state === 'complete') assert.ok(end <= completeThrough)
  if (freshness.state === 'provisional') assert.ok(end > completeThrough)
}

test('property: everything before completeThrough is complete, everything that came by asOf is shown, and the state says so', async (t) => {
  const seen = { complete: 0, provisional: 0, stale: 0, pushed: 0 }
  await fc.assert(
    fc.asyncProperty(scene, async (asked) => {
      const data = dataOf(asked)
      const { pushLagS, rawLagS, from, length, granularity } = asked
      const world = engineWorld({ data, pushLagMs: pushLagS * 1000, rawLagMs: rawLagS * 1000 })
      world.clock.nowMs = minute(0) + asked.nowS * 1000
      pushed(world, data, asked)
      const request: QueryRequest = {
        dataset: 'cloud',
        aggregations: [{ metric: 'bytes' }],
        groupBy: [],
        granularity,
        intervals: [`${new Date(minute(from)).toISOString()}/PT${length}M`],
        ...(asked.stale ? { freshness: { kind: 'maxStaleness', ms: 60 * MINUTE_MS } } : {}),
      }
      const answer = await world.engine.answer(request, 'summary', { scope: UNSCOPED, signal: never })
      check(asked, data, answer, world.clock.nowMs)
      seen[answer.freshness.state]++
      if (answer.freshness.sources.includes('push')) seen.pushed++
    }),
    { numRuns: 400, seed: SEED },
  )
  t.diagnostic(JSON.stringify(seen))
  assert.ok(Object.values(seen).every((count) => count > 30))
})

test('where nothing lags and nothing is dirty, completeThrough is the watermark, with push and without', async () => {
  const world = engineWorld()
  world.clock.nowMs = minute(63)
  rollUp(world.table, world.raw.data, minutes(0, 60))
  const request = { dataset: 'cloud', aggregations: [{ metric: 'bytes' }], groupBy: [], granularity: 'PT5M' } as const
  for (const avoid of [[], ['push']]) {
    const asked = { ...request, intervals: ['2026-11-21T10:00:00Z/PT1H'], avoid }
    const { freshness } = await world.engine.answer(asked, 'summary', { scope: UNSCOPED, signal: never })
    assert.deepEqual([freshness.completeThrough, freshness.state], ['2026-11-21T11:01:30Z', 'complete'])
  }
})
