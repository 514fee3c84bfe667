import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { CHANNELS } from '../../../src/model/channels.ts'
import type { LogRecord } from '../../../src/ports/log.ts'
import type { Case } from './case.ts'
import { boundsOf, contentOf, numbered, Reading, recordOf, T0, textOf } from './log-under-test.ts'

export function appendCases(check: Case): void {
  check('a record comes back with its key, value, place and timestamp', async ({ log }) => {
    await log.writer.append([
      recordOf('events', { key: 'schlüssel', value: '{"a":1}', partition: 2, timestampMs: T0 + 7 }),
    ])
    const reading = new Reading(log.tail('events'))
    await reading.atPosition(2, 1)
    await reading.stop()
    const { topic, partition, key, value, timestampMs } = reading.records[0]!
    assert.deepEqual(
      [topic, partition, textOf(key), textOf(value), timestampMs],
      ['events', 2, 'schlüssel', '{"a":1}', T0 + 7],
    )
  })

  check('bytes that are no text come back as they were', async ({ log }) => {
    const odd = Uint8Array.from([0, 255, 128, 10, 0])
    await log.writer.append([{ ...recordOf('results', {}), key: odd, value: odd }])
    const reading = new Reading(log.tail('results'))
    await reading.atPosition(0, 1)
    await reading.stop()
    assert.deepEqual([...reading.records[0]!.key!, ...reading.records[0]!.value!], [...odd, ...odd])
  })

  check('an empty key or value is not a missing one', async ({ log }) => {
    const batch = [recordOf('results', { key: '', value: null }), recordOf('results', { key: null, value: '' })]
    await log.writer.append(batch)
    const reading = new Reading(log.tail('results'))
    await reading.atPosition(0, 2)
    await reading.stop()
    assert.deepEqual(
      reading.records.map(({ key, value }) => [textOf(key), textOf(value)]),
      [
        ['', null],
        [null, ''],
      ],
    )
  })

  check('offsets rise by one per record, each partition on its own', async ({ log }) => {
    await log.writer.append([...numbered('events', 'a', 3), ...numbered('events', 'b', 2, { partition: 1 })])
    await log.writer.append(numbered('events', 'c', 2))
    assert.deepEqual(await boundsOf(log, 'events', 0), [0, 5])
    assert.deepEqual(await boundsOf(log, 'events', 1), [0, 2])
    assert.deepEqual(await boundsOf(log, 'events', 2), [0, 0])
  })

  check('a batch over several topics is there whole when append resolves', async ({ log }) => {
    await log.writer.append([
      recordOf('events', { value: 'x' }),
      recordOf('results', { value: 'y' }),
      recordOf('state', { value: 'z' }),
    ])
    assert.deepEqual(await contentOf(log, 'events'), ['x'])
    assert.deepEqual(await contentOf(log, 'results'), ['y'])
    assert.deepEqual(await contentOf(log, 'state'), ['z'])
  })

  check('records of a partition stay in the order of the appends', async ({ log }) => {
    const { writer } = log
    await Promise.all(Array.from({ length: 20 }, (_, i) => writer.append(numbered('results', `${i}`, 3))))
    const expected = Array.from({ length: 20 }, (_, i) => [`${i}-0`, `${i}-1`, `${i}-2`]).flat()
    assert.deepEqual(await contentOf(log, 'results'), expected)
  })

  check('batches of several writers do not mix', async ({ log }) => {
    const writers = Array.from({ length: 4 }, () => log.writer)
    await Promise.all(
      writers.flatMap((writer, w) => [0, 1, 2].map((i) => writer.append(numbered('results', `${w}.${i}`, 5)))),
    )
    const values = await contentOf(log, 'results')
    for (let i = 0; i < values.length; i += 5) {
      const name = values[i]!.split('-')[0]
      assert.deepEqual(
        values.slice(i, i + 5),
        [0, 1, 2, 3, 4].map((n) => `${name}-${n}`),
      )
    }
    assert.equal(values.length, 60)
  })

  check('an empty batch is nothing', async ({ log }) => {
    await log.writer.append([])
    assert.deepEqual(await boundsOf(log, 'events'), [0, 0])
  })

  refusals(check)
  announcements(check)
}

function refusals(check: Case): void {
  const refused: Readonly<Record<string, { bad: LogRecord; says: RegExp }>> = {
    'a partition that the topic does not have': {
      bad: recordOf('events', { partition: 3 }),
      says: /record 1 names partition 3 of "events", which has 3/,
    },
    'a topic that the log does not have': { bad: recordOf('nowhere', {}), says: /record 1 names topic "nowhere"/ },
    'a record without a key on a compacted topic': {
      bad: recordOf('state', { key: null }),
      says: /record 1 has no key/,
    },
    'a record larger than the limit': {
      bad: recordOf('results', { value: 'x'.repeat(10_001) }),
      says: /record 1 has 10002 bytes, the limit is 10000/,
    },
    'a timestamp that is not whole': {
      bad: recordOf('results', { timestampMs: 1.5 }),
      says: /record 1 has the timestamp 1.5/,
    },
  }
  for (const [what, { bad, says }] of Object.entries(refused)) {
    check(`${what} refuses the whole batch`, async ({ log }) => {
      await assert.rejects(log.writer.append([recordOf('results', { value: 'good' }), bad]), {
        code: 'FIELD_INVALID',
        message: says,
      })
      assert.deepEqual(await boundsOf(log, 'results'), [0, 0])
      await log.writer.append([recordOf('results', { value: 'later' })])
      assert.deepEqual(await contentOf(log, 'results'), ['later'])
    })
  }

  check('a batch larger than the limit is refused, one as large is not', async ({ log }) => {
    const records = Array.from({ length: 10 }, () => recordOf('results', { key: null, value: 'x'.repeat(10_000) }))
    await log.writer.append(records)
    const over = [...records, recordOf('results', { key: null, value: 'x' })]
    await assert.rejects(log.writer.append(over), { code: 'FIELD_INVALID', message: /the batch has 100001 bytes/ })
    assert.deepEqual(await boundsOf(log, 'results'), [0, 10])
  })

  check('a closed log takes nothing', async ({ log }) => {
    const { writer } = log
    await log.close()
    await assert.rejects(writer.append([recordOf('results', {})]), { code: 'NOT_READY' })
  })
}

function announcements(check: Case): void {
  check('each transaction is announced before and after, a refused one is not', async ({ log }) => {
    const heard: unknown[] = []
    const listen = (message: unknown) => heard.push(message)
    subscribe(CHANNELS.logAppend, listen)
    try {
      await log.writer.append([recordOf('events', {}), recordOf('events', {}), recordOf('results', {})])
      await assert.rejects(log.writer.append([recordOf('nowhere', {})]))
    } finally {
      unsubscribe(CHANNELS.logAppend, listen)
    }
    const topics = ['events', 'results']
    assert.deepEqual(heard, [
      { phase: 'before', topics, records: 3 },
      { phase: 'after', topics, records: 3 },
    ])
  })
}
