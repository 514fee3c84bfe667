import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { Case } from './case.ts'
import { numbered, Reading, recordOf } from './log-under-test.ts'

export function tailCases(check: Case): void {
  startingPoints(check)
  batches(check)
  endings(check)
  changesOfTheTopic(check)
}

function startingPoints(check: Case): void {
  check('without positions a tail reads every partition from its start', async ({ log }) => {
    await log.writer.append([0, 1, 2].flatMap((partition) => numbered('events', `p${partition}`, 2, { partition })))
    const reading = new Reading(log.tail('events'))
    for (const partition of [0, 1, 2]) {
      await reading.atPosition(partition, 2)
      assert.deepEqual(reading.valuesOf(partition), [`p${partition}-0`, `p${partition}-1`])
    }
    await reading.stop()
  })

  check('a position is where reading starts, partition by partition', async ({ log }) => {
    await log.writer.append([...numbered('events', 'a', 5), ...numbered('events', 'b', 5, { partition: 1 })])
    const reading = new Reading(log.tail('events'), { 0: 3, 1: 5 })
    await reading.atPosition(0, 5)
    await log.writer.append(numbered('events', 'more', 1, { partition: 1 }))
    await reading.atPosition(1, 6)
    await reading.stop()
    assert.deepEqual(reading.valuesOf(0), ['a-3', 'a-4'])
    assert.deepEqual(reading.valuesOf(1), ['more-0'])
  })

  check('a partition without a position tells where it begins, also when it is empty', async ({ log }) => {
    const reading = new Reading(log.tail('events'))
    await reading.until(() => reading.deliveries.length === 3)
    await reading.stop()
    assert.deepEqual(
      reading.deliveries.map(({ partition, values, next }) => [partition, values, next]),
      [0, 1, 2].map((partition) => [partition, [], 0n]),
    )
  })

  check('at the end a tail waits and is woken by an append', async ({ log }) => {
    const reading = new Reading(log.tail('results'))
    for (let i = 0; i < 5; i++) {
      await log.writer.append([recordOf('results', { value: `${i}` })])
      await reading.atPosition(0, i + 1)
    }
    await reading.stop()
    assert.deepEqual(reading.valuesOf(0), ['0', '1', '2', '3', '4'])
  })

  check('the position reached is the end that describe tells', async ({ log }) => {
    await log.writer.append(numbered('results', 'r', 25))
    const { partitions } = await log.tail('results').describe()
    const reading = new Reading(log.tail('results'))
    await reading.atPosition(0, Number(partitions[0]!.end))
    await reading.stop()
    assert.equal(reading.records.length, 25)
  })

  check('a position beyond the end is out of range, the other partitions are read', async ({ log }) => {
    await log.writer.append([...numbered('events', 'a', 2), ...numbered('events', 'b', 2, { partition: 1 })])
    const reading = new Reading(log.tail('events'), { 0: 3, 1: 0 })
    await reading.until(() => reading.outOfRange.length === 1)
    await reading.atPosition(1, 2)
    await log.writer.append(numbered('events', 'more', 5))
    await log.writer.append(numbered('events', 'more', 1, { partition: 1 }))
    await reading.atPosition(1, 3)
    await reading.stop()
    assert.deepEqual(reading.outOfRange, [[0, 0n]])
    assert.deepEqual(reading.valuesOf(0), [])
  })

  check('a topic that the log does not have is refused', async ({ log }) => {
    assert.throws(() => log.tail('nowhere'), { code: 'FIELD_INVALID', message: /no topic "nowhere"/ })
  })
}

function batches(check: Case): void {
  check('many records come in bounded batches, in order, each position after its last record', async ({ log }) => {
    await log.writer.append(numbered('results', 'r', 95))
    const reading = new Reading(log.tail('results'))
    await reading.atPosition(0, 95)
    await reading.stop()
    assert.deepEqual(
      reading.valuesOf(0),
      Array.from({ length: 95 }, (_, i) => `r-${i}`),
    )
    let position = 0n
    for (const { values, next } of reading.deliveries) {
      assert.ok(values.length <= 10)
      assert.equal(next, (position += BigInt(values.length)))
    }
  })

  check('large records come in batches of bounded bytes, one alone when it is larger', async ({ log }) => {
    const sizes = [3_000, 3_000, 9_000, 100, 100]
    await log.writer.append(sizes.map((size) => recordOf('results', { key: null, value: 'x'.repeat(size) })))
    const reading = new Reading(log.tail('results'))
    await reading.atPosition(0, 5)
    await reading.stop()
    const lengths = reading.deliveries
      .map(({ values }) => values.map((value) => value!.length))
      .filter(({ length }) => length > 0)
    assert.deepEqual(lengths, [[3_000, 3_000], [9_000], [100, 100]])
  })

  check('a slow sink on one partition does not hold up the others', async ({ log }) => {
    const gate = Promise.withResolvers<void>()
    const reading = new Reading(log.tail('events'), { 0: 0, 1: 0, 2: 0 }, (it) => {
      it.onDelivery = (partition) => (partition === 0 ? gate.promise : undefined)
    })
    await log.writer.append([0, 1, 2].flatMap((partition) => numbered('events', 'r', 30, { partition })))
    await reading.atPosition(1, 30)
    await reading.atPosition(2, 30)
    assert.deepEqual(reading.valuesOf(0), [])
    gate.resolve()
    await reading.atPosition(0, 30)
    await reading.stop()
  })

  check('a partition hands over its next batch only when the one before is taken', async ({ log }) => {
    let open = 0
    await log.writer.append(numbered('results', 'r', 50))
    const reading = new Reading(log.tail('results'), {}, (it) => {
      it.onDelivery = async () => {
        assert.equal(++open, 1)
        for (let turn = 0; turn < 5; turn++) await setImmediate()
        open--
      }
    })
    await Promise.race([reading.atPosition(0, 50), reading.done])
    await reading.stop()
    assert.equal(reading.records.length, 50)
  })

  check('reading much leaves turns on the event loop to others', async ({ log }) => {
    await log.writer.append(numbered('results', 'r', 200))
    let turns = 0
    let counting = true
    const count = async () => {
      for (; counting; turns++) await setImmediate()
    }
    const counted = count()
    const reading = new Reading(log.tail('results'))
    await reading.atPosition(0, 200)
    counting = false
    await counted
    await reading.stop()
    assert.ok(turns >= 18, `${turns} turns during 20 batches`)
  })

  check('tails of one topic read on their own', async ({ log }) => {
    await log.writer.append(numbered('results', 'r', 20))
    const slow = new Reading(log.tail('results'), {}, (it) => {
      it.onDelivery = () => new Promise(() => undefined)
    })
    const quick = new Reading(log.tail('results'), { 0: 15 })
    await quick.atPosition(0, 20)
    await quick.stop()
    assert.equal(quick.records.length, 5)
    assert.equal(slow.records.length, 0)
  })

  check('a tail never sees a part of a batch in its own partition, nor misses one', async ({ log }) => {
    const reading = new Reading(log.tail('results'))
    const { writer } = log
    await Promise.all(Array.from({ length: 30 }, (_, i) => writer.append(numbered('results', `${i}`, 3))))
    await reading.atPosition(0, 90)
    await reading.stop()
    assert.equal(new Set(reading.valuesOf(0)).size, 90)
  })
}

function endings(check: Case): void {
  check('an abort ends the run; after it has resolved the sink is not called any more', async ({ log }) => {
    const reading = new Reading(log.tail('results'), {}, (it) => {
      it.onDelivery = () => setImmediate()
    })
    await log.writer.append(numbered('results', 'r', 100))
    await reading.until(() => reading.records.length > 0)
    await reading.stop()
    const seen = reading.deliveries.length
    await log.writer.append(numbered('results', 'more', 5))
    await setImmediate()
    assert.equal(reading.deliveries.length, seen)
    assert.ok(reading.records.length < 100)
  })

  check('a run whose signal is aborted already calls nothing', async ({ log }) => {
    await log.writer.append(numbered('results', 'r', 3))
    const calls: string[] = []
    const sink = {
      onRecords: () => void calls.push('records'),
      onOutOfRange: () => void calls.push('range'),
      onTopicChanged: () => void calls.push('topic'),
      onPartitionsAdded: () => void calls.push('partitions'),
    }
    await log.tail('results').run(new Map(), sink, AbortSignal.abort())
    assert.deepEqual(calls, [])
  })

  check('what the sink throws ends the run with just that error', async ({ log }) => {
    const reading = new Reading(log.tail('events'), {}, (it) => {
      it.onDelivery = (partition) => {
        if (partition === 1) throw new Error('sink broke')
      }
    })
    await assert.rejects(reading.done, { message: 'sink broke' })
    const seen = reading.deliveries.length
    await log.writer.append(numbered('events', 'more', 3))
    await setImmediate()
    assert.equal(reading.deliveries.length, seen)
  })

  check('closing the log ends its tails', async ({ log }) => {
    const reading = new Reading(log.tail('results'))
    await reading.until(() => reading.deliveries.length === 1)
    await log.close()
    await reading.done
  })
}

function changesOfTheTopic(check: Case): void {
  check('added partitions are told and read from their start by running tails', async ({ log }) => {
    const reading = new Reading(log.tail('events'))
    await log.admin.addPartitions('events', 5)
    await reading.until(() => reading.added.length > 0)
    await log.writer.append(numbered('events', 'new', 2, { partition: 4 }))
    await reading.atPosition(4, 2)
    await reading.stop()
    assert.deepEqual(reading.added, [3, 4])
    assert.deepEqual(reading.valuesOf(4), ['new-0', 'new-1'])
  })

  check('fewer partitions than there are change nothing', async ({ log }) => {
    await log.admin.addPartitions('events', 1)
    assert.equal((await log.tail('events').describe()).partitions.length, 3)
  })

  check(
    'a topic that is made again is told once with both ids, and none of its records is delivered',
    async ({ log }) => {
      await log.writer.append(numbered('results', 'old', 3))
      const { topicId } = await log.tail('results').describe()
      const reading = new Reading(log.tail('results'))
      await reading.atPosition(0, 3)
      await log.admin.recreate('results')
      await log.writer.append(numbered('results', 'new', 10))
      await reading.until(() => reading.topicChanges.length > 0)
      await log.writer.append(numbered('results', 'newer', 10))
      await setImmediate()
      await reading.stop()
      const { topicId: newId } = await log.tail('results').describe()
      assert.notEqual(newId, topicId)
      assert.deepEqual(reading.topicChanges, [[topicId, newId]])
      assert.deepEqual(reading.valuesOf(0), ['old-0', 'old-1', 'old-2'])
    },
  )

  check('a topic that is made again is empty and starts at offset 0', async ({ log }) => {
    await log.writer.append(numbered('results', 'old', 3))
    await log.admin.recreate('results')
    const { partitions } = await log.tail('results').describe()
    assert.deepEqual(partitions, [{ partition: 0, start: 0n, end: 0n }])
  })
}
