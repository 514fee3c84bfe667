import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PagePlan, ribbon, type Segment } from './page-modules.ts'

const at = (minute: number): string => new Date(Date.parse('2026-11-21T10:00:00Z') + minute * 60_000).toISOString()
const span = (from: number, to: number): string => `${at(from)}/${at(to)}`
const push = (from: number, to: number, raw = 4) => ({
  interval: span(from, to),
  source: 'push',
  rollup: 'c/topic_1m',
  grain: 'PT1M',
  raw,
})
const raw = (from: number, to: number, version = 9) => ({
  interval: span(from, to),
  source: 'duckdb',
  rollup: null,
  grain: 'PT1M',
  raw: version,
})
const dirty = (from: number, to: number) => ({
  ...{ source: 'push', rollup: 'c/topic_1m', chosen: true },
  reasons: [{ code: 'DIRTY', interval: span(from, to), detail: 'late data' }],
})
const plan = (slices: readonly object[], over: Partial<PagePlan> = {}): PagePlan => ({
  ...{ slices, candidates: [], missing: [], stale: [] },
  ...over,
})
/** `push 0-50` with what is special about it. */
const text = (segments: readonly Segment[]): string[] =>
  segments.map(({ start, end, source, ...rest }) => {
    const minute = (ms: number) => (ms - Date.parse(at(0))) / 60_000
    const looks = (['dirty', 'stale', 'provisional'] as const).filter((look) => rest[look])
    return [source, `${minute(start)}-${minute(end)}`, ...looks].join(' ')
  })

test('neighbours that look alike are one segment, with the range of their raw versions', () => {
  const segments = ribbon.segmentsOf(plan([push(0, 20, 4), push(20, 40, 7), raw(40, 50), raw(50, 60)]), at(60))
  assert.deepEqual(text(segments), ['push 0-40', 'duckdb 40-60'])
  assert.deepEqual([segments[0]!.rawLeast, segments[0]!.rawMost], [4, 7])
})

test('what is not complete yet is provisional, whoever served it', () => {
  const segments = ribbon.segmentsOf(plan([push(0, 58), raw(58, 60)]), at(57))
  assert.deepEqual(text(segments), ['push 0-57', 'push 57-58 provisional', 'duckdb 58-60 provisional'])
})

test('a dirty window is marked where raw had to answer for it, and only there', () => {
  const candidates = [dirty(30, 31), dirty(10, 11)]
  const segments = ribbon.segmentsOf(plan([push(0, 30), raw(30, 32), push(32, 60)], { candidates }), at(60))
  assert.deepEqual(text(segments), ['push 0-30', 'duckdb 30-31 dirty', 'duckdb 31-32', 'push 32-60'])
})

test('stale pieces and pieces that nobody holds are shown as such', () => {
  const segments = ribbon.segmentsOf(plan([push(10, 60)], { missing: [span(0, 10)], stale: [span(20, 21)] }), at(60))
  assert.deepEqual(text(segments), ['missing 0-10', 'push 10-20', 'push 20-21 stale', 'push 21-60'])
})

test('a summary without candidates has no dirty pieces', () => {
  assert.deepEqual(text(ribbon.segmentsOf(plan([raw(0, 5)], { candidates: 7 }), at(60))), ['duckdb 0-5'])
})

test('shares are of the time, greatest first', () => {
  const segments = ribbon.segmentsOf(plan([push(0, 54), raw(54, 57), raw(57, 60)]), at(57))
  assert.deepEqual(
    ribbon.sharesOf(segments).map(({ source, share }) => [source, share]),
    [
      ['push', 0.9],
      ['duckdb', 0.1],
    ],
  )
})

test('a rollup keeps its colour and raw has one of its own', () => {
  const ids = ['c/cluster_1h', 'c/topic_1m']
  assert.equal(ribbon.colourOf({ source: 'push', rollup: 'c/topic_1m' }, ids), 'push-1')
  assert.equal(ribbon.colourOf({ source: 'push', rollup: 'c/gone' }, ids), 'push-0')
  assert.equal(ribbon.colourOf({ source: 'duckdb', rollup: null }, ids), 'raw')
})
