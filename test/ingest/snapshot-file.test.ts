import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readSnapshotFile, type Snapshot, writeSnapshotFile } from '../../src/ingest/snapshot-file.ts'
import { CHANNELS } from '../../src/model/channels.ts'

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'laneway-snapshot-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const snapshotOf = (change: Partial<Snapshot> = {}): Snapshot => ({
  topicId: 'b1946ac9',
  positions: new Map([
    [0, 12n],
    [3, 2n ** 60n],
  ]),
  versions: ['cloud/topic_1m@aaaaaaaaaaaaaaaa', 'cloud/größe@bbbbbbbbbbbbbbbb'],
  appliedMs: 1_795_000_000_123,
  table: Uint8Array.from({ length: 5_000 }, (_, i) => i * 7),
  ...change,
})

test('what was written is read back', async (t) => {
  const path = join(folderOf(t), 'push.snapshot')
  const bytes = await writeSnapshotFile(path, snapshotOf())
  assert.equal(readFileSync(path).length, bytes)
  assert.deepEqual(await readSnapshotFile(path), snapshotOf())
})

test('an empty table and one larger than a piece are read back', async (t) => {
  const path = join(folderOf(t), 'push.snapshot')
  for (const length of [0, 9 * 1024 * 1024 + 1]) {
    const snapshot = snapshotOf({ table: new Uint8Array(length).fill(9), positions: new Map(), versions: [] })
    await writeSnapshotFile(path, snapshot)
    const { table, ...rest } = (await readSnapshotFile(path))!
    assert.ok(Buffer.from(table).equals(snapshot.table))
    assert.deepEqual(rest, {
      topicId: snapshot.topicId,
      positions: new Map(),
      versions: [],
      appliedMs: snapshot.appliedMs,
    })
  }
})

test('without a file there is no snapshot', async (t) => {
  assert.equal(await readSnapshotFile(join(folderOf(t), 'push.snapshot')), null)
})

test('what is no snapshot is damaged: a folder, another file, another layout, something behind the end', async (t) => {
  const folder = folderOf(t)
  const path = join(folder, 'push.snapshot')
  const isDamage = { code: 'SNAPSHOT_DAMAGED' }
  await assert.rejects(readSnapshotFile(folder), isDamage)
  writeFileSync(path, 'a letter to somebody, long enough to be one')
  await assert.rejects(readSnapshotFile(path), isDamage)
  await writeSnapshotFile(path, snapshotOf())
  writeFileSync(path, 'x', { flag: 'a' })
  await assert.rejects(readSnapshotFile(path), isDamage)
})

test('no single flipped byte goes unnoticed', async (t) => {
  const path = join(folderOf(t), 'push.snapshot')
  await writeSnapshotFile(path, snapshotOf({ table: new Uint8Array(60) }))
  const good = readFileSync(path)
  for (let at = 0; at < good.length; at++) {
    const bytes = Uint8Array.from(good)
    bytes[at]! ^= 1
    writeFileSync(path, bytes)
    await assert.rejects(readSnapshotFile(path), { code: 'SNAPSHOT_DAMAGED' }, `byte ${at}`)
  }
})

test('until the rename the path has the snapshot before; a kill between leaves it whole', async (t) => {
  const folder = folderOf(t)
  const path = join(folder, 'push.snapshot')
  await writeSnapshotFile(path, snapshotOf({ topicId: 'old' }))
  const heard: unknown[] = []
  const listen = (message: unknown) => {
    const { phase } = message as { phase: string }
    const holdsNew = readFileSync(path).includes('"topicId":"new"')
    heard.push([phase, holdsNew, existsSync(`${path}.new`)])
  }
  subscribe(CHANNELS.snapshot, listen)
  await writeSnapshotFile(path, snapshotOf({ topicId: 'new' }))
  unsubscribe(CHANNELS.snapshot, listen)
  assert.deepEqual(heard, [
    ['written', false, true],
    ['renamed', true, false],
  ])
})

test('a half-written file of a killed process is written over', async (t) => {
  const folder = folderOf(t)
  const path = join(folder, 'push.snapshot')
  writeFileSync(`${path}.new`, 'half of a snapsh'.repeat(10_000))
  await writeSnapshotFile(path, snapshotOf())
  assert.deepEqual(await readSnapshotFile(path), snapshotOf())
  assert.deepEqual(readdirSync(folder), ['push.snapshot'])
})

test('a failed write leaves no file behind', async (t) => {
  const path = join(folderOf(t), 'not-there', 'push.snapshot')
  await assert.rejects(writeSnapshotFile(path, snapshotOf()), { code: 'ENOENT' })
  assert.equal(existsSync(`${path}.new`), false)
})
