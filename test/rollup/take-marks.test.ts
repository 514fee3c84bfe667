import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LateMark } from '../../src/model/point.ts'
import { readMarks } from '../../src/rollup/take-marks.ts'
import { handClock } from '../hand-clock.ts'
import { RawWorld } from './raw-world.ts'

function world(...seqs: number[]): RawWorld {
  const raw = new RawWorld(handClock(0))
  for (const [i, seq] of seqs.entries()) raw.lateMarks.push({ dataset: 'cloud', stepMs: i, seq })
  return raw
}

const seqsOf = ({ marks, more }: { marks: readonly LateMark[]; more: boolean }) => [marks.map(({ seq }) => seq), more]

test('marks are read after the last handled sequence', async () => {
  assert.deepEqual(seqsOf(await readMarks(world(1, 2, 3), 1, 10)), [[2, 3], false])
})

test('a commit whose marks do not fit any more waits for the next reading, whole', async () => {
  assert.deepEqual(seqsOf(await readMarks(world(7, 7, 8, 9, 9, 9), 0, 4)), [[7, 7, 8], true])
  assert.deepEqual(seqsOf(await readMarks(world(7, 7, 8, 9, 9, 9), 8, 4)), [[9, 9, 9], false])
})

test('a commit with more marks than are read at once is still read whole', async () => {
  assert.deepEqual(seqsOf(await readMarks(world(7, 7, 7, 7, 7, 8, 8, 8), 0, 2)), [[7, 7, 7, 7, 7], true])
})
