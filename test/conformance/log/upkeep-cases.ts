import assert from 'node:assert/strict'
import type { LogRecord } from '../../../src/ports/log.ts'
import type { Case } from './case.ts'
import { boundsOf, contentOf, HOUR, numbered, Reading, recordOf, T0 } from './log-under-test.ts'

const state = (key: string, value: string | null, partition = 0): LogRecord =>
  recordOf('state', { key, value, partition })

export function upkeepCases(check: Case): void {
  compaction(check)
  tombstones(check)
  retention(check)
  together(check)
}

function compaction(check: Case): void {
  check('compaction keeps the last record of each key, in order; positions move past the gaps', async ({ log }) => {
    await log.writer.append([state('a', '1'), state('b', '1'), state('a', '2'), state('c', '1'), state('b', '2')])
    await log.maintain(T0)
    const reading = new Reading(log.tail('state'))
    await reading.atPosition(0, 5)
    await reading.stop()
    assert.deepEqual(reading.valuesOf(0), ['2', '1', '2'])
    assert.deepEqual(await boundsOf(log, 'state'), [0, 5])
  })

  check('a position in a compacted gap is in range', async ({ log }) => {
    await log.writer.append([state('a', '1'), state('a', '2'), state('a', '3'), state('b', '1')])
    await log.maintain(T0)
    const reading = new Reading(log.tail('state'), { 0: 1 })
    await reading.atPosition(0, 4)
    await reading.stop()
    assert.deepEqual(reading.valuesOf(0), ['3', '1'])
    assert.deepEqual(reading.outOfRange, [])
  })

  check('compaction over many steps and rounds leaves what a plain map would hold', async ({ log }) => {
    const newest = new Map<string, string>()
    for (let round = 0; round < 4; round++) {
      const batch = Array.from({ length: 700 }, (_, i) => state(`k${(i * 31 + round * 7) % 97}`, `${round}.${i}`))
      await log.writer.append(batch)
      for (const { key, value } of batch) newest.set(String(key), Buffer.from(value!).toString())
      if (round % 2 === 0) await log.maintain(T0 + round)
    }
    await log.maintain(T0 + 9)
    const values = await contentOf(log, 'state')
    assert.deepEqual([...values].sort(), [...newest.values()].sort())
    assert.deepEqual(await boundsOf(log, 'state'), [0, 2_800])
  })

  check('keys are compared within their partition only', async ({ log }) => {
    await log.writer.append([state('a', 'x', 0), state('a', 'y', 1)])
    await log.maintain(T0)
    assert.deepEqual(await contentOf(log, 'state', 0), ['x'])
    assert.deepEqual(await contentOf(log, 'state', 1), ['y'])
  })

  check('offsets are not used again after compaction', async ({ log }) => {
    await log.writer.append([state('a', '1'), state('a', '2')])
    await log.maintain(T0)
    await log.writer.append([state('a', '3')])
    await log.maintain(T0)
    assert.deepEqual(await boundsOf(log, 'state'), [0, 3])
    const reading = new Reading(log.tail('state'), { 0: 2 })
    await reading.atPosition(0, 3)
    await reading.stop()
    assert.deepEqual(reading.valuesOf(0), ['3'])
  })

  check('a reader that goes on during compaction ends with the newest record of each key', async ({ log }) => {
    const reading = new Reading(log.tail('state'))
    const seen = new Map<string, string | null>()
    for (let round = 0; round < 10; round++) {
      await log.writer.append(Array.from({ length: 40 }, (_, i) => state(`k${i % 8}`, `${round}.${i}`)))
      await log.maintain(T0)
    }
    await reading.atPosition(0, 400)
    await reading.stop()
    for (const { key, value } of reading.records) seen.set(String(key), value && Buffer.from(value).toString())
    assert.deepEqual([...seen.values()].sort(), Array.from({ length: 8 }, (_, i) => `9.${i + 32}`).sort())
  })

  check('maintenance with nothing to do changes nothing', async ({ log }) => {
    await log.writer.append([state('a', '1'), state('b', '1')])
    for (let i = 0; i < 3; i++) await log.maintain(T0)
    assert.deepEqual(await contentOf(log, 'state'), ['1', '1'])
  })

  check('topics that are only deleted from keep every record of a key', async ({ log }) => {
    await log.writer.append(numbered('results', 'r', 5))
    await log.maintain(T0 + 100 * HOUR)
    assert.equal((await contentOf(log, 'results')).length, 5)
  })
}

function tombstones(check: Case): void {
  check('a tombstone replaces its key at once and stays for its time', async ({ log }) => {
    await log.writer.append([state('a', '1'), state('b', '1'), state('a', null)])
    await log.maintain(T0)
    assert.deepEqual(await contentOf(log, 'state'), ['1', null])
    await log.maintain(T0 + HOUR)
    assert.deepEqual(await contentOf(log, 'state'), ['1', null])
  })

  check('after its time a tombstone goes; a reader at the end of the gap still gets a position', async ({ log }) => {
    await log.writer.append([state('a', '1'), state('b', '1'), state('a', null)])
    await log.maintain(T0)
    await log.maintain(T0 + HOUR + 1)
    const reading = new Reading(log.tail('state'), { 0: 2, 1: 0 })
    await reading.atPosition(0, 3)
    await reading.stop()
    assert.deepEqual(reading.deliveries, [{ partition: 0, values: [], next: 3n }])
    assert.deepEqual(await contentOf(log, 'state'), ['1'])
  })

  check('the time of a tombstone starts when compaction meets it, whatever its timestamp', async ({ log }) => {
    await log.writer.append([recordOf('state', { key: 'a', value: null, timestampMs: T0 - 100 * HOUR })])
    await log.maintain(T0)
    assert.deepEqual(await contentOf(log, 'state'), [null])
  })

  check('a key that is written again after its tombstone lives on', async ({ log }) => {
    await log.writer.append([state('a', '1'), state('a', null)])
    await log.maintain(T0)
    await log.writer.append([state('a', '2')])
    await log.maintain(T0 + HOUR)
    await log.maintain(T0 + 3 * HOUR)
    assert.deepEqual(await contentOf(log, 'state'), ['2'])
  })
}

function retention(check: Case): void {
  const aged = (hours: number, value: string): LogRecord =>
    recordOf('events', { value, timestampMs: T0 - hours * HOUR })

  check(
    'records older than the retention go, the start moves, positions before it are out of range',
    async ({ log }) => {
      await log.writer.append([aged(3, 'a'), aged(2, 'b'), aged(0, 'c')])
      await log.maintain(T0)
      assert.deepEqual(await boundsOf(log, 'events'), [2, 3])
      const reading = new Reading(log.tail('events'), { 0: 1 })
      await reading.until(() => reading.outOfRange.length === 1)
      await reading.stop()
      assert.deepEqual(reading.outOfRange, [[0, 2n]])
      assert.deepEqual(await contentOf(log, 'events'), ['c'])
    },
  )

  check('retention stops at the first record that is young enough', async ({ log }) => {
    await log.writer.append([aged(3, 'a'), aged(0, 'b'), aged(3, 'c')])
    await log.maintain(T0)
    assert.deepEqual(await contentOf(log, 'events'), ['b', 'c'])
  })

  check('offsets go on after everything was deleted', async ({ log }) => {
    await log.writer.append(Array.from({ length: 600 }, (_, i) => aged(2, `${i}`)))
    await log.maintain(T0)
    assert.deepEqual(await boundsOf(log, 'events'), [600, 600])
    await log.writer.append([aged(0, 'next')])
    assert.deepEqual(await boundsOf(log, 'events'), [600, 601])
    assert.deepEqual(await contentOf(log, 'events'), ['next'])
  })

  check('an empty partition whose records are gone tells its position', async ({ log }) => {
    await log.writer.append([aged(2, 'a')])
    await log.maintain(T0)
    const reading = new Reading(log.tail('events'))
    await reading.atPosition(0, 1)
    await reading.stop()
    assert.deepEqual(reading.records, [])
  })

  check('a compacted topic without retention loses nothing by age', async ({ log }) => {
    await log.writer.append([state('a', '1')])
    await log.maintain(T0 + 10_000 * HOUR)
    assert.deepEqual(await contentOf(log, 'state'), ['1'])
  })
}

function together(check: Case): void {
  const both = (key: string, value: string, hours: number): LogRecord =>
    recordOf('both', { key, value, timestampMs: T0 - hours * HOUR })

  check('a topic can be compacted and lose what is old', async ({ log }) => {
    await log.writer.append([both('a', '1', 3), both('b', '1', 2), both('c', '1', 0), both('c', '2', 0)])
    await log.maintain(T0)
    assert.deepEqual(await contentOf(log, 'both'), ['2'])
    assert.deepEqual(await boundsOf(log, 'both'), [2, 4])
  })

  check('a key whose record was deleted by age comes back with its next record', async ({ log }) => {
    await log.writer.append([both('a', '1', 0)])
    await log.maintain(T0)
    await log.maintain(T0 + 2 * HOUR)
    assert.deepEqual(await contentOf(log, 'both'), [])
    await log.writer.append([recordOf('both', { key: 'a', value: '2', timestampMs: T0 + 2 * HOUR })])
    await log.maintain(T0 + 2 * HOUR)
    assert.deepEqual(await contentOf(log, 'both'), ['2'])
  })
}
