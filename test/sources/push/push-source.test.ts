import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LanewayError } from '../../../src/model/errors.ts'
import { EVERYTHING } from '../../../src/model/filter.ts'
import type { Scan } from '../../../src/ports/source.ts'
import { PushSource } from '../../../src/sources/push/push-source.ts'
import {
  bytesIn,
  deliver,
  minute,
  minutes,
  NOW,
  ROLLUP,
  rolledUp,
  sumOf,
  sumsIn,
  tableOf,
  topics,
} from '../../cache/push/push-fixture.ts'

const measures = [sumOf(bytesIn)]
const scanOf = <Kind extends Scan['kind']>(kind: Kind, changes: Partial<Scan> = {}): Scan & { kind: Kind } => ({
  dataset: 'cloud',
  version: ROLLUP.defHash,
  rollup: ROLLUP.id,
  intervals: [minutes(0, 2)],
  granularity: 'ALL',
  allStart: minute(0),
  groupBy: ['topic'],
  pinned: {},
  filter: EVERYTHING,
  measures,
  ...changes,
  kind,
})

function sourceOf(rowsPerWindow = 2) {
  const table = tableOf()
  const rows = topics(Object.fromEntries(Array.from({ length: rowsPerWindow }, (_, i) => [`t${i}`, i + 1])))
  for (const n of [0, 1]) deliver(table, rolledUp({ bucket: minute(n), epoch: 1, rows }))
  return { table, source: new PushSource({ table, appliedMs: () => NOW }) }
}

const never = new AbortController().signal
const isUnavailable = (error: unknown) => error instanceof LanewayError && error.code === 'EDGE_UNAVAILABLE'

test('coverage is that of the table at the moment it has applied; of raw points there is none', () => {
  const { source } = sourceOf()
  const { runs, asOf } = source.coverage('cloud', ROLLUP.defHash, measures)
  assert.deepEqual([runs.length, asOf], [1, NOW])
  assert.deepEqual(source.coverage('cloud', 'raw', measures).runs, [])
})

test('it runs states and labels scans', async () => {
  const { source } = sourceOf()
  const states = await source.run(scanOf('states'), never)
  assert.deepEqual(sumsIn(states), { t0: 2, t1: 4 })
  assert.deepEqual([states.asOf, states.rowsRead], [NOW, 4])
  const labels = await source.run(scanOf('labels'), never)
  assert.deepEqual(labels.groups, [['t0'], ['t1']])
})

test('what is not covered, and raw points, are unavailable', async () => {
  const { source } = sourceOf()
  await assert.rejects(source.run(scanOf('states', { intervals: [minutes(0, 3)] }), never), isUnavailable)
  await assert.rejects(source.run(scanOf('labels', { version: 'gone' }), never), isUnavailable)
  await assert.rejects(source.run(scanOf('states', { version: 'raw', rollup: null }), never), isUnavailable)
})

test('a signal stops a scan before it starts and between the windows of a large one', async () => {
  const { source } = sourceOf(20_000)
  const reason = new Error('gone')
  await assert.rejects(source.run(scanOf('states'), AbortSignal.abort(reason)), reason)
  const leaving = new AbortController()
  const running = source.run(scanOf('states'), leaving.signal)
  leaving.abort(reason)
  await assert.rejects(running, reason)
})

test('a large read lets others work in between and still sees one moment', async () => {
  const { table, source } = sourceOf(20_000)
  const running = source.run(scanOf('states'), never)
  deliver(table, rolledUp({ bucket: minute(1), epoch: 2, rows: topics({ t0: 1000 }) }))
  assert.equal(sumsIn(await running).t0, 2)
  assert.equal(sumsIn(await source.run(scanOf('states'), never)).t0, 1001)
})

test('a large reading of labels lets others work in between, ends with its signal, and sees one moment', async () => {
  const { table, source } = sourceOf(20_000)
  deliver(table, rolledUp({ bucket: minute(2), epoch: 1, rows: topics({ last: 1 }) }))
  const scan = scanOf('labels', { intervals: [minutes(0, 3)] })
  const running = source.run(scan, never)
  deliver(table, rolledUp({ bucket: minute(2), epoch: 2, rows: topics({ later: 1 }) }))
  const { groups } = await running
  assert.deepEqual([groups.length, groups.at(-1)], [20_001, ['last']])
  const leaving = new AbortController()
  const left = source.run(scan, leaving.signal)
  const reason = new Error('gone')
  leaving.abort(reason)
  await assert.rejects(left, reason)
})
