import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Progress } from '../../src/ingest/apply-progress.ts'

const log = (...bounds: [number, number][]) => ({
  topicId: 't',
  partitions: bounds.map(([start, end], partition) => ({ partition, start: BigInt(start), end: BigInt(end) })),
})
const ends = (...values: number[]) => new Map(values.map((end, partition) => [partition, BigInt(end)]))

test('appliedMs is the least of the moments at which the partitions had reached their ends', () => {
  const progress = new Progress(0)
  progress.begin(log([0, 10], [0, 5]))
  progress.advance(0, 10n)
  progress.see(ends(10, 5), 100)
  assert.equal(progress.appliedMs, 0, 'partition 1 never was at its end')
  progress.advance(1, 5n)
  progress.see(ends(10, 5), 200)
  assert.equal(progress.appliedMs, 200)
  progress.see(ends(12, 5), 300)
  assert.equal(progress.appliedMs, 200)
  progress.advance(0, 12n)
  progress.see(ends(12, 5), 300)
  assert.equal(progress.appliedMs, 300)
})

test('a partition that nobody has read holds appliedMs back', () => {
  const progress = new Progress(0)
  progress.begin(log([0, 0]))
  progress.see(ends(0, 7), 100)
  assert.equal(progress.appliedMs, 0)
})

test('lag counts positions, and time since the end was last reached', () => {
  const progress = new Progress(50)
  progress.begin(log([0, 10], [3, 3]))
  progress.see(ends(10, 3), 100)
  progress.advance(0, 4n)
  assert.deepEqual(
    progress.lags(150).map(({ lagRecords, lagMs }) => [lagRecords, lagMs]),
    [
      [6, 100],
      [0, 0],
    ],
  )
  progress.advance(0, 10n)
  progress.see(ends(10, 3), 200)
  progress.see(ends(11, 3), 300)
  assert.deepEqual(progress.lags(350)[0], { partition: 0, position: 10n, end: 11n, lagRecords: 1, lagMs: 150 })
})

test('who waits is woken by the position, not by a record at it', async () => {
  const progress = new Progress(0)
  progress.begin(log([0, 10]))
  let isReached = false
  const waiting = progress.whenReached(ends(10)).then(() => (isReached = true))
  progress.advance(0, 9n)
  await Promise.resolve()
  assert.equal(isReached, false)
  progress.advance(0, 10n)
  await waiting
})

test('who waits for a log that was made again waits for the end of the new one', async () => {
  const progress = new Progress(0)
  progress.begin(log([0, 1_000]))
  const waiting = progress.whenReached(ends(1_000))
  progress.forget()
  progress.begin(log([0, 3]))
  progress.advance(0, 3n)
  await waiting
})

test('reading that ends rejects who waits then and later, but not for what was reached', async () => {
  const progress = new Progress(0)
  progress.begin(log([0, 10]))
  const waiting = assert.rejects(progress.whenReached(ends(10)), { code: 'NOT_READY' })
  progress.stop()
  await waiting
  await assert.rejects(progress.whenReached(ends(10)), { code: 'NOT_READY' })
  await progress.whenReached(ends(0))
})
