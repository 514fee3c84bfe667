import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Filter } from '../../../src/model/filter.ts'
import { minutes, openWorld, point, scanOf, sumsIn } from './duckdb-fixture.ts'

const regex = (pattern: string, label = 'topic'): Filter => ({ kind: 'regex', label, pattern })
const not = (filter: Filter): Filter => ({ kind: 'not', filter })
const and = (...filters: Filter[]): Filter => ({ kind: 'and', filters })
const or = (...filters: Filter[]): Filter => ({ kind: 'or', filters })

async function topicsWorld() {
  const world = await openWorld()
  const sets = [
    { topic: 'orders', host: 'a' },
    { topic: 'offers', host: 'b' },
    { topic: 'bills', host: 'a' },
    { host: 'c' },
    ...Array.from({ length: 200 }, (_, i) => ({ topic: `t${i}`, host: 'd' })),
  ]
  await world.append(sets.map((labels, i) => point(i + 1, { labels })))
  const ask = async (filter: Filter) =>
    sumsIn(await world.states({ filter, groupBy: ['host'], intervals: [minutes(0, 1)] }))
  return { world, ask }
}

test('patterns select the same series whether they stand alone, under NOT, AND or OR', async () => {
  const { world, ask } = await topicsWorld()
  await using _ = world
  assert.deepEqual(await ask(regex('o.*')), { a: 1, b: 2 })
  assert.deepEqual(await ask(and(not(regex('o.*')), not(regex('t[0-9]+')))), { a: 3 })
  assert.deepEqual(await ask(or(regex('bills'), regex('c', 'host'))), { a: 3, c: 4 })
  assert.deepEqual(await ask(and({ kind: 'eq', label: 'host', value: 'a' }, or(regex('o.*'), not(regex('o.*'))))), {
    a: 4,
  })
  assert.deepEqual(await ask(regex('t.*')), { d: 200 * 104.5 })
  assert.deepEqual(await ask(regex('nobody')), {})
})

test('labels scans take patterns too', async () => {
  const { world } = await topicsWorld()
  await using _ = world
  const { groups } = await world.labels({ filter: regex('[ob].*'), groupBy: ['topic'], intervals: [minutes(0, 1)] })
  assert.deepEqual(groups.flat().sort(), ['bills', 'offers', 'orders'])
})

test('what would take too many steps is refused, and the store goes on', async () => {
  const { world, ask } = await topicsWorld()
  await using _ = world
  const long = 'x'.repeat(120_000)
  await world.append([point(1, { labels: { topic: long, host: 'x' } })])
  const scan = scanOf('states', { filter: regex('x*(a{900}|b{900})'), intervals: [minutes(0, 1)] })
  await assert.rejects(world.store.source.run(scan, new AbortController().signal), { code: 'QUERY_TOO_EXPENSIVE' })
  assert.deepEqual(await ask(regex('bills')), { a: 3 })
})
