import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SelectionCache } from '../../../src/cache/push/selection.ts'
import { SeriesIndex } from '../../../src/cache/push/series-index.ts'
import { EVERYTHING } from '../../../src/model/filter.ts'
import type { Group } from '../../../src/model/label.ts'

const groupsOf = (index: SeriesIndex): Group[] =>
  Array.from({ length: index.count }, (_, id) => index.labels.map((_, label) => index.valueAt(id, label)))

/** 30 clusters with 100 topics each, in an order that jumps about. */
function largeIndex(): SeriesIndex {
  const index = new SeriesIndex(['cluster', 'topic'])
  for (let i = 0; i < 3000; i++) {
    const at = (i * 7) % 3000
    index.idOf([`c${at % 30}`, `t${Math.floor(at / 30)}`])
  }
  return index
}

test('a group has one id for ever, and absent is not the empty string', () => {
  const index = new SeriesIndex(['a', 'b'])
  const groups: Group[] = [
    ['x', null],
    ['x', ''],
    [null, 'x'],
    [null, null],
    ['', ''],
  ]
  const ids = groups.map((group) => index.idOf(group))
  assert.deepEqual(ids, [0, 1, 2, 3, 4])
  assert.deepEqual(
    groups.toReversed().map((group) => index.idOf(group)),
    ids.toReversed(),
  )
  assert.deepEqual(groupsOf(index), groups)
})

test('an index without labels has one series', () => {
  const index = new SeriesIndex([])
  assert.equal(index.idOf([]), 0)
  assert.equal(index.idOf([]), 0)
  assert.equal(index.count, 1)
})

test('postings name exactly the series that have a value', () => {
  const index = largeIndex()
  const [clusters] = index.dictionaries
  const ids: number[] = []
  clusters!.collect(clusters!.find('c7')!, ids)
  assert.equal(ids.length, 100)
  assert.equal(clusters!.countOf(clusters!.find('c7')!), 100)
  assert.deepEqual(
    ids.toReversed(),
    groupsOf(index).flatMap((group, id) => (group[0] === 'c7' ? [id] : [])),
  )
})

test('an index of what is still used has the same groups in the same order, and forgets unused values', () => {
  const index = largeIndex()
  const used = Uint8Array.from({ length: index.count }, (_, id) => (index.valueAt(id, 0) === 'c3' ? 1 : 0))
  const { index: small, newIds } = index.compacted(used)
  assert.deepEqual(
    groupsOf(small),
    groupsOf(index).filter(([cluster]) => cluster === 'c3'),
  )
  assert.equal(small.dictionaries[0]!.size, 2)
  for (let id = 0; id < index.count; id++) assert.equal(newIds[id]! >= 0, used[id] === 1)
  assert.ok(small.bytes < index.bytes / 5)
})

test('a selection is the same by postings and by looking at every series', () => {
  const index = largeIndex()
  const cache = new SelectionCache(index)
  const eq = { kind: 'eq', label: 'cluster', value: 'c7' } as const
  const byPosting = cache.select({ groupBy: ['topic'], pinned: {}, filter: eq })
  const not = (filter: typeof eq) => ({ kind: 'not', filter }) as const
  const byLooking = cache.select({ groupBy: ['topic'], pinned: {}, filter: { kind: 'not', filter: not(eq) } })
  assert.equal(byPosting.ids.length, 100)
  assert.deepEqual(byPosting, byLooking)
})

test('a selection is remembered until series come, and what is remembered is bounded', () => {
  const index = largeIndex()
  const cache = new SelectionCache(index)
  const ask = (topic: string) =>
    cache.select({ groupBy: [], pinned: {}, filter: { kind: 'eq', label: 'topic', value: topic } })
  const first = ask('t0')
  assert.equal(ask('t0'), first)
  index.idOf(['c99', 't0'])
  assert.equal(ask('t0').ids.length, first.ids.length + 1)
  for (let i = 0; i < 1000; i++) ask(`none${i}`)
  for (let i = 0; i < 100; i++) cache.select({ groupBy: ['cluster'], pinned: { x: `${i}` }, filter: EVERYTHING })
  assert.ok(cache.bytes < 64 * (3001 * 8 + 31 * 128))
})

test('a label that is neither stored nor pinned is a mistake of the planner', () => {
  const index = largeIndex()
  const cache = new SelectionCache(index)
  assert.throws(() => cache.select({ groupBy: ['host'], pinned: {}, filter: EVERYTHING }), TypeError)
  const filter = { kind: 'eq', label: 'host', value: 'h1' } as const
  assert.throws(() => cache.select({ groupBy: [], pinned: {}, filter }), TypeError)
})
