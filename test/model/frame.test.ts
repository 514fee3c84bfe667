import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameBuilder } from '../../src/model/frame.ts'
import type { MeasureRef } from '../../src/model/measure.ts'
import { stateOfStep } from '../../src/model/state.ts'

const measure = (metric: string): MeasureRef => ({
  metric,
  type: 'COUNTER_INT64',
  unit: '1',
  space: 'SUM',
  missing: 'absent',
  time: 'SUM',
})

test('a frame has one row a bucket and group, with a state or null for every measure', () => {
  const frame = new FrameBuilder([measure('a'), measure('b')])
  frame.add(0, ['x', null], 0, stateOfStep(1, 0))
  frame.add(0, ['x', null], 1, stateOfStep(2, 0))
  frame.add(0, ['x', ''], 1, stateOfStep(3, 0))
  frame.add(60, ['x', null], 0, stateOfStep(4, 60))
  assert.deepEqual(frame.rows(), [
    { bucket: 0, group: ['x', null], states: [stateOfStep(1, 0), stateOfStep(2, 0)] },
    { bucket: 0, group: ['x', ''], states: [null, stateOfStep(3, 0)] },
    { bucket: 60, group: ['x', null], states: [stateOfStep(4, 60), null] },
  ])
})

test('a second state of a key is combined, and the states that came in stay as they were', () => {
  const frame = new FrameBuilder([measure('a')])
  const first = stateOfStep(Number.MAX_SAFE_INTEGER, 0)
  frame.add(0, ['x'], 0, first)
  frame.add(0, ['x'], 0, stateOfStep(1, 60))
  const [row] = frame.rows()
  assert.deepEqual(row!.states, [
    { sum: 9007199254740992n, n: 2, min: 1, max: Number.MAX_SAFE_INTEGER, lastStep: 60, last: 1 },
  ])
  assert.deepEqual(first, stateOfStep(Number.MAX_SAFE_INTEGER, 0))
})
