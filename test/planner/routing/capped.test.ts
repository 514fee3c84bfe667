import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE_MS } from '../../../src/model/granularity.ts'
import { totalMs, unionOf } from '../../../src/model/interval.ts'
import { STRETCHES_MAX } from '../../../src/planner/routing/price.ts'
import { at, plan, rollup, run, type WorldChanges } from './routing-fixture.ts'

/** `count` covered stretches with a minute between; every tenth is long. */
function holed(count: number, changes?: WorldChanges) {
  let start = at(0)
  const runs = Array.from({ length: count }, (_, i) => {
    const end = start + (i % 10 === 0 ? 10 : 2) * MINUTE_MS
    const one = run({ start, end }, { rows: 4 })
    start = end + MINUTE_MS
    return one
  })
  const intervals = [{ start: at(0), end: start - MINUTE_MS }]
  const { route } = plan({ intervals }, [{ rollup: rollup('holed_1m'), runs }], changes)
  const of = (source: string) =>
    route.slices.filter((slice) => slice.source === source).flatMap((slice) => slice.intervals)
  return { route, intervals, push: of('push'), raw: of('duckdb') }
}

test('a plan within the limit keeps every stretch', () => {
  const { push, raw } = holed(STRETCHES_MAX / 2)
  assert.deepEqual([push.length, raw.length], [STRETCHES_MAX / 2, STRETCHES_MAX / 2 - 1])
})

test('a plan of too many stretches gives the smallest rollup ones to raw, and loses no time', () => {
  const { push, raw, intervals, route } = holed(STRETCHES_MAX)
  assert.ok(push.length + raw.length <= STRETCHES_MAX)
  assert.deepEqual(unionOf([...push, ...raw]), intervals)
  assert.equal(totalMs([...push, ...raw]), totalMs(intervals))
  assert.equal(push.filter((each) => totalMs([each]) === 10 * MINUTE_MS).length, Math.ceil(STRETCHES_MAX / 10))
  assert.deepEqual(route.missing, [])
})

test('where raw does not hold them, stretches stay as many as they are', () => {
  const { push, raw } = holed(STRETCHES_MAX, { rawRows: null })
  assert.deepEqual([push.length, raw.length], [STRETCHES_MAX, 0])
})
