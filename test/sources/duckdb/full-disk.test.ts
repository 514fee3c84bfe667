import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDuckDb } from '../../../src/sources/duckdb/open.ts'
import { folderOf, MIB, never, optionsFor, scanOf } from './duckdb-fixture.ts'

const child = join(import.meta.dirname, 'full-disk-child.ts')
const FILE_BYTES_MAX = 1.5 * MIB

/** `ulimit` bounds files in blocks of 512 bytes: beyond, writing fails as on a full disk. */
function fill(path: string, walBytesMax: number) {
  const command = `ulimit -f ${FILE_BYTES_MAX / 512}; exec "$0" "$@"`
  const run = spawnSync('sh', ['-c', command, process.execPath, child, path, String(walBytesMax)], { encoding: 'utf8' })
  assert.equal(run.status, 0, run.stderr)
  return JSON.parse(run.stdout)
}

const CASES = {
  'the log of changes cannot grow': 64 * MIB,
  'the file cannot grow, which DuckDB notices after the commit is durable': 256 * 1024,
}

for (const [what, walBytesMax] of Object.entries(CASES)) {
  test(`on a full disk, where ${what}, exactly the acknowledged points are there, and reads go on`, async () => {
    using folder = folderOf()
    const path = join(folder.path, 'raw.duckdb')
    const seen = fill(path, walBytesMax)
    assert.deepEqual(seen.codes, ['STORE_UNWRITABLE', 'STORE_UNWRITABLE', 'STORE_UNWRITABLE'])
    assert.ok(seen.acknowledged > 0)
    assert.deepEqual([seen.rowsRead, seen.counted], [seen.acknowledged, seen.acknowledged])
    assert.equal(seen.health, 'degraded')
    const store = await openDuckDb(optionsFor(path))
    assert.deepEqual([store.stats().points, store.stats().seq], [seen.acknowledged, seen.seq])
    assert.equal((await store.source.run(scanOf('states'), never)).rowsRead, seen.acknowledged)
    await store.close()
  })
}
