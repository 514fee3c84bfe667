import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RollupTask } from '../../src/model/task.ts'
import {
  decodeTask,
  decodeTaskState,
  encodeTask,
  encodeTaskState,
  type TaskStateRecord,
} from '../../src/model/task-records.ts'

const TASK: RollupTask = {
  rollup: 'cloud/topic_1d',
  defHash: 'aaaaaaaaaaaaaaaa',
  chunkStart: 0,
  intervals: [{ start: 0, end: 86_400_000 }],
  epoch: 12,
  raw: 9,
  versions: [{ start: 3_600_000, raw: 9 }],
  asOf: 90_000_000,
  causes: ['step', 'changed'],
  attempt: 2,
}
const FAILED = { intervals: TASK.intervals, causes: ['step'], attempt: 3, error: 'SOURCE_FAILED: no' } as const
const PLACE = { rollup: TASK.rollup, defHash: TASK.defHash, chunkStart: 0 }
const STATE = {
  rolledUp: [{ interval: { start: 0, end: 60_000 }, epoch: 4, raw: 0, through: 99_000 }],
  late: [[0, 9]],
  manual: [{ start: 60_000, end: 120_000 }],
  task: TASK,
  issuedMs: 90_000_001,
  retry: FAILED,
  parked: FAILED,
} as const

test('a task comes back as it was written', () => {
  const { key, value } = encodeTask(TASK)
  assert.equal(key, '["cloud/topic_1d",0]')
  assert.deepEqual(decodeTask(key, value), TASK)
})

const RECORDS: readonly TaskStateRecord[] = [
  { kind: 'manager', epoch: 12, marks: 9 },
  { kind: 'version', rollup: TASK.rollup, defHash: TASK.defHash, active: false, returned: true },
  { kind: 'raw', dataset: 'cloud', chunkStart: 3_600_000, version: 9 },
  { kind: 'raw', dataset: 'cloud', chunkStart: 3_600_000, version: null },
  { kind: 'unit', ...PLACE, state: STATE },
  { kind: 'unit', ...PLACE, state: { ...STATE, task: null, retry: null, parked: null } },
  { kind: 'unit', ...PLACE, state: null },
  {
    kind: 'done',
    rollup: TASK.rollup,
    chunkStart: 0,
    done: { kind: 'sealed', epoch: 12, raw: 9, through: 5, to: null },
  },
  {
    kind: 'done',
    rollup: TASK.rollup,
    chunkStart: 0,
    done: { kind: 'sealed', epoch: 12, raw: 9, through: 5, to: 60_000 },
  },
  {
    kind: 'done',
    rollup: TASK.rollup,
    chunkStart: 0,
    done: { kind: 'failed', epoch: 12, error: 'no', retriable: true },
  },
  {
    kind: 'done',
    rollup: TASK.rollup,
    chunkStart: 0,
    done: { kind: 'failed', epoch: 12, error: 'no', retriable: false },
  },
  { kind: 'done', rollup: TASK.rollup, chunkStart: 0, done: null },
]

for (const [i, record] of RECORDS.entries()) {
  test(`a state record of kind ${record.kind} comes back as it was written (${i})`, () => {
    const { key, value } = encodeTaskState(record)
    assert.deepEqual(decodeTaskState(key, value), record)
  })
}

const BROKEN: readonly (readonly [string, string | null])[] = [
  ['no', '{}'],
  ['{}', '{}'],
  ['["other"]', '{}'],
  ['["manager"]', null],
  ['["manager"]', '{"e":1.5,"marks":0}'],
  ['["raw","cloud","x"]', '{"v":1}'],
  ['["task","cloud/topic_1m","aa",0]', '{"rolledUp":0}'],
  ['["done","cloud/topic_1m",0]', '[]'],
  ['["done","cloud/topic_1m",0]', '{"epoch":1,"error":7}'],
]

for (const [key, value] of BROKEN) {
  test(`${key} with ${value} is unreadable, and says why`, () => {
    assert.throws(() => decodeTaskState(key, value), { code: 'RECORD_UNREADABLE', message: /^task record: ./ })
  })
}

test('a task with an unknown cause is unreadable', () => {
  const { key, value } = encodeTask(TASK)
  assert.throws(() => decodeTask(key, value.replace('"step"', '"whim"')), {
    code: 'RECORD_UNREADABLE',
    message: 'task record: "whim" is no cause',
  })
})
