import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lateWatch, type Sight } from './page-modules.ts'

const { accepted, looked, sightOf, watchOf, watchSegments } = lateWatch
const pushed = (raw: number): Sight => ({ source: 'push', rollup: 'c/topic_1m', raw, dirty: false, total: 10 })
const rawly = (raw: number, dirty = true): Sight => ({ source: 'duckdb', rollup: null, raw, dirty, total: 20 })

test('a late point is seen step by step until its window is pushed at a higher raw version', () => {
  let watch = accepted(watchOf(pushed(4), 100), 130)
  watch = looked(watch, pushed(4), 140)
  assert.equal(watch.done, false, 'the push table does not know yet')
  watch = looked(watch, rawly(7), 150)
  watch = looked(watch, rawly(7), 160)
  assert.deepEqual(watch.seenMs, { accepted: 130, raw: 150, dirty: 150 })
  watch = looked(watch, pushed(7), 190)
  assert.deepEqual(watch.seenMs, { accepted: 130, raw: 150, dirty: 150, pushed: 190 })
  assert.equal(watch.done, true)
  assert.equal(watch.looks.length, 3, 'looks that say the same are one')
})

test('a roll-up that is over between two looks is seen as done, without the dirty step', () => {
  const watch = looked(accepted(watchOf(pushed(4), 0), 10), pushed(9), 20)
  assert.deepEqual(watch.seenMs, { accepted: 10, raw: 20, pushed: 20 })
  assert.equal(watch.done, true)
})

test('a question that no rollup answers is done when the raw version rises', () => {
  const before = rawly(4, false)
  assert.equal(looked(watchOf(before, 0), before, 10).done, false)
  assert.equal(looked(watchOf(before, 0), rawly(5, false), 10).done, true)
})

test('the first late point of an hour raises the version from none', () => {
  const before = { ...pushed(0), raw: null }
  assert.deepEqual(looked(watchOf(before, 0), rawly(3), 10).seenMs, { raw: 10, dirty: 10 })
})

test('the timeline says who answered from when to when, as before until the point was accepted', () => {
  let watch = accepted(watchOf(pushed(4), 100), 120)
  for (const [sight, atMs] of [
    [rawly(7), 150],
    [pushed(7), 190],
  ] as const)
    watch = looked(watch, sight, atMs)
  assert.deepEqual(
    watchSegments(watch, 200).map(({ source, start, end }) => [source, start, end]),
    [
      ['push', 100, 120],
      ['duckdb', 120, 190],
      ['push', 190, 200],
    ],
  )
})

test('what one answer says of its window: source, raw version, dirty, total', () => {
  const slice = {
    interval: '2026-11-21T10:00:00Z/2026-11-21T10:01:00Z',
    source: 'duckdb',
    rollup: null,
    grain: 'PT1M',
    raw: 7,
  }
  const candidates = [
    {
      source: 'push',
      rollup: 'c/t',
      chosen: false,
      reasons: [{ code: 'DIRTY', interval: slice.interval, detail: '' }],
    },
  ]
  const meta = { plan: { slices: [slice], candidates, missing: [], stale: [] } }
  assert.deepEqual(sightOf({ data: [{ value: 3 }, { value: 4 }], meta }), { ...rawly(7), total: 7 })
  const clean = { plan: { ...meta.plan, candidates: [] } }
  assert.equal(sightOf({ data: [], meta: clean }).dirty, false)
  assert.equal(sightOf({ data: [], meta: clean }).total, null, 'no row is no zero')
})
