import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EVERYTHING } from '../../../src/model/filter.ts'
import type { MeasureRef } from '../../../src/model/measure.ts'
import { planText, scansOf } from '../../../src/planner/physical/scans.ts'
import type { RouteSlice } from '../../../src/planner/routing/route.ts'
import { rollupOf } from '../../cache/push/push-fixture.ts'
import { clock, question } from '../routing/routing-fixture.ts'

const sum: MeasureRef = {
  metric: 'bytes',
  type: 'COUNTER_INT64',
  unit: 'By',
  space: 'SUM',
  missing: 'absent',
  time: 'SUM',
}
const max: MeasureRef = { ...sum, space: 'MAX', time: 'MAX' }
const asks = question({
  measures: [sum, max],
  groupBy: ['topic'],
  granularity: 'PT1H',
  intervals: [clock('10:00/12:30')],
  filter: { kind: 'eq', label: 'cluster', value: 'c1' },
})

const slice = (changes: Partial<RouteSlice>): RouteSlice => ({
  source: 'duckdb',
  rollup: null,
  measures: [0, 1],
  intervals: [clock('10:00/12:30')],
  filter: asks.filter,
  pinned: {},
  rowsEstimated: 1,
  asOf: 0,
  ...changes,
})

const rollup = rollupOf({ labels: ['topic'], filter: asks.filter })
const apart = [
  slice({
    source: 'push',
    rollup,
    measures: [0],
    intervals: [clock('10:00/11:00'), clock('11:20/12:00')],
    filter: EVERYTHING,
    pinned: { cluster: 'c1' },
  }),
  slice({ measures: [0], intervals: [clock('11:00/11:20'), clock('12:00/12:30')] }),
  slice({ measures: [1] }),
]

test('a plan prints as text, one scan per slice: who is read, for what, by what, filtered how, when', () => {
  assert.equal(
    planText(asks, { slices: apart }),
    [
      'push cloud/topic_1m: SUM:bytes SUM by PT1H, topic knowing cluster=c1 ▸ 2026-11-21T10:00:00Z/2026-11-21T11:00:00Z 2026-11-21T11:20:00Z/2026-11-21T12:00:00Z',
      'duckdb raw: SUM:bytes SUM by PT1H, topic where ["eq","cluster","c1"] ▸ 2026-11-21T11:00:00Z/2026-11-21T11:20:00Z 2026-11-21T12:00:00Z/2026-11-21T12:30:00Z',
      'duckdb raw: MAX:bytes MAX by PT1H, topic where ["eq","cluster","c1"] ▸ 2026-11-21T10:00:00Z/2026-11-21T12:30:00Z',
    ].join('\n'),
  )
})

test('a scan has the question of its slice: its measures, its filter, its version, the buckets of the answer', () => {
  const [pushed, raw] = scansOf(asks, { slices: apart })
  assert.deepEqual(pushed, {
    kind: 'states',
    dataset: 'cloud',
    version: rollup.defHash,
    rollup: 'cloud/topic_1m',
    intervals: [clock('10:00/11:00'), clock('11:20/12:00')],
    granularity: 'PT1H',
    allStart: asks.allStart,
    groupBy: ['topic'],
    pinned: { cluster: 'c1' },
    filter: EVERYTHING,
    measures: [sum],
  })
  assert.deepEqual([raw?.version, raw?.rollup, raw?.filter], ['raw', null, asks.filter])
})
