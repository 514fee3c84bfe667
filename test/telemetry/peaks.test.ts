import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Peaks } from '../../src/telemetry/peaks.ts'

test('a peak is the most at once since it was last taken, and begins anew with what is in flight', () => {
  const peaks = new Peaks()
  for (const step of ['up', 'up', 'up', 'down', 'down'] as const) peaks[step]('hot')
  assert.deepEqual(peaks.now(), [['hot', 1]])
  assert.deepEqual(peaks.takePeaks(), [['hot', 3]])
  assert.deepEqual(peaks.takePeaks(), [['hot', 1]], 'one is still in flight')
  peaks.down('hot')
  peaks.up('hot')
  assert.deepEqual(peaks.takePeaks(), [['hot', 1]])
})

test('names are counted apart, and what began before we listened does not go below zero', () => {
  const peaks = new Peaks()
  peaks.down('slow')
  peaks.up('slow')
  peaks.up('hot')
  assert.deepEqual(peaks.now(), [
    ['slow', 1],
    ['hot', 1],
  ])
})
