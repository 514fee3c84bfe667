import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareGroups, compareText, type Group, groupKey, labelSetKey } from '../../src/model/label.ts'

const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'é', '\u{ffff}', '\u{e000}', '😀', '\u{10ffff}'),
  maxLength: 5,
})
const group = fc.tuple(fc.option(text), fc.option(text)) as fc.Arbitrary<Group>

test('text is ordered by code point, as UTF-8 bytes are', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(Math.sign(compareText(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})

test('a character beyond U+FFFF comes after every other, unlike in UTF-16', () => {
  assert.ok('😀' < '\u{ffff}')
  assert.ok(compareText('😀', '\u{ffff}') > 0)
})

test('groups are ordered label by label, absent before the empty text, and only equal ones compare equal', () => {
  assert.deepEqual(
    [
      ['b', null],
      ['a', 'x'],
      [null, 'z'],
      ['', 'a'],
      ['a', null],
    ].sort((a, b) => compareGroups(a, b)),
    [
      [null, 'z'],
      ['', 'a'],
      ['a', null],
      ['a', 'x'],
      ['b', null],
    ],
  )
  fc.assert(
    fc.property(group, group, group, (a, b, c) => {
      assert.equal(Math.sign(compareGroups(a, b)), -Math.sign(compareGroups(b, a)) + 0)
      assert.equal(compareGroups(a, b) === 0, groupKey(a) === groupKey(b))
      if (compareGroups(a, b) <= 0 && compareGroups(b, c) <= 0) assert.ok(compareGroups(a, c) <= 0)
    }),
  )
})

test('the text of a group tells absent, empty and commas apart', () => {
  const groups: Group[] = [[null], [''], ['null'], [',', ''], [',,'], ['a', 'b'], ['a,b'], ['"a"', 'b']]
  assert.equal(new Set(groups.map(groupKey)).size, groups.length)
})

test('the text of a label set does not know the order it was written in, and is equal for equal sets only', () => {
  const labels = fc.dictionary(fc.constantFrom('metric.a', 'metric.b', 'resource.c'), text)
  fc.assert(
    fc.property(labels, labels, (a, b) => {
      const turned = Object.fromEntries(Object.entries(a).reverse())
      assert.equal(labelSetKey(turned), labelSetKey(a))
      const equal = Object.keys({ ...a, ...b }).every((name) => a[name] === b[name])
      assert.equal(labelSetKey(a) === labelSetKey(b), equal)
    }),
  )
})
