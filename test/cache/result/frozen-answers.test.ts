import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frameBytes } from '../../../src/cache/result/frame-bytes.ts'
import { FrozenAnswers } from '../../../src/cache/result/frozen-answers.ts'
import type { ResultFrame } from '../../../src/model/frame.ts'

const frameOf = (groups: number): ResultFrame => ({
  labels: ['a'],
  series: Array.from({ length: groups }, (_, i) => ({
    group: [`g${i}`],
    points: [{ timestamp: 0, values: [i], cut: false }],
  })),
  groupsTotal: groups,
  truncated: false,
})

function world(bytesMax: number) {
  const clock = { nowMs: 1000 }
  const answers = new FrozenAnswers<{ frame: ResultFrame }>({ bytesMax, keptMs: 600, clock: () => clock.nowMs })
  return { clock, answers }
}

test('an answer is kept until nobody has read it for its time', () => {
  const { answers, clock } = world(1e6)
  const kept = { frame: frameOf(3) }
  answers.keep('k', kept)
  clock.nowMs += 599
  assert.equal(answers.read('k'), kept)
  clock.nowMs += 599
  assert.equal(answers.read('k'), kept)
  clock.nowMs += 601
  assert.equal(answers.read('k'), undefined)
  assert.equal(answers.read('other'), undefined)
})

test('the least recently read goes first when memory is short, and what is larger than all of it is never kept', () => {
  const one = frameBytes(frameOf(10))
  const { answers } = world(2 * one)
  for (const key of ['a', 'b']) answers.keep(key, { frame: frameOf(10) })
  answers.read('a')
  answers.keep('c', { frame: frameOf(10) })
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => answers.read(key) !== undefined),
    [true, false, true],
  )
  assert.ok(answers.bytes <= 2 * one)
  answers.keep('d', { frame: frameOf(30) })
  assert.deepEqual(
    ['a', 'c', 'd'].map((key) => answers.read(key) !== undefined),
    [true, true, false],
  )
})

test('an answer weighs by its groups, their texts, points and values', () => {
  const sizes = [frameOf(0), frameOf(1), frameOf(2)].map(frameBytes)
  assert.ok(sizes[0]! > 0 && sizes[1]! > sizes[0]! && sizes[2]! > sizes[1]!)
})
