import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Database } from '../../../src/sources/duckdb/database.ts'
import { RawBook } from '../../../src/sources/duckdb/raw-book.ts'
import { DuckDbWriter } from '../../../src/sources/duckdb/raw-writer.ts'
import { StreamStore } from '../../../src/sources/duckdb/stream-store.ts'
import { Transactions } from '../../../src/sources/duckdb/transactions.ts'
import { folderOf, identity, MIB, NOW, openWorld, reading } from './duckdb-fixture.ts'

test('of each stream the newest reading comes back, whole numbers beyond 2^53 and unknown starts included', async () => {
  await using world = await openWorld()
  const append = (readings: ReturnType<typeof reading>[]) =>
    world.store.writer.append({ points: [], arrivedMs: NOW }, { readings, identities: [] }, [])
  await append([reading('a', 1), reading('b', 2n ** 63n - 1n), reading('c', 0.1, { startNs: '' })])
  await append([reading('a', -3, { timeNs: '18446744073709551615', seenMs: NOW + 0.5 })])
  await world.reopen()
  const { readings } = await world.store.writer.restore(0)
  assert.deepEqual(
    [...readings].sort((a, b) => (a.hash < b.hash ? -1 : 1)),
    [
      reading('a', -3, { timeNs: '18446744073709551615', seenMs: NOW + 0.5 }),
      reading('b', 2n ** 63n - 1n),
      reading('c', 0.1, { startNs: '' }),
    ],
  )
})

test('only identities seen since the asked moment come back', async () => {
  await using world = await openWorld()
  const identities = [identity('old', { seenMs: NOW - 10 }), identity('new', { seenMs: NOW, startNs: '12' })]
  await world.store.writer.append({ points: [], arrivedMs: NOW }, { readings: [], identities }, [])
  assert.deepEqual((await world.store.writer.restore(NOW - 5)).identities, [identities[1]])
})

test('outdated readings are swept away in steps while commits go on, and the newest stay', async () => {
  using folder = folderOf()
  const database = await Database.open({ path: join(folder.path, 'raw.duckdb'), memoryBytesMax: 64 * MIB })
  const transactions = new Transactions(database)
  const streams = new StreamStore(database, transactions, { stepRows: 20, outdatedMax: 100 })
  const writer = new DuckDbWriter({ transactions, streams, book: new RawBook(), onMarks: () => undefined })
  const newest = new Map<string, number>([['once', -1]])
  await writer.append({ points: [], arrivedMs: NOW }, { readings: [reading('once', -1)], identities: [] }, [])
  for (let commit = 0; commit < 60; commit++) {
    const readings = Array.from({ length: 10 }, (_, i) => reading(`s${(commit + i * 3) % 30}`, commit))
    for (const { hash } of readings) newest.set(hash, commit)
    await writer.append({ points: [], arrivedMs: NOW }, { readings, identities: [] }, [])
  }
  await streams.close()
  assert.ok(streams.rows < 601 - 100, `${streams.rows} rows are left of 601`)
  const { readings } = await writer.restore(0)
  assert.deepEqual(new Map(readings.map(({ hash, value }) => [hash, value])), newest)
  await transactions.close()
})
