import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { LogRecord, TopicSettings } from '../../../../src/ports/log.ts'
import { boundsOf, contentOf, HOUR, numbered, recordOf, T0, TOPICS } from '../../../conformance/log/log-under-test.ts'
import { logFolder } from './log-folder.ts'

const withTopic = (name: string, change: Partial<TopicSettings>): TopicSettings[] =>
  TOPICS.map((topic) => (topic.name === name ? { ...topic, ...change } : topic))

test('records, bounds and topic ids are the same after closing and opening', async (t) => {
  const folder = logFolder(t)
  const first = folder.open()
  await first.writer.append([
    ...numbered('events', 'a', 5, { timestampMs: T0 - 2 * HOUR }),
    ...numbered('events', 'b', 5),
  ])
  await first.writer.append([recordOf('state', { key: 'x', value: '1' }), recordOf('state', { key: 'x', value: '2' })])
  await first.maintain(T0)
  const before = await first.tail('events').describe()
  await first.close()

  const second = folder.open()
  assert.deepEqual(await second.tail('events').describe(), before)
  assert.deepEqual(await boundsOf(second, 'events'), [5, 10])
  assert.deepEqual(await contentOf(second, 'events'), ['b-0', 'b-1', 'b-2', 'b-3', 'b-4'])
  assert.deepEqual(await contentOf(second, 'state'), ['2'])
  await second.writer.append(numbered('events', 'c', 1))
  assert.deepEqual(await boundsOf(second, 'events'), [5, 11])
  await second.close()
})

test('offsets are not used again when everything was deleted before the restart', async (t) => {
  const folder = logFolder(t)
  const first = folder.open()
  await first.writer.append(numbered('events', 'a', 7, { timestampMs: T0 - 2 * HOUR }))
  await first.maintain(T0)
  await first.close()
  const second = folder.open()
  assert.deepEqual(await boundsOf(second, 'events'), [7, 7])
  await second.writer.append(numbered('events', 'b', 1))
  assert.deepEqual(await boundsOf(second, 'events'), [7, 8])
  await second.close()
})

test('a fence goes on rising over a restart', async (t) => {
  const folder = logFolder(t)
  const first = folder.open()
  await first.writer.append([], { id: 'tasks-0' })
  await first.close()
  const second = folder.open()
  const [older, newer] = [second.writer, second.writer]
  await older.append([], { id: 'tasks-0' })
  await newer.append([], { id: 'tasks-0' })
  await assert.rejects(older.append([recordOf('results', {})], { id: 'tasks-0' }), {
    message: /\(epoch 3, this writer has 2\)/,
  })
  await second.close()
})

test('a tombstone keeps its age over a restart', async (t) => {
  const folder = logFolder(t)
  const limits = { tombstonesKeptMs: HOUR }
  const first = folder.open({ limits })
  await first.writer.append([recordOf('state', { key: 'a', value: null }), recordOf('state', { key: 'b' })])
  await first.maintain(T0)
  await first.close()
  const second = folder.open({ limits })
  await second.maintain(T0 + HOUR + 1)
  assert.deepEqual(await contentOf(second, 'state'), ['v'])
  await second.close()
})

test('a topic keeps the partitions it has when the settings name fewer, and grows when they name more', async (t) => {
  const folder = logFolder(t)
  const first = folder.open()
  await first.writer.append(numbered('events', 'a', 2, { partition: 2 }))
  await first.close()
  const fewer = folder.open({ topics: withTopic('events', { partitions: 1 }) })
  assert.deepEqual(await contentOf(fewer, 'events', 2), ['a-0', 'a-1'])
  await fewer.close()
  const more = folder.open({ topics: withTopic('events', { partitions: 6 }) })
  await more.writer.append(numbered('events', 'b', 1, { partition: 5 }))
  assert.deepEqual(await contentOf(more, 'events', 2), ['a-0', 'a-1'])
  assert.equal((await more.tail('events').describe()).partitions.length, 6)
  await more.close()
})

test('a topic whose settings turn to compaction loses the records that have no key', async (t) => {
  const folder = logFolder(t)
  const first = folder.open()
  await first.writer.append([
    recordOf('results', { key: null, value: 'x' }),
    recordOf('results', { key: 'a', value: 'y' }),
  ])
  await first.close()
  const second = folder.open({ topics: withTopic('results', { cleanup: 'compact' }) })
  await second.maintain(T0)
  assert.deepEqual(await contentOf(second, 'results'), ['y'])
  await second.close()
})

test('another log on the same file is refused, in this process and in another; the first goes on', async (t) => {
  const folder = logFolder(t)
  const log = folder.open()
  assert.throws(() => folder.open(), {
    code: 'DATA_FOLDER_LOCKED',
    message: /log\.sqlite is in use by another process/,
  })
  const script = `
    const { openEmbeddedLog } = await import(process.argv[1])
    try { openEmbeddedLog({ path: process.argv[2], clock: Date.now, topics: [] }) } catch (error) { console.log(error.code) }`
  const module = new URL('../../../../src/ingest/log/embedded/open.ts', import.meta.url).href
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, module, folder.path], {
    encoding: 'utf8',
  })
  assert.equal(child.stdout.trim(), 'DATA_FOLDER_LOCKED', child.stderr)
  await log.writer.append(numbered('results', 'a', 1))
  await log.close()
  await folder.open().close()
})

test('a file in a folder that does not exist is said to be unwritable', (t) => {
  const folder = logFolder(t)
  const path = `${folder.path}/not/here.sqlite`
  assert.throws(() => folder.open({ path }), { code: 'STORE_UNWRITABLE', message: /here\.sqlite/ })
})

test('files that are no log are named and left as they are', (t) => {
  const folder = logFolder(t)
  const isDamage = { code: 'DATA_FOLDER_DAMAGED', message: /log\.sqlite is damaged/ }
  writeFileSync(folder.path, 'this is no database, but long enough to look like one: '.repeat(30))
  assert.throws(() => folder.open(), isDamage)
  assert.match(readFileSync(folder.path, 'utf8'), /^this is no database/)

  rmSync(folder.path)
  const other = new DatabaseSync(folder.path)
  other.exec('CREATE TABLE mine (a); INSERT INTO mine VALUES (1); PRAGMA user_version = 7')
  other.close()
  assert.throws(() => folder.open(), { ...isDamage, message: /layout 7, this Laneway reads layout 1/ })
})

test('wherever a byte of the file is flipped, damage is said or every record is what was written', async (t) => {
  const folder = logFolder(t)
  const log = folder.open()
  await log.writer.append(numbered('events', 'value', 500))
  await log.writer.append(Array.from({ length: 100 }, (_, i) => recordOf('state', { key: `k${i}`, value: `s-${i}` })))
  const expected = [await contentOf(log, 'events'), await contentOf(log, 'state')]
  await log.close()
  const good = readFileSync(folder.path)
  let said = 0
  for (let i = 0; i < 100; i++) {
    const bytes = Uint8Array.from(good)
    bytes[Math.floor((good.length * i) / 100) + 7]! ^= 0x5a
    const copy = logFolder(t)
    writeFileSync(copy.path, bytes)
    try {
      const damaged = copy.open()
      try {
        assert.deepEqual(
          [await contentOf(damaged, 'events'), await contentOf(damaged, 'state')],
          expected,
          `byte ${i}/100`,
        )
      } finally {
        await damaged.close()
      }
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      assert.equal(code, 'DATA_FOLDER_DAMAGED', `${message}, byte ${i}/100`)
      assert.match(message, /log\.sqlite/)
      said++
    }
  }
  assert.ok(said > 20, `${said} of 100 were said`)
})

test('a truncated file is said to be damaged', async (t) => {
  const folder = logFolder(t)
  const log = folder.open()
  await log.writer.append(numbered('events', 'value', 2_000))
  await log.close()
  const good = readFileSync(folder.path)
  for (const share of [0.3, 0.6, 0.9]) {
    const copy = logFolder(t)
    writeFileSync(copy.path, good.subarray(0, Math.floor(good.length * share)))
    assert.throws(() => copy.open(), { code: 'DATA_FOLDER_DAMAGED' })
  }
})

test('a damaged record ends its tail with the place, and the health part is down', async (t) => {
  const folder = logFolder(t)
  const first = folder.open()
  await first.writer.append(numbered('results', 'r', 3))
  await first.close()
  const db = new DatabaseSync(folder.path)
  db.exec("UPDATE records SET value = CAST('forged' AS BLOB) WHERE offset = 1")
  db.close()
  const log = folder.open()
  await assert.rejects(contentOf(log, 'results'), {
    code: 'DATA_FOLDER_DAMAGED',
    message: /record 1 of results, partition 0, fails its checksum/,
  })
  assert.equal(log.health.status().state, 'down')
  await log.close()
})

test('a full file refuses the whole batch, is shown, and takes records again when maintenance freed space', async (t) => {
  const folder = logFolder(t)
  const log = folder.open({ bytesMax: 1_000_000 })
  const batch = (timestampMs: number): LogRecord[] =>
    Array.from({ length: 40 }, () => recordOf('events', { value: 'x'.repeat(2_000), timestampMs }))
  let appended = 0
  await assert.rejects(
    async () => {
      for (; appended < 100; appended++) await log.writer.append(batch(T0 - 2 * HOUR))
    },
    { code: 'STORE_UNWRITABLE', message: /log\.sqlite: .*full/ },
  )
  assert.ok(appended > 1)
  assert.deepEqual(await boundsOf(log, 'events'), [0, appended * 40])
  assert.equal(log.health.status().state, 'degraded')
  assert.match(log.health.status().detail, /The last write failed/)

  await log.maintain(T0)
  await log.writer.append(batch(T0))
  assert.equal((await contentOf(log, 'events')).length, 40)
  assert.equal(log.health.status().state, 'ok')
  await log.close()
})

test('a large transaction leaves turns on the event loop to others, who see nothing of it before its end', async (t) => {
  const folder = logFolder(t)
  const log = folder.open()
  let isDone = false
  const appending = log.writer.append(numbered('results', 'r', 5_000)).then(() => (isDone = true))
  let turns = 0
  for (; !isDone; turns++) {
    await setImmediate()
    const [, end] = await boundsOf(log, 'results')
    assert.ok(end === 0 || end === 5_000)
  }
  await appending
  assert.ok(turns >= 5_000 / 256, `${turns} turns`)
  assert.equal((await contentOf(log, 'results')).length, 5_000)
  await log.close()
})

test('closing lets appends that were begun finish', async (t) => {
  const folder = logFolder(t)
  const log = folder.open()
  const { writer } = log
  const appends = Array.from({ length: 5 }, (_, i) => writer.append(numbered('results', `${i}`, 600)))
  await log.close()
  await Promise.all(appends)
  const again = folder.open()
  assert.deepEqual(await boundsOf(again, 'results'), [0, 3_000])
  await again.close()
})
