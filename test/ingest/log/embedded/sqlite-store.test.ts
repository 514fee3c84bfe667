import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../../../../src/ingest/log/embedded/database.ts'
import { SqliteStore } from '../../../../src/ingest/log/embedded/sqlite-store.ts'
import { numbered, recordOf, TOPICS } from '../../../conformance/log/log-under-test.ts'
import { logFolder } from './log-folder.ts'

test('a transaction that fails half-way is undone, offsets included, and the next one succeeds', async (t) => {
  const { path, open } = logFolder(t)
  const store = new SqliteStore({
    db: openDatabase(path, null),
    path,
    topics: TOPICS,
    tombstonesKeptMs: 0,
    newTopicId: () => 'id',
  })
  const position = { group: 'g', topic: 'events', partition: 0, next: 3 }
  const bad = { records: [...numbered('results', 'lost', 600), recordOf('nowhere', {})], position }
  await assert.rejects(store.commit(bad), { code: 'FIELD_INVALID' })
  assert.equal(store.topic('results')!.partitions[0]!.end, 0)
  assert.equal(store.committed(position), undefined)
  await store.commit({ records: numbered('results', 'kept', 2) })
  await store.close()

  const log = open()
  assert.deepEqual((await log.tail('results').describe()).partitions, [{ partition: 0, start: 0n, end: 2n }])
  await log.close()
})
