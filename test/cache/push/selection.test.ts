import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SelectionCache, type SelectionRequest } from '../../../src/cache/push/selection.ts'
import { SeriesIndex } from '../../../src/cache/push/series-index.ts'
import type { Filter } from '../../../src/model/filter.ts'
import { Patterns } from '../../../src/model/patterns.ts'

const REGEX: Filter = { kind: 'regex', label: 'topic', pattern: 'o.*' }

function indexOf(...groups: readonly (readonly [string | null, string | null])[]): SeriesIndex {
  const index = new SeriesIndex(['cluster', 'topic'])
  for (const group of groups) index.idOf(group)
  return index
}

const asking = (filter: Filter, pinned: Record<string, string> = {}): SelectionRequest => ({
  groupBy: ['topic'],
  pinned,
  filter,
})
const unmatched = (cache: SelectionCache, filter: Filter) => cache.unmatched(asking(filter)).map(({ values }) => values)

test('a pattern is matched once for each value, however many series have it', () => {
  const clusters = Array.from({ length: 100 }, (_, i) => `c${i}`)
  const index = indexOf(...clusters.flatMap((cluster) => [[cluster, 'orders'] as const, [cluster, 'bills'] as const]))
  const patterns = new Patterns()
  const before = patterns.valuesLeft
  assert.equal(new SelectionCache(index).select(asking(REGEX), patterns).ids.length, 100)
  assert.equal(before - patterns.valuesLeft, 2)
})

test('values to match are those that the rest of the filter leaves, and later only those of new series', () => {
  const index = indexOf(['a', 'orders'], ['a', null], ['b', 'offers'], ['a', 'bills'], ['a', 'orders'])
  for (let i = 0; i < 10; i++) index.idOf(['z', `t${i}`])
  const cache = new SelectionCache(index)
  const filter: Filter = { kind: 'and', filters: [{ kind: 'eq', label: 'cluster', value: 'a' }, REGEX] }
  assert.deepEqual(unmatched(cache, filter), [['orders', 'bills']])
  assert.deepEqual([...cache.select(asking(filter)).ids], [0])
  assert.deepEqual(unmatched(cache, filter), [[]])
  index.idOf(['a', 'other'])
  assert.deepEqual(unmatched(cache, filter), [['other']])
  assert.deepEqual(cache.select(asking(filter)).groups, [['orders'], ['other']])
})

test('a filter without patterns has nothing to match, one on a pinned label neither', () => {
  const cache = new SelectionCache(indexOf(['a', 'orders']))
  assert.deepEqual(cache.unmatched(asking({ kind: 'prefix', label: 'topic', value: 'o' })), [])
  const pinned: Filter = { kind: 'regex', label: 'region', pattern: 'eu-.*' }
  const request = asking(pinned, { region: 'eu-1' })
  assert.deepEqual(
    cache.unmatched(request).map(({ values }) => values),
    [[]],
  )
  assert.equal(cache.select(request).ids.length, 1)
})
