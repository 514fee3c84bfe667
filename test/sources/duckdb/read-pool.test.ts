import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DuckDBConnection } from '@duckdb/node-api'
import { LanewayError } from '../../../src/model/errors.ts'
import { Database } from '../../../src/sources/duckdb/database.ts'
import { folderOf, MIB, never } from './duckdb-fixture.ts'

const READERS = 3
/** Would run for hours. */
const endless = (connection: DuckDBConnection) =>
  connection.run('SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(10000000) b(i)')
const quick = async (connection: DuckDBConnection) => (await connection.runAndReadAll('SELECT 42')).getRows()[0]![0]
const isClosed = (error: unknown) => error instanceof LanewayError && error.code === 'SOURCE_FAILED'

async function openDatabase() {
  const folder = folderOf()
  const database = await Database.open({ path: join(folder.path, 'raw.duckdb'), memoryBytesMax: 64 * MIB })
  return {
    database,
    async [Symbol.asyncDispose]() {
      await database.close()
      folder[Symbol.dispose]()
    },
  }
}

test('a signal interrupts a query that runs, and the connection is used again', async () => {
  await using world = await openDatabase()
  for (let i = 0; i < READERS + 1; i++) {
    const leaving = new AbortController()
    const running = world.database.snapshot(leaving.signal, async (connection) => {
      setImmediate(() => leaving.abort(new Error(`gone ${i}`)))
      return await endless(connection)
    })
    await assert.rejects(running, { message: `gone ${i}` })
  }
  assert.equal(await world.database.snapshot(never, quick), 42)
})

test('a query that would still begin after the abort is interrupted too', async () => {
  await using world = await openDatabase()
  const leaving = new AbortController()
  const running = world.database.snapshot(leaving.signal, async (connection) => {
    leaving.abort(new Error('gone'))
    return await endless(connection)
  })
  await assert.rejects(running, { message: 'gone' })
})

test('reads beyond the connections wait in line; a signal takes one out of the line', async () => {
  await using world = await openDatabase()
  const gates = Array.from({ length: READERS }, () => Promise.withResolvers<void>())
  const holding = gates.map((gate) => world.database.snapshot(never, () => gate.promise))
  const leaving = new AbortController()
  const impatient = world.database.snapshot(leaving.signal, quick)
  const patient = world.database.snapshot(never, quick)
  leaving.abort(new Error('too long'))
  await assert.rejects(impatient, { message: 'too long' })
  gates[0]!.resolve()
  assert.equal(await patient, 42)
  for (const gate of gates) gate.resolve()
  await Promise.all(holding)
  await assert.rejects(world.database.snapshot(AbortSignal.abort(new Error('at once')), quick), { message: 'at once' })
})

test('everything in one use sees one moment, whatever is written meanwhile', async () => {
  await using world = await openDatabase()
  const writer = await world.database.writer()
  const count = async (connection: DuckDBConnection) =>
    Number((await connection.runAndReadAll('SELECT count(*) FROM commits')).getRows()[0]![0])
  const seen = await world.database.snapshot(never, async (connection) => {
    const before = await count(connection)
    await writer.run('INSERT INTO commits VALUES (1, 0, 0)')
    return [before, await count(connection)]
  })
  assert.deepEqual(seen, [0, 0])
  assert.equal(await world.database.snapshot(never, count), 1)
})

test('a use only reads', async () => {
  await using world = await openDatabase()
  await assert.rejects(world.database.snapshot(never, (connection) => connection.run('DELETE FROM commits')))
  assert.equal(await world.database.snapshot(never, quick), 42)
})

test('closing interrupts what runs and turns away who waits and who comes', async () => {
  await using world = await openDatabase()
  const running = Array.from({ length: READERS }, () => world.database.snapshot(never, endless))
  const waiting = world.database.snapshot(never, quick)
  const outcomes = Promise.allSettled([...running, waiting])
  await world.database.close()
  assert.deepEqual(
    (await outcomes).map(({ status }) => status),
    ['rejected', 'rejected', 'rejected', 'rejected'],
  )
  await assert.rejects(waiting, isClosed)
  await assert.rejects(world.database.snapshot(never, quick), isClosed)
})

test('opened again, the file serves those who waited meanwhile', async () => {
  await using world = await openDatabase()
  const running = world.database.snapshot(never, endless)
  const reopened = world.database.reopen()
  const waiting = world.database.snapshot(never, quick)
  await assert.rejects(running)
  await reopened
  assert.equal(await waiting, 42)
})
