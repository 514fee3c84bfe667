import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { versionName } from '../../src/ingest/apply-definitions.ts'
import { readSnapshotFile, writeSnapshotFile } from '../../src/ingest/snapshot-file.ts'
import { minute, NOW, ROLLUP, rolledUp, rollupOf, tableOf, topics } from '../cache/push/push-fixture.ts'
import { applyWorld, recordOf, sumsAt, TOPIC, windowsOf } from './apply-world.ts'

const HOUR = 3_600_000

test('what is appended is in the table, and applied up to now', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1, b: 2 } }))
  const { apply, table } = await world.open()
  assert.deepEqual(sumsAt(table, minute(0)), { a: 1, b: 2 })
  await world.append(windowsOf({ [minute(1)]: { a: 3 } }))
  await apply.caughtUp()
  assert.deepEqual(sumsAt(table, minute(1)), { a: 3 })
  world.clock.nowMs += 5_000
  assert.equal(apply.appliedMs(), NOW + 5_000)
  assert.equal(apply.health.ready(), true)
  assert.equal(apply.health.status().state, 'ok')
})

test('a restart reads only what came after the snapshot', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1, b: 2 } }))
  const first = await world.open()
  await first.apply.close()
  const added = windowsOf({ [minute(1)]: { a: 3 } })
  await world.append(added)
  const { apply, table } = await world.open()
  assert.deepEqual([sumsAt(table, minute(0)), sumsAt(table, minute(1))], [{ a: 1, b: 2 }, { a: 3 }])
  assert.equal(apply.stats().records, added.length)
  assert.equal(apply.stats().rebuilds, 0)
})

test('a table of many windows and groups comes back from its snapshot', async (t) => {
  const world = applyWorld(t)
  const groups = Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`topic-${i} ${'x'.repeat(50)}`, i]))
  await world.append(windowsOf({ [minute(0)]: groups }))
  for (let window = 1; window < 350; window++) await world.append(windowsOf({ [minute(window)]: { a: window } }))
  const first = await world.open()
  await first.apply.close()
  assert.equal(first.apply.stats().snapshotFailures, 0, first.apply.health.status().detail)
  const { apply, table } = await world.open()
  assert.equal(apply.stats().records, 0)
  assert.deepEqual(sumsAt(table, minute(0)), groups)
  for (const window of [1, 170, 349]) assert.deepEqual(sumsAt(table, minute(window)), { a: window })
})

test('a snapshot between the records of an epoch and its seals loses neither', async (t) => {
  const world = applyWorld(t)
  const records = windowsOf({ [minute(0)]: { a: 1, b: 2, c: 3 } })
  await world.append(records.slice(0, 2))
  const first = await world.open()
  await first.apply.close()
  await world.append(records.slice(2))
  const { table } = await world.open()
  assert.deepEqual(sumsAt(table, minute(0)), { a: 1, b: 2, c: 3 })
})

test('the positions of a snapshot are those of its data, whenever it is taken', async (t) => {
  const world = applyWorld(t)
  const applied = [0, 0]
  const counting = {
    define: () => undefined,
    expire: () => undefined,
    clear: () => undefined,
    restore: () => undefined,
    apply: (partition: number) => void applied[partition]!++,
    snapshot: () => Buffer.from(JSON.stringify(applied)),
  }
  const { apply } = await world.open({ table: counting })
  const filler = (partition: number) =>
    Array.from({ length: 900 }, (_, i) =>
      recordOf({ partition, record: { kind: 'rawVersion', dataset: 'cloud', chunkStart: 0, version: i } }),
    )
  const appending = Promise.all([0, 1, 0, 1].map((partition) => world.append(filler(partition))))
  for (let i = 0; i < 12; i++) {
    await setImmediate()
    await apply.snapshot()
    const kept = (await readSnapshotFile(world.snapshotPath))!
    const counts = JSON.parse(Buffer.from(kept.table).toString())
    assert.deepEqual([...kept.positions.values()].map(Number), counts)
  }
  await appending
  await apply.caughtUp()
  assert.deepEqual(applied, [1_800, 1_800])
})

test('a snapshot damaged anywhere is said, and the table is rebuilt from the log', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1, b: 2 }, [minute(1)]: { a: 3 } }))
  await (await world.open()).apply.close()
  const good = readFileSync(world.snapshotPath)
  for (let i = 0; i < 50; i++) {
    const bytes = Uint8Array.from(good)
    bytes[Math.floor((good.length * i) / 50)]! ^= 0x10
    writeFileSync(world.snapshotPath, bytes)
    const { apply, table } = await world.open()
    assert.deepEqual([sumsAt(table, minute(0)), sumsAt(table, minute(1))], [{ a: 1, b: 2 }, { a: 3 }])
    const { rebuilds, lastRebuild } = apply.stats()
    assert.deepEqual([i, rebuilds], [i, 1])
    assert.match(lastRebuild!, /snapshot/)
    await apply.close()
    assert.deepEqual(await readSnapshotFile(world.snapshotPath).then((kept) => kept!.positions.size), 2)
  }
})

test('a snapshot cut anywhere, or empty, is rebuilt from the log', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  await (await world.open()).apply.close()
  const good = readFileSync(world.snapshotPath)
  for (const length of [0, 1, 11, 12, 30, good.length >> 1, good.length - 1]) {
    writeFileSync(world.snapshotPath, good.subarray(0, length))
    const { apply, table } = await world.open()
    assert.deepEqual(sumsAt(table, minute(0)), { a: 1 })
    assert.equal(apply.stats().rebuilds, 1)
    await apply.close()
  }
})

test('a topic that was made again while we were away drops what the snapshot held', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  await (await world.open()).apply.close()
  await world.log.admin.recreate(TOPIC)
  await world.append(windowsOf({ [minute(1)]: { b: 2 } }))
  const { apply, table } = await world.open()
  assert.deepEqual([sumsAt(table, minute(0)), sumsAt(table, minute(1))], [undefined, { b: 2 }])
  assert.match(apply.stats().lastRebuild!, /made again/)
})

test('a topic that is made again while we read is read from its start', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  const { apply, table } = await world.open()
  await world.log.admin.recreate(TOPIC)
  await world.append(windowsOf({ [minute(1)]: { b: 2 } }))
  await apply.caughtUp()
  assert.deepEqual([sumsAt(table, minute(0)), sumsAt(table, minute(1))], [undefined, { b: 2 }])
  assert.equal(apply.stats().rebuilds, 1)
})

test('positions that retention left behind drop the table and read from the new start, once', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  await (await world.open()).apply.close()
  await world.append(windowsOf({ [minute(1)]: { a: 2 } }))
  world.clock.nowMs += 2 * HOUR
  await world.log.maintain(world.clock.nowMs)
  await world.append(windowsOf({ [minute(2)]: { a: 3 } }))
  const { apply, table } = await world.open()
  assert.deepEqual([sumsAt(table, minute(0)), sumsAt(table, minute(2))], [undefined, { a: 3 }])
  assert.equal(apply.stats().rebuilds, 1)
  assert.match(apply.stats().lastRebuild!, /before the log's start/)
})

test('a position beyond the end of the log drops the table and reads from the start', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  const { topicId } = await world.log.tail(TOPIC).describe()
  const positions = new Map([
    [0, 1_000n],
    [1, 0n],
  ])
  const table = tableOf().snapshot()
  await writeSnapshotFile(world.snapshotPath, {
    topicId,
    positions,
    versions: [versionName(ROLLUP)],
    appliedMs: NOW,
    table,
  })
  const { apply, table: read } = await world.open()
  assert.deepEqual(sumsAt(read, minute(0)), { a: 1 })
  assert.match(apply.stats().lastRebuild!, /position 1000 of partition 0 lies beyond the log's end/)
})

test('a snapshot without a version that is defined now is read on from the start of the log, once', async (t) => {
  const world = applyWorld(t)
  const newer = rollupOf({ name: 'other_1m', id: 'cloud/other_1m', defHash: 'bbbbbbbbbbbbbbbb' })
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  await world.append(rolledUp({ bucket: minute(0), epoch: 1, rows: topics({ z: 9 }) }, newer).map(recordOf))
  await (await world.open()).apply.close()

  world.catalog.define([ROLLUP, newer])
  const second = await world.open()
  assert.deepEqual([sumsAt(second.table, minute(0)), sumsAt(second.table, minute(0), newer)], [{ a: 1 }, { z: 9 }])
  assert.match(second.apply.stats().lastRebuild!, /lacks cloud\/other_1m@bbbbbbbbbbbbbbbb/)
  await second.apply.close()

  const third = await world.open()
  assert.deepEqual(sumsAt(third.table, minute(0), newer), { z: 9 })
  assert.deepEqual([third.apply.stats().rebuilds, third.apply.stats().records], [0, 0])
})

test('rollups that are defined while we read are known before the next batch', async (t) => {
  const world = applyWorld(t)
  const { apply, table } = await world.open()
  const newer = rollupOf({ name: 'other_1m', id: 'cloud/other_1m', defHash: 'bbbbbbbbbbbbbbbb' })
  world.catalog.define([ROLLUP, newer])
  await world.append(rolledUp({ bucket: minute(0), epoch: 1, rows: topics({ z: 9 }) }, newer).map(recordOf))
  await apply.caughtUp()
  assert.deepEqual(sumsAt(table, minute(0), newer), { z: 9 })
})

test('a catalog that the table cannot hold is refused at the start, and shown when it comes later', async (t) => {
  const world = applyWorld(t)
  const vast = rollupOf({
    name: 'vast',
    id: 'cloud/vast',
    defHash: 'cccccccccccccccc',
    keep: { pushMs: 1e13, druidMs: null },
  })
  const { apply, table } = await world.open()
  world.catalog.define([ROLLUP, vast])
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  await apply.caughtUp()
  assert.deepEqual(sumsAt(table, minute(0)), { a: 1 })
  assert.equal(apply.health.status().state, 'degraded')
  assert.match(apply.health.status().detail, /catalog is not taken over: .*push\.bytesMax/)
  assert.throws(() => world.prepare(), { code: 'CONFIG_INVALID' })
})

test('strange records are counted and kept aside with place and reason, the others are applied', async (t) => {
  const world = applyWorld(t)
  const strange = (key: string | Buffer | null, value: string | null) => ({
    topic: TOPIC,
    partition: 1,
    key: typeof key === 'string' ? Buffer.from(key) : key,
    value: value === null ? null : Buffer.from(value),
    timestampMs: NOW,
  })
  await world.append([
    strange('not JSON', '{}'),
    strange(null, '{}'),
    strange('["a"]', null),
    strange('["x"]', '{}'),
    strange(Buffer.from([0xff, 0xfe]), '{}'),
    ...windowsOf({ [minute(0)]: { a: 1, b: 2, c: 3 } }),
  ])
  const { apply, table } = await world.open()
  assert.deepEqual(sumsAt(table, minute(0)), { a: 1, b: 2, c: 3 })
  const { unreadable, nullKeys, tombstones, keptAside, lastUnreadable } = apply.stats()
  assert.deepEqual([unreadable, nullKeys, tombstones], [3, 1, 1])
  assert.deepEqual(
    keptAside.map(({ partition, positionMin, positionMax }) => [partition, positionMin, positionMax]),
    [
      [1, 0n, 0n],
      [1, 3n, 3n],
      [1, 4n, 4n],
    ],
  )
  assert.equal(lastUnreadable, 'aggregates, partition 1, offset 4: aggregates record: it is not UTF-8')
  assert.equal(apply.health.status().facts!.lastUnreadable, lastUnreadable)
})

test('a flood of unreadable records keeps the newest hundred', async (t) => {
  const world = applyWorld(t)
  const bad = { topic: TOPIC, partition: 0, key: Buffer.from('x'), value: Buffer.from('y'), timestampMs: NOW }
  await world.append(Array.from({ length: 250 }, () => bad))
  const { apply } = await world.open()
  assert.equal(apply.stats().unreadable, 250)
  assert.equal(apply.stats().keptAside.length, 100)
  assert.equal(apply.stats().keptAside.at(-1)!.positionMax, 249n)
})

test('a snapshot that cannot be written is counted and shown, and reading goes on', async (t) => {
  const world = applyWorld(t)
  const { apply, table } = await world.open()
  mkdirSync(`${world.snapshotPath}.new`)
  await apply.snapshot()
  assert.deepEqual([apply.stats().snapshots, apply.stats().snapshotFailures], [0, 1])
  assert.equal(apply.health.status().state, 'degraded')
  assert.match(apply.health.status().detail, /last snapshot failed/)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  await apply.caughtUp()
  assert.deepEqual(sumsAt(table, minute(0)), { a: 1 })

  rmSync(`${world.snapshotPath}.new`, { recursive: true, force: true })
  await apply.snapshot()
  assert.equal(apply.stats().snapshots, 1)
  assert.equal(apply.health.status().state, 'ok')
})

test('a failed snapshot leaves the one before as it was', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  const { apply } = await world.open()
  await apply.snapshot()
  const before = readFileSync(world.snapshotPath)
  mkdirSync(`${world.snapshotPath}.new`)
  await world.append(windowsOf({ [minute(1)]: { a: 2 } }))
  await apply.caughtUp()
  await apply.snapshot()
  assert.equal(apply.stats().snapshotFailures, 1)
  assert.deepEqual(readFileSync(world.snapshotPath), before)
})

test('nothing is written before there is something to keep', async (t) => {
  const world = applyWorld(t)
  const { apply } = world.prepare()
  await apply.snapshot()
  await apply.close()
  assert.equal(existsSync(world.snapshotPath), false)
})

test('snapshots are taken on their own, and again only when something was applied', async (t) => {
  const world = applyWorld(t)
  const { apply } = await world.open({ snapshotPeriodMs: 5 })
  const after = async (count: number) => {
    while (apply.stats().snapshots < count) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await after(1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(apply.stats().snapshots, 1)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  await after(2)
})

test('closing twice, or before the start, is harmless; the last snapshot has everything that was applied', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  const { apply } = await world.open()
  await Promise.all([apply.close(), apply.close()])
  const ends = (await world.log.tail(TOPIC).describe()).partitions.map(({ partition, end }) => [partition, end])
  assert.deepEqual([...(await readSnapshotFile(world.snapshotPath))!.positions], ends)
  const never = world.prepare()
  await never.apply.close()
  await never.apply.bootstrapped
})

test('added partitions are read without a restart, and kept in the snapshot', async (t) => {
  const world = applyWorld(t)
  const { apply, table } = await world.open()
  await world.log.admin.addPartitions(TOPIC, 3)
  const grown = rolledUp({ bucket: minute(0), epoch: 1, rows: topics({ a: 1, b: 2, c: 3, d: 4 }) }, ROLLUP, 3)
  await world.append(grown.map(recordOf))
  await apply.caughtUp()
  assert.deepEqual(sumsAt(table, minute(0)), { a: 1, b: 2, c: 3, d: 4 })
  await apply.close()
  const again = await world.open()
  assert.deepEqual(sumsAt(again.table, minute(0)), { a: 1, b: 2, c: 3, d: 4 })
  assert.equal(again.apply.stats().records, 0)
})

test('a large batch leaves turns on the event loop to others', async (t) => {
  const world = applyWorld(t)
  const record = { kind: 'rawVersion', dataset: 'cloud', chunkStart: 0, version: 1 } as const
  await world.append(Array.from({ length: 5_000 }, () => recordOf({ partition: 0, record })))
  const { apply } = world.prepare()
  let turns = 0
  let isDone = false
  apply.start(new AbortController().signal)
  void apply.bootstrapped.then(() => (isDone = true))
  for (; !isDone; turns++) await setImmediate()
  assert.ok(turns > 5_000 / 256, `${turns} turns`)
})
