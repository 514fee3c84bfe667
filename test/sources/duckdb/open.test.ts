import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { LanewayError } from '../../../src/model/errors.ts'
import { openInstance } from '../../../src/sources/duckdb/instance.ts'
import { openDuckDb } from '../../../src/sources/duckdb/open.ts'
import { folderOf, MIB, measureOf, minute, openWorld, optionsFor, point, sumsIn } from './duckdb-fixture.ts'

const isRefused = (code: string, path: string, why: RegExp) => (error: unknown) => {
  assert.ok(error instanceof LanewayError && error.code === code, String(error))
  assert.ok(error.message.includes(path), `${error.message} names ${path}`)
  assert.match(error.message, why)
  return true
}

test('after a restart everything is there and sequences go on', async () => {
  await using world = await openWorld()
  const labels = { topic: 'a' }
  assert.equal(await world.append([point(1, { labels })]), 1)
  assert.equal(await world.append([point(2, { labels, at: 1 })], [{ dataset: 'cloud', stepMs: minute(1) }]), 2)
  const before = [world.store.source.coverage('cloud', 'raw', [measureOf()]), world.store.stats()]
  await world.reopen()
  assert.deepEqual([world.store.source.coverage('cloud', 'raw', [measureOf()]), world.store.stats()], before)
  assert.equal(await world.append([point(4, { labels })]), 3)
  assert.deepEqual(sumsIn(await world.states({ groupBy: ['topic'] })), { a: 7 })
  assert.equal(world.store.stats().series, 1, 'a known series keeps its number')
})

test('a file without a byte, as a kill during the first start may leave it, is made anew', async () => {
  using folder = folderOf()
  const path = join(folder.path, 'raw.duckdb')
  writeFileSync(path, '')
  const store = await openDuckDb(optionsFor(path))
  assert.equal(store.stats().points, 0)
  await store.close()
})

test('a file that this process has open already is locked, and its first owner does not notice', async () => {
  await using world = await openWorld()
  await assert.rejects(
    openDuckDb(optionsFor(world.path)),
    isRefused('DATA_FOLDER_LOCKED', world.path, /open elsewhere/),
  )
  const other = optionsFor(world.path, { memoryBytesMax: 128 * MIB })
  await assert.rejects(openDuckDb(other), isRefused('DATA_FOLDER_LOCKED', world.path, /open elsewhere/))
  assert.equal(await world.append([point(1)]), 1)
  await world.reopen()
  assert.equal(world.store.stats().points, 1)
})

test('a file that another process has open is locked, and the refusal names the process', async () => {
  await using world = await openWorld()
  const fixture = join(import.meta.dirname, 'duckdb-fixture.ts')
  const open = join(import.meta.dirname, '../../../src/sources/duckdb/open.ts')
  const script = `
    const { optionsFor } = await import(${JSON.stringify(fixture)})
    const { openDuckDb } = await import(${JSON.stringify(open)})
    await openDuckDb(optionsFor(process.argv[1])).catch((error) => console.log(error.code, error.message))`
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, world.path], { encoding: 'utf8' })
  assert.match(child.stdout, new RegExp(`^DATA_FOLDER_LOCKED .* by process ${process.pid}\\b`), child.stderr)
})

const CONTENTS: Record<string, { readonly why: RegExp; readonly write: (path: string) => void | Promise<void> }> = {
  'that is no database': { why: /not a valid DuckDB/, write: (path) => writeFileSync(path, 'hello '.repeat(10_000)) },
  'with the tables of someone else': {
    why: /other tables \(theirs\)/,
    write: (path) => database(path, ['CREATE TABLE theirs (x INTEGER)']),
  },
  'of a newer schema': {
    why: /schema version 99, this Laneway reads version 1/,
    write: (path) =>
      database(path, ['CREATE TABLE laneway_schema (version INTEGER)', 'INSERT INTO laneway_schema VALUES (99)']),
  },
  'with a damaged block': { why: /[Cc]orrupt|checksum/, write: (path) => written(path, damageBlocks) },
  'that was cut off': {
    why: /read enough bytes|[Cc]orrupt/,
    write: (path) => written(path, (file) => writeFileSync(file, readFileSync(file).subarray(0, 300_000))),
  },
}

async function database(path: string, statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  for (const statement of statements) await connection.run(statement)
  connection.closeSync()
  instance.closeSync()
}

/** A store with some points, then damaged. */
async function written(path: string, damage: (path: string) => void): Promise<void> {
  const store = await openDuckDb(optionsFor(path))
  const points = Array.from({ length: 5_000 }, (_, i) => point((i * 7_919) % 100_003, { labels: { topic: `t${i}` } }))
  await store.writer.append({ points, arrivedMs: 0 }, { readings: [], identities: [] }, [])
  await store.close()
  damage(path)
}

/** DuckDB's blocks begin after three headers of 4 KiB. */
function damageBlocks(path: string): void {
  const file = openSync(path, 'r+')
  for (let at = 3 * 4096 + 64; at < statSync(path).size; at += 4096) writeSync(file, Buffer.alloc(16, 0x5a), 0, 16, at)
  closeSync(file)
}

for (const [what, { why, write }] of Object.entries(CONTENTS)) {
  test(`a file ${what} is refused by name and left as it is`, async () => {
    using folder = folderOf()
    const path = join(folder.path, 'raw.duckdb')
    await write(path)
    const before = readFileSync(path)
    await assert.rejects(openDuckDb(optionsFor(path)), isRefused('DATA_FOLDER_DAMAGED', path, why))
    assert.ok(before.equals(readFileSync(path)))
  })
}

test('statements reach no other file, load nothing and change no setting', async () => {
  using folder = folderOf()
  const outside = join(folder.path, 'outside.csv')
  writeFileSync(outside, 'a,b\n1,2\n')
  const { instance, connection } = await openInstance({
    path: join(folder.path, 'raw.duckdb'),
    memoryBytesMax: 64 * MIB,
  })
  for (const statement of [
    `SELECT * FROM read_csv('${outside}')`,
    `COPY (SELECT 1) TO '${outside}'`,
    `ATTACH '${outside}.duckdb'`,
    'INSTALL httpfs',
    'LOAD httpfs',
    'SET threads = 4',
    'SET enable_external_access = true',
  ]) {
    await assert.rejects(connection.run(statement), statement)
  }
  connection.closeSync()
  instance.closeSync()
})

test('health says ok, then degraded with the reason of a failed write, ok after the next, and down once closed', async () => {
  await using world = await openWorld()
  const { health } = world.store
  assert.deepEqual([health.status().state, health.ready(), health.gate], ['ok', true, true])
  await assert.rejects(world.append([point(2n ** 70n)]))
  assert.match(health.status().detail, /^The last write failed: 1180591620717411303424 is not a 64-bit integer/)
  assert.equal(health.status().state, 'degraded')
  await world.append([point(1)])
  assert.equal(health.status().state, 'ok')
  await world.store.close()
  assert.deepEqual([health.status().state, health.ready()], ['down', false])
})
