import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommitQueue } from '../../../src/ingest/otlp/commit-queue.ts'

/** A queue of weights whose timer and commits are driven by hand. */
function queueByHand(limits: { commitPointsMax?: number; groupPointsMax?: number } = {}) {
  const timers: { run: () => void; ms: number; cancelled: boolean }[] = []
  const commits: { items: readonly number[]; end: (error?: Error) => Promise<void> }[] = []
  const queue = new CommitQueue<number>({
    commit: (items) =>
      new Promise((resolve, reject) => {
        const end = async (error?: Error) => {
          if (error) reject(error)
          else resolve()
          await new Promise((done) => setImmediate(done))
        }
        commits.push({ items, end })
      }),
    weightOf: (weight) => weight,
    commitPeriodMs: 20,
    commitPointsMax: 10,
    groupPointsMax: 100,
    ...limits,
    schedule: (run, ms) => {
      const timer = { run, ms, cancelled: false }
      timers.push(timer)
      return () => {
        timer.cancelled = true
      }
    },
  })
  return { queue, timers, commits }
}

test('a commit starts when its first item has waited for the period', async () => {
  const { queue, timers, commits } = queueByHand()
  const [a, b] = [queue.add(1), queue.add(2)]
  assert.deepEqual([timers.map(({ ms }) => ms), commits.length], [[20], 0])
  timers[0]!.run()
  assert.deepEqual(commits[0]?.items, [1, 2])
  await commits[0]!.end()
  await Promise.all([a, b])
})

test('a commit starts at once when enough waits', () => {
  const { queue, timers, commits } = queueByHand()
  void queue.add(4)
  void queue.add(6)
  assert.deepEqual(
    commits.map(({ items }) => items),
    [[4, 6]],
  )
  assert.equal(timers[0]?.cancelled, true)
})

test('commits run one at a time; what comes meanwhile waits for the next', async () => {
  const { queue, timers, commits } = queueByHand()
  void queue.add(10)
  void queue.add(11)
  void queue.add(12)
  assert.equal(commits.length, 1)
  await commits[0]!.end()
  assert.deepEqual(
    commits.map(({ items }) => items),
    [[10], [11, 12]],
  )
  await commits[1]!.end()
  assert.deepEqual([commits.length, timers.length], [2, 0])
})

test('a group ends where it is heavy enough', async () => {
  const { queue, commits } = queueByHand({ groupPointsMax: 20 })
  for (const weight of [10, 15, 9, 30]) void queue.add(weight)
  await commits[0]!.end()
  await commits[1]!.end()
  assert.deepEqual(
    commits.map(({ items }) => items),
    [[10], [15, 9], [30]],
  )
})

test('a failed commit fails its own items and no others', async () => {
  const { queue, commits } = queueByHand()
  const outcome = Promise.allSettled([queue.add(10), queue.add(10)])
  await commits[0]!.end(new Error('full'))
  await commits[1]!.end()
  assert.deepEqual(
    (await outcome).map(({ status }) => status),
    ['rejected', 'fulfilled'],
  )
})

test('draining commits everything without waiting for the period', async () => {
  const { queue, commits } = queueByHand()
  const added = [queue.add(1), queue.add(2)]
  const drained = queue.drain()
  await commits[0]!.end()
  await Promise.all([...added, drained])
  await queue.drain()
})
