import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StateFrame } from '../../../src/model/frame.ts'
import { compareGroups, type Group } from '../../../src/model/label.ts'
import type { MeasureRef } from '../../../src/model/measure.ts'
import { stateOfStep } from '../../../src/model/state.ts'
import { alongside, type Column, columnOf, equalColumns, valueAt } from '../../../src/planner/engine/settled-column.ts'

const measure: MeasureRef = {
  metric: 'orders',
  type: 'COUNTER_INT64',
  unit: '1',
  space: 'SUM',
  missing: 'absent',
  time: 'SUM',
}

type Content = ReadonlyMap<string, bigint>

const value = fc.constantFrom(null, '', 'a', 'b', '\ud800', 'ä')
const content = fc
  .array(fc.tuple(fc.tuple(value, value), fc.bigInt({ min: 0n, max: 2n ** 60n })), { maxLength: 12 })
  .map((entries): Content => new Map(entries.map(([group, each]) => [JSON.stringify(group), each])))

/** One object for each group, as the push table has them, unless they are to be new. */
function frameOf(all: Content, groups: Map<string, Group>): StateFrame {
  const rows = [...all].map(([key, each]) => {
    const group = groups.get(key) ?? (JSON.parse(key) as Group)
    groups.set(key, group)
    return { bucket: 0, group, states: [stateOfStep(each, 0)] }
  })
  return { kind: 'states', labels: ['x', 'y'], measures: [measure], rows, rowsRead: rows.length, raw: 1, asOf: 0 }
}

/** What the text formats make of it, by the plainest means. */
function plain(all: Content): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const [key, each] of all) {
    const group = (JSON.parse(key) as Group).map((one) => (one === '' ? null : (one?.toWellFormed() ?? null)))
    const told = JSON.stringify(group)
    sums.set(told, (sums.get(told) ?? 0n) + each)
  }
  return sums
}

const contentOf = (column: Column): Map<string, bigint> =>
  new Map(column.groups.map((group, i) => [JSON.stringify(group), BigInt(valueAt(column, i))]))

test('a column has each group once, in order, with its value, whatever the bucket before had', () => {
  fc.assert(
    fc.property(content, content, fc.boolean(), (first, second, remembered) => {
      const groups = new Map<string, Group>()
      const before = columnOf(frameOf(first, groups), measure, 1, null)
      const column = columnOf(frameOf(second, remembered ? groups : new Map()), measure, 1, before)
      assert.deepEqual(contentOf(column), plain(second))
      assert.deepEqual(column.groups, [...column.groups].sort(compareGroups))
      assert.ok(equalColumns(column, columnOf(frameOf(second, new Map()), measure, 1, null)))
    }),
  )
})

test('columns walked side by side meet each group once, in order, at its places', () => {
  fc.assert(
    fc.property(fc.array(content, { maxLength: 4 }), (contents) => {
      const columns = contents.map((each) => columnOf(frameOf(each, new Map()), measure, 1, null))
      const walked = [...alongside(columns)]
      assert.deepEqual(
        walked.map(({ group }) => JSON.stringify(group)),
        [...new Set(columns.flatMap(({ groups }) => groups.map((group) => JSON.stringify(group))))].sort((a, b) =>
          compareGroups(JSON.parse(a) as Group, JSON.parse(b) as Group),
        ),
      )
      for (const { group, places } of walked) {
        for (const [c, place] of places.entries()) {
          const found = columns[c]!.groups.findIndex((each) => compareGroups(each, group) === 0)
          assert.equal(place, found)
        }
      }
    }),
  )
})
