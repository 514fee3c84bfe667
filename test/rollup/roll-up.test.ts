import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StateRow } from '../../src/model/frame.ts'
import { bucketsOf } from '../../src/model/granularity.ts'
import type { Interval } from '../../src/model/interval.ts'
import { stateOfStep } from '../../src/model/state.ts'
import type { RollupTask } from '../../src/model/task.ts'
import type { StatesRequest } from '../../src/planner/engine.ts'
import { GroupCounts, rollUp, TASK_RECORDS_MAX, WINDOW_GROUPS_MAX } from '../../src/rollup/roll-up.ts'
import { RollupIndex } from '../../src/rollup/rollup-index.ts'
import { HandCatalog, HOUR, MINUTE, MINUTES, T0 } from './pipeline-world.ts'

const PARTITIONS = 2

/** Rolls up minutes that have as many groups as `groupsAt` says; what was asked for, and what came of it. */
async function rolledUp(minutes: number, groupsAt: (minute: number) => number, counts = new GroupCounts()) {
  const asked: [number, number][] = []
  const engine = {
    async states({ interval, measures, groupBy }: StatesRequest) {
      asked.push([(interval.start - T0) / MINUTE, (interval.end - T0) / MINUTE])
      const frame = {
        labels: groupBy,
        measures,
        rows: rowsOf(interval, groupsAt),
        rowsRead: 0,
        raw: 0,
        asOf: T0 + HOUR,
      }
      return { frame: { kind: 'states' as const, ...frame }, plan: {} as never }
    },
  }
  const rollups = new RollupIndex(new HandCatalog([MINUTES]))
  const asker = { engine, rollups, signal: new AbortController().signal }
  const task: RollupTask = {
    rollup: MINUTES.id,
    defHash: MINUTES.defHash,
    chunkStart: T0,
    intervals: [{ start: T0, end: T0 + minutes * MINUTE }],
    epoch: 1,
    raw: 0,
    versions: [],
    asOf: T0 + HOUR,
    causes: ['step'],
    attempt: 0,
  }
  const { records, to } = await rollUp(task, { rollup: MINUTES, partitions: PARTITIONS, counts, asker })
  return { asked, records: records.length, to: to === null ? null : (to - T0) / MINUTE }
}

const rowsOf = (interval: Interval, groupsAt: (minute: number) => number): StateRow[] =>
  [...bucketsOf('PT1M', interval)].flatMap((bucket) =>
    Array.from({ length: groupsAt((bucket - T0) / MINUTE) }, (_, i) => ({
      bucket,
      group: ['c1', `t${i}`],
      states: [stateOfStep(1, bucket)],
    })),
  )

test('few windows are asked for at first, then more and more as far as what was seen lets expect that they fit', async () => {
  assert.deepEqual(await rolledUp(20, () => 600), {
    asked: [
      [0, 3],
      [3, 10],
      [10, 20],
    ],
    records: 20 * (600 + PARTITIONS),
    to: null,
  })
})

test('a task that would exceed one transaction ends after as many whole windows as fit', async () => {
  const { asked, records, to } = await rolledUp(10, () => 9_000)
  assert.deepEqual(asked, [[0, 3]], 'the guess was too low')
  assert.equal(to, 3)
  const next = new GroupCounts()
  next.saw(MINUTES.defHash, 9_000)
  assert.deepEqual(await rolledUp(10, () => 9_000, next), { asked: [[0, 2]], records: 18_004, to: 2 })
  assert.ok(records > TASK_RECORDS_MAX)
})

test('a window is never divided: alone, it may exceed a transaction', async () => {
  const counts = new GroupCounts()
  counts.saw(MINUTES.defHash, 30_000)
  assert.deepEqual(await rolledUp(3, () => 30_000, counts), { asked: [[0, 1]], records: 30_002, to: 1 })
})

test('a window with too many groups is refused, and the limit named', async () => {
  await assert.rejects(
    rolledUp(1, () => WINDOW_GROUPS_MAX + 1),
    {
      code: 'QUERY_TOO_EXPENSIVE',
      message: /window 2026-11-21T10:00:00Z of cloud\/topic_1m has 250001 groups, the limit is 250000/,
    },
  )
})

test('empty windows do not make the next question as large as it could be', async () => {
  const counts = new GroupCounts()
  await rolledUp(10, () => 0, counts)
  assert.ok(counts.expected(MINUTES.defHash) >= 300)
})
