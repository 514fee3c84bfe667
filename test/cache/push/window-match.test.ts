import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WindowMatch } from '../../../src/cache/push/window-match.ts'
import { SEED } from '../../seed.ts'

const sortedIds = (maxLength: number) =>
  fc.uniqueArray(fc.nat({ max: 400 }), { maxLength }).map((ids) => Int32Array.from(ids).sort())

/** Few with many, many with few, and both alike: each of the three ways of matching. */
const pair = fc.oneof(
  fc.tuple(sortedIds(4), sortedIds(300)),
  fc.tuple(sortedIds(300), sortedIds(4)),
  fc.tuple(sortedIds(200), sortedIds(200)),
)

test('a match finds the rows of the selected series whichever side is short', () => {
  const match = new WindowMatch()
  fc.assert(
    fc.property(pair, ([ids, selected]) => {
      const groupOf = selected.map((id) => id % 7)
      match.find(ids, { ids: selected, groupOf, groups: [] })
      const found = Array.from({ length: match.count }, (_, i) => [ids[match.rows[i]!], match.groups[i]])
      const expected = [...ids].filter((id) => selected.includes(id)).map((id) => [id, id % 7])
      assert.deepEqual(found, expected)
    }),
    { numRuns: 500, seed: SEED },
  )
})
