import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LanewayError } from '../../../src/model/errors.ts'
import { HOUR_MS, MINUTE_MS } from '../../../src/model/granularity.ts'
import type { WindowChange } from '../../../src/ports/changes.ts'
import {
  type Aggregate,
  aggregateOf,
  bytesIn,
  coverageOf,
  deliver,
  dirtyOf,
  LATENESS_MS,
  minute,
  minutes,
  NOW,
  PARTITIONS,
  ROLLUP,
  read,
  rolledUp,
  rollupOf,
  sealOf,
  sumOf,
  sumsIn,
  tableOf,
  topics,
} from './push-fixture.ts'

const first = (rows: Record<string, number>, epoch: number) =>
  rolledUp({ bucket: minute(0), epoch, rows: topics(rows) })
const isUnavailable = (error: unknown) => error instanceof LanewayError && error.code === 'EDGE_UNAVAILABLE'

test('a window is unknown until all partitions are sealed, and then it is covered', () => {
  const table = tableOf()
  const deliveries = first({ a: 1, b: 2, c: 3 }, 1)
  for (const { partition, record } of deliveries) {
    assert.deepEqual(coverageOf(table).runs, [])
    assert.throws(() => read(table), isUnavailable)
    table.apply(partition, record)
  }
  assert.deepEqual(sumsIn(read(table)), { a: 1, b: 2, c: 3 })
  assert.equal(coverageOf(table).runs.length, 1)
})

test('seals may come before their records', () => {
  const table = tableOf()
  deliver(table, first({ a: 1, b: 2, c: 3 }, 1).toReversed())
  assert.deepEqual(sumsIn(read(table)), { a: 1, b: 2, c: 3 })
})

test('the previous complete epoch serves until the next one is complete in all partitions', () => {
  const table = tableOf()
  deliver(table, first({ a: 1, b: 2, c: 3 }, 1))
  for (const { partition, record } of first({ a: 10, b: 20, d: 40 }, 2)) {
    assert.deepEqual(sumsIn(read(table)), { a: 1, b: 2, c: 3 })
    table.apply(partition, record)
  }
  assert.deepEqual(sumsIn(read(table)), { a: 10, b: 20, d: 40 })
})

test('a group that the newer epoch lacks is gone', () => {
  const table = tableOf()
  deliver(table, [...first({ a: 1, b: 2 }, 1), ...first({ b: 3 }, 2)])
  assert.deepEqual(sumsIn(read(table)), { b: 3 })
})

test('a window whose seals have no keys is covered and empty', () => {
  const table = tableOf()
  deliver(table, first({}, 1))
  assert.deepEqual(read(table).rows, [])
  assert.equal(coverageOf(table).runs[0]?.rows, 0)
})

test('a lower epoch than the live one is passed over, complete or not', () => {
  const table = tableOf()
  deliver(table, [...first({ a: 2 }, 2), ...first({ a: 1, b: 1 }, 1)])
  assert.deepEqual(sumsIn(read(table)), { a: 2 })
  assert.equal(table.stats().stagedWindows, 0)
})

test('records and seals of the live epoch that are delivered again do not disturb it', () => {
  const table = tableOf()
  const deliveries = first({ a: 1, b: 2, c: 3 }, 1)
  deliver(table, deliveries)
  for (const { partition, record } of deliveries) {
    table.apply(partition, record)
    assert.deepEqual(sumsIn(read(table)), { a: 1, b: 2, c: 3 })
    assert.equal(table.stats().stagedWindows, 0)
  }
})

test('a record delivered twice before its seal counts once, and the later one holds', () => {
  const table = tableOf()
  const [record, ...rest] = first({ a: 1 }, 1)
  const changed = { ...record!.record, measures: { 'SUM:bytes_in': [7] } } as Aggregate
  deliver(table, [record!, { ...record!, record: changed }, ...rest])
  assert.deepEqual(sumsIn(read(table)), { a: 7 })
})

test('one record fewer or more than the seal says does not satisfy it', () => {
  for (const keys of [1, 3]) {
    const table = tableOf()
    for (const [group, measures] of topics({ a: 1, b: 2 })) {
      table.apply(0, aggregateOf({ bucket: minute(0), epoch: 1, group, measures }))
    }
    table.apply(0, sealOf({ bucket: minute(0), epoch: 1, partition: 0, keys, of: 1 }))
    assert.deepEqual(coverageOf(table).runs, [])
  }
})

test('seals of different epochs never make one window', () => {
  const table = tableOf()
  const bucket = minute(0)
  deliver(
    table,
    [1, 2].map((epoch, partition) => ({ partition, record: sealOf({ bucket, epoch, partition, keys: 0, of: 2 }) })),
  )
  assert.deepEqual(coverageOf(table).runs, [])
})

test('seals that disagree on the number of partitions do not make a window', () => {
  const table = tableOf()
  const bucket = minute(0)
  table.apply(0, sealOf({ bucket, epoch: 1, partition: 0, keys: 0, of: 2 }))
  table.apply(1, sealOf({ bucket, epoch: 1, partition: 1, keys: 0, of: 3 }))
  assert.deepEqual(coverageOf(table).runs, [])
})

test('a seal in another partition than it names is counted and ignored', () => {
  const table = tableOf()
  table.apply(1, sealOf({ bucket: minute(0), epoch: 1, partition: 0, keys: 0, of: 1 }))
  assert.deepEqual(coverageOf(table).runs, [])
  assert.equal(table.stats().ignoredRecords, 1)
})

test('raw and through of a window are the least of its seals', () => {
  const table = tableOf()
  const bucket = minute(0)
  table.apply(0, sealOf({ bucket, epoch: 1, partition: 0, keys: 0, of: 2, raw: 9, through: minute(4) }))
  table.apply(1, sealOf({ bucket, epoch: 1, partition: 1, keys: 0, of: 2, raw: 5, through: minute(8) }))
  assert.equal(coverageOf(table).runs[0]?.raw, 5)
  assert.equal(coverageOf(table).runs[0]?.through, minute(4))
})

test('of more epochs than may wait the oldest is given up and counted', () => {
  const table = tableOf()
  const record = (epoch: number) => ({
    partition: 0,
    record: sealOf({ bucket: minute(0), epoch, partition: 0, keys: 1, of: 1 }),
  })
  deliver(table, [1, 2, 3, 4, 5].map(record))
  assert.equal(table.stats().droppedEpochs, 1)
  const [[group, measures]] = topics({ a: 1 }) as [ReturnType<typeof topics>[number]]
  const late = (epoch: number) => table.apply(0, aggregateOf({ bucket: minute(0), epoch, group, measures }))
  late(1)
  assert.equal(table.stats().droppedEpochs, 2)
  assert.deepEqual(coverageOf(table).runs, [])
  late(2)
  assert.deepEqual(sumsIn(read(table)), { a: 1 })
  assert.equal(table.stats().stagedWindows, 1, 'higher epochs still wait')
})

test('a window is dirty exactly while a mark above its raw version is known', () => {
  const table = tableOf()
  const dirty = () => coverageOf(table).runs.map((run) => [run.dirty, run.settled])
  deliver(table, rolledUp({ bucket: minute(0), epoch: 1, raw: 5, rows: [] }))
  deliver(table, [dirtyOf(minute(0), 5)])
  assert.deepEqual(dirty(), [[false, true]])
  deliver(table, [dirtyOf(minute(0), 8)])
  assert.deepEqual(dirty(), [[true, false]])
  assert.equal(table.stats().dirtyWindows, 1)
  deliver(table, rolledUp({ bucket: minute(0), epoch: 2, raw: 7, rows: [] }))
  assert.deepEqual(dirty(), [[true, false]], 'a roll-up of an older raw version does not clean it')
  deliver(table, rolledUp({ bucket: minute(0), epoch: 3, raw: 8, rows: [] }))
  assert.deepEqual(dirty(), [[false, true]])
  deliver(table, [dirtyOf(minute(0), 8), dirtyOf(minute(0), 5)])
  assert.deepEqual(dirty(), [[false, true]], 'replayed marks change nothing')
})

test('a mark for an uncovered window holds when it becomes covered', () => {
  const table = tableOf()
  deliver(table, [dirtyOf(minute(0), 8)])
  assert.deepEqual(coverageOf(table).runs, [])
  deliver(table, rolledUp({ bucket: minute(0), epoch: 1, raw: 7, rows: [] }))
  assert.equal(coverageOf(table).runs[0]?.dirty, true)
})

test('marks of another place do not concern the push table', () => {
  const table = tableOf()
  deliver(table, rolledUp({ bucket: minute(0), epoch: 1, rows: [] }))
  const { record } = dirtyOf(minute(0), 8)
  table.apply(0, { ...record, place: 'druid' } as typeof record)
  assert.equal(table.stats().dirtyWindows, 0)
  assert.equal(table.stats().ignoredRecords, 0)
})

test('a window is settled once read later than its end and the lateness', () => {
  const table = tableOf()
  const settledAt = minute(1) + LATENESS_MS
  deliver(table, rolledUp({ bucket: minute(0), epoch: 1, through: settledAt - 1, rows: [] }))
  assert.equal(coverageOf(table).runs[0]?.settled, false)
  deliver(table, rolledUp({ bucket: minute(0), epoch: 2, through: settledAt, rows: [] }))
  assert.equal(coverageOf(table).runs[0]?.settled, true)
})

test('neighbours that are alike are one run with the least through and all rows', () => {
  const table = tableOf()
  const window = (n: number, raw: number, through = minute(60 + n)) =>
    rolledUp({ bucket: minute(n), epoch: 1, raw, through, rows: topics({ a: 1, b: 2 }) })
  for (const each of [window(1, 3), window(0, 3), window(2, 4), window(4, 4), window(5, 4, minute(6))])
    deliver(table, each)
  deliver(table, window(6, 4, minute(6)))
  deliver(table, window(7, 4, minute(7)))
  const runs = coverageOf(table).runs.map(({ interval, raw, through, rows, settled }) => {
    const [from, to] = [interval.start, interval.end].map((ms) => (ms - minute(0)) / MINUTE_MS)
    return `${from}-${to} raw ${raw} through ${(through - minute(0)) / MINUTE_MS} rows ${rows}${settled ? '' : ' open'}`
  })
  assert.deepEqual(runs, [
    '0-2 raw 3 through 60 rows 4',
    '2-3 raw 4 through 62 rows 2',
    '4-5 raw 4 through 64 rows 2',
    '5-7 raw 4 through 6 rows 4 open',
    '7-8 raw 4 through 7 rows 2 open',
  ])
  assert.equal(coverageOf(table).asOf, NOW)
})

test('what a version does not store, or stores with another meaning, it does not cover', () => {
  const table = tableOf()
  deliver(table, first({ a: 1 }, 1))
  const runsFor = (...measures: Parameters<typeof sumOf>[0][]) =>
    table.coverage(ROLLUP.defHash, measures.map(sumOf), NOW).runs.length
  assert.equal(runsFor(bytesIn), 1)
  assert.equal(runsFor({ ...bytesIn, metric: 'other' }), 0)
  assert.equal(runsFor({ ...bytesIn, space: 'MAX' }), 0)
  assert.equal(runsFor(bytesIn, { ...bytesIn, missing: 'zero' }), 0)
  assert.equal(table.coverage('ffffffffffffffff', [], NOW).runs.length, 0)
})

test('asOf of a read is now for settled windows and the least through of open ones; raw is the least', () => {
  const table = tableOf()
  deliver(table, rolledUp({ bucket: minute(0), epoch: 1, raw: 4, rows: [] }))
  deliver(table, rolledUp({ bucket: minute(1), epoch: 1, raw: 3, through: minute(2) + 5000, rows: [] }))
  deliver(table, rolledUp({ bucket: minute(2), epoch: 1, raw: 9, through: minute(3) + 5000, rows: [] }))
  assert.equal(read(table).asOf, NOW)
  const all = read(table, { intervals: [minutes(0, 3)] })
  assert.equal(all.asOf, minute(2) + 5000)
  assert.equal(all.raw, 3)
  assert.equal(read(table, { intervals: [] }).raw, 0)
})

test('a read needs whole windows that are all covered', () => {
  const table = tableOf([rollupOf({ grain: 'PT1H' })])
  deliver(table, rolledUp({ bucket: minute(0), epoch: 1, rows: [] }))
  deliver(table, rolledUp({ bucket: minute(120), epoch: 1, rows: [] }))
  assert.equal(read(table, { intervals: [minutes(0, 60), minutes(120, 180)] }).rows.length, 0)
  for (const intervals of [
    [minutes(0, 59)],
    [minutes(1, 60)],
    [minutes(0, 120)],
    [minutes(60, 120)],
    [minutes(0, 180)],
  ]) {
    assert.throws(() => read(table, { intervals }), isUnavailable)
  }
})

test('a reading that was begun keeps to what it began with', () => {
  const table = tableOf()
  for (const n of [0, 1]) deliver(table, rolledUp({ bucket: minute(n), epoch: 1, rows: topics({ a: 1, b: 1 }) }))
  const request = {
    defHash: ROLLUP.defHash,
    intervals: [minutes(0, 2)],
    granularity: 'ALL',
    allStart: minute(0),
  } as const
  const reading = table.begin(
    { ...request, groupBy: ['topic'], pinned: {}, filter: { kind: 'true' }, measures: [sumOf(bytesIn)] },
    NOW,
  )
  assert.equal(reading.advance(1), false)
  for (const n of [0, 1]) deliver(table, rolledUp({ bucket: minute(n), epoch: 2, rows: topics({ a: 100, c: 1 }) }))
  table.expire(minute(10_000))
  assert.equal(reading.advance(1), true)
  assert.deepEqual(sumsIn(reading.frame()), { a: 2, b: 2 })
})

test('strange data is counted, never thrown and never half taken', () => {
  const table = tableOf()
  const bucket = minute(0)
  const strange = [
    aggregateOf({ bucket, epoch: 1, group: ['c1'], measures: { 'SUM:bytes_in': [1] } }),
    aggregateOf({ bucket, epoch: 1, group: ['c1', 'a'], measures: { 'SUM:bytes_in': [1, 2] } }),
    aggregateOf({ bucket, epoch: 1, group: ['c1', 'a'], measures: { 'SUM:bytes_in': [1.5] } }),
    aggregateOf({ bucket, epoch: 1, group: ['c1', 'a'], measures: { 'SUM:bytes_in': ['x'] } }),
    aggregateOf({ bucket, epoch: 1, group: ['c1', 'a'], measures: { 'SUM:bytes_in': [Number.NaN] } }),
    aggregateOf({ bucket: bucket + 1, epoch: 1, group: ['c1', 'a'], measures: {} }),
    aggregateOf({ bucket, epoch: 1, group: ['c1', 'a'], measures: {} }, { ...ROLLUP, defHash: 'ffffffffffffffff' }),
    aggregateOf({ bucket, epoch: 1, group: ['c1', 'a'], measures: {} }, { ...ROLLUP, id: 'cloud/other' }),
    sealOf({ bucket, epoch: 1, partition: 0, keys: -1, of: 1 }),
    sealOf({ bucket, epoch: 1, partition: 0, keys: 0, of: 0 }),
  ]
  for (const record of strange) table.apply(0, record)
  assert.equal(table.stats().ignoredRecords, strange.length)
  assert.equal(table.stats().windows + table.stats().stagedWindows + table.stats().series, 0)
})

test('a record without a measure leaves it absent, and unknown measures are passed over', () => {
  const table = tableOf()
  const rows = [[['c1', 'a'], { 'MAX:unknown': [3] }] as const, ...topics({ b: 2 })]
  deliver(table, rolledUp({ bucket: minute(0), epoch: 1, rows }))
  assert.deepEqual(sumsIn(read(table)), { b: 2 })
  assert.equal(coverageOf(table).runs[0]?.rows, 2)
})

test('expired windows leave, and their records are not taken in again', () => {
  const table = tableOf()
  const deliveries = [0, 1].flatMap((n) => rolledUp({ bucket: minute(n), epoch: 1, rows: topics({ a: n }) }))
  deliver(table, deliveries)
  table.expire(minute(1) + ROLLUP.keep.pushMs)
  assert.deepEqual(
    coverageOf(table).runs.map((run) => run.interval),
    [minutes(1, 2)],
  )
  deliver(table, deliveries)
  assert.equal(coverageOf(table).runs.length, 1)
})

test('the ring holds as many windows as the keep has, the newest ones', () => {
  const table = tableOf([rollupOf({ keep: { pushMs: 3 * MINUTE_MS, druidMs: null } })])
  for (const n of [3, 0, 1, 2, 4, 5, 6, 0]) deliver(table, rolledUp({ bucket: minute(n), epoch: 1, rows: [] }))
  assert.deepEqual(
    coverageOf(table).runs.map((run) => run.interval),
    [minutes(2, 7)],
  )
  assert.equal(table.stats().ignoredRecords, PARTITIONS)
})

test('series that no window has any more are freed, and what stays reads the same', () => {
  const table = tableOf()
  const rows = (from: number) => topics(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`t${from + i}`, i])))
  for (const n of [0, 1, 2]) deliver(table, rolledUp({ bucket: minute(n), epoch: 1, rows: rows(n * 1000) }))
  const staged = rolledUp({ bucket: minute(2), epoch: 2, rows: rows(3000) })
  deliver(table, staged.slice(0, 2000))
  const before = read(table, { intervals: [minutes(2, 3)] })
  const bytes = table.stats().bytes
  assert.equal(table.stats().series, 5000)
  table.expire(minute(2) + ROLLUP.keep.pushMs)
  assert.equal(table.stats().series, 3000)
  assert.ok(table.stats().bytes < bytes * 0.8)
  assert.deepEqual(read(table, { intervals: [minutes(2, 3)] }).rows, before.rows)
  deliver(table, staged.slice(2000))
  assert.deepEqual(
    sumsIn(read(table, { intervals: [minutes(2, 3)] })),
    Object.fromEntries(rows(3000).map(([[, topic], measures]) => [topic, measures['SUM:bytes_in']![0]])),
  )
})

test('above the byte limit the oldest windows are evicted and coverage shrinks', () => {
  const rollup = rollupOf({ keep: { pushMs: HOUR_MS, druidMs: null } })
  const table = tableOf([rollup], { bytesMax: 200_000 })
  const rows = topics(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`t${i}`, i])))
  for (let n = 0; n < 60; n++) {
    deliver(table, rolledUp({ bucket: minute(n), epoch: 1, rows }))
    assert.ok(table.stats().bytes <= 200_000)
  }
  const { runs } = coverageOf(table)
  assert.equal(runs.length, 1)
  assert.equal(runs[0]?.interval.end, minute(60))
  assert.ok(table.stats().evictedWindows >= 10)
  assert.equal(table.stats().evictedWindows, (runs[0]!.interval.start - minute(0)) / MINUTE_MS)
  deliver(table, rolledUp({ bucket: minute(0), epoch: 2, rows }))
  assert.deepEqual(coverageOf(table).runs, runs, 'evicted windows do not push newer ones out')
})

test('staging alone stays within the byte limit too', () => {
  const table = tableOf([rollupOf({ keep: { pushMs: HOUR_MS, druidMs: null } })], { bytesMax: 100_000 })
  for (let i = 0; i < 20_000; i++) {
    table.apply(
      0,
      aggregateOf({ bucket: minute(i % 7), epoch: 1, group: ['c1', `t${i}`], measures: { 'SUM:bytes_in': [i] } }),
    )
  }
  assert.ok(table.stats().bytes <= 100_000)
})

test('definitions whose empty rings cannot fit are refused with the sum, the limit and the key', () => {
  const table = tableOf([], { bytesMax: 10_000 })
  assert.throws(
    () => table.define([rollupOf()]),
    (error) =>
      error instanceof LanewayError &&
      error.code === 'CONFIG_INVALID' &&
      error.facts.configKey === 'push.bytesMax' &&
      error.facts.limit === 10_000 &&
      error.message.includes(String(error.facts.actual)),
  )
  assert.equal(table.stats().rollups, 0)
})

test('a definition that is gone frees its memory; one with the same hash keeps its windows', () => {
  const table = tableOf()
  const empty = table.stats().bytes
  deliver(table, first({ a: 1 }, 1))
  table.define([rollupOf({ latenessMs: 3 * HOUR_MS })])
  assert.equal(coverageOf(table).runs[0]?.settled, false, 'the new lateness counts at once')
  table.define([rollupOf({ keep: { pushMs: HOUR_MS, druidMs: null } })])
  assert.deepEqual(sumsIn(read(table)), { a: 1 })
  table.define([])
  assert.equal(table.stats().bytes, 0)
  table.define([ROLLUP])
  assert.equal(table.stats().bytes, empty)
  assert.deepEqual(coverageOf(table).runs, [])
})

test('the same hash under another name starts empty, because epochs rise per rollup', () => {
  const table = tableOf()
  deliver(table, first({ a: 1 }, 7))
  table.define([rollupOf({ id: 'cloud/renamed', name: 'renamed' })])
  assert.deepEqual(coverageOf(table).runs, [])
})

test('listeners hear of windows that become covered, newer or dirty, and of nothing else', () => {
  const table = tableOf()
  const heard: WindowChange[] = []
  const stop = table.subscribe((change) => heard.push(change))
  deliver(table, [dirtyOf(minute(0), 1), ...first({ a: 1 }, 1), ...first({ a: 1 }, 1)])
  deliver(table, [dirtyOf(minute(0), 2), dirtyOf(minute(0), 3)])
  deliver(table, rolledUp({ bucket: minute(0), epoch: 2, raw: 3, rows: [] }))
  deliver(table, [dirtyOf(minute(0), 4)])
  assert.deepEqual(
    heard,
    Array.from({ length: 3 }, () => ({ rollup: ROLLUP.id, defHash: ROLLUP.defHash, buckets: [minute(0)] })),
  )
  stop()
  deliver(table, first({ a: 1 }, 5))
  assert.equal(heard.length, 3)
})

test('versions of raw chunks are remembered, never fall, and expire with the longest keep', () => {
  const table = tableOf()
  const publish = (chunkStart: number, version: number) =>
    table.apply(0, { kind: 'rawVersion', dataset: 'cloud', chunkStart, version })
  publish(minute(0), 5)
  publish(minute(0), 3)
  publish(minute(60), 1)
  assert.equal(table.rawVersion('cloud', minute(0)), 5)
  assert.equal(table.rawVersion('cloud', minute(120)), undefined)
  assert.equal(table.rawVersion('other', minute(0)), undefined)
  table.expire(minute(0) + ROLLUP.keep.pushMs + 1)
  assert.equal(table.rawVersion('cloud', minute(0)), undefined)
  assert.equal(table.rawVersion('cloud', minute(60)), 1)
})

test('a cleared table is as it was when it was defined', () => {
  const table = tableOf()
  const fresh = table.stats()
  deliver(table, [
    ...first({ a: 1 }, 1),
    dirtyOf(minute(1), 1),
    { partition: 0, record: { kind: 'rawVersion', dataset: 'cloud', chunkStart: 0, version: 1 } },
  ])
  table.clear()
  assert.deepEqual(table.stats(), fresh)
  assert.equal(table.rawVersion('cloud', 0), undefined)
})

test('with epochs ignored a stale replay does what the rules prevent', () => {
  const table = tableOf([ROLLUP], { ignoreEpochs: true })
  deliver(table, [...first({ a: 1, b: 2 }, 1), ...first({ a: 10 }, 2)])
  assert.deepEqual(sumsIn(read(table)), { a: 10, b: 2 })
  deliver(table, first({ a: 1, b: 2 }, 1).slice(0, 1))
  assert.deepEqual(sumsIn(read(table)), { a: 1, b: 2 })
})
