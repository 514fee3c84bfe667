import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  allOf,
  conjuncts,
  EVERYTHING,
  evaluate,
  type Filter,
  labelsOf,
  matches,
  patternsIn,
  pinnedLabels,
} from '../../src/model/filter.ts'

const eq = (label: string, value: string): Filter => ({ kind: 'eq', label, value })
const not = (filter: Filter): Filter => ({ kind: 'not', filter })
const and = (...filters: Filter[]): Filter => ({ kind: 'and', filters })
const or = (...filters: Filter[]): Filter => ({ kind: 'or', filters })

/** Filters that are true, false and unknown for a series that has `a` = 1 and no `b`. */
const TRUE = eq('a', '1')
const FALSE = eq('a', '2')
const UNKNOWN = eq('b', '1')
const truthOf = (filter: Filter) => evaluate(filter, (label) => (label === 'a' ? '1' : null))

test('AND, OR and NOT follow the three-valued tables of SQL', () => {
  const all = [TRUE, FALSE, UNKNOWN]
  const table = (join: (...filters: Filter[]) => Filter) => all.map((a) => all.map((b) => truthOf(join(a, b))))
  assert.deepEqual(table(and), [
    [true, false, null],
    [false, false, false],
    [null, false, null],
  ])
  assert.deepEqual(table(or), [
    [true, true, true],
    [true, false, null],
    [true, null, null],
  ])
  assert.deepEqual(
    all.map((a) => truthOf(not(a))),
    [false, true, null],
  )
})

test('a series without the label passes neither the comparison nor its opposite', () => {
  const series = { a: '1' }
  for (const filter of [
    eq('b', '1'),
    { kind: 'in', label: 'b', values: ['1'] },
    { kind: 'in', label: 'b', values: [] },
    { kind: 'gt', label: 'b', value: '' },
    { kind: 'gte', label: 'b', value: '' },
    { kind: 'prefix', label: 'b', value: '' },
    { kind: 'regex', label: 'b', pattern: '.*' },
  ] satisfies Filter[]) {
    assert.ok(!matches(filter, series))
    assert.ok(!matches(not(filter), series))
    assert.ok(!matches(not(not(filter)), series))
  }
})

test('an empty value is a value', () => {
  assert.ok(matches(eq('a', ''), { a: '' }))
  assert.ok(matches(not(eq('a', 'x')), { a: '' }))
  assert.ok(!matches(eq('a', ''), {}))
})

test('greater is by code point, not by number', () => {
  const greater = (value: string, than: string) => matches({ kind: 'gt', label: 'a', value: than }, { a: value })
  assert.ok(greater('9', '10'))
  assert.ok(!greater('10', '9'))
  assert.ok(greater('😀', '\u{ffff}'))
  assert.ok(!greater('a', 'a'))
  assert.ok(matches({ kind: 'gte', label: 'a', value: 'a' }, { a: 'a' }))
})

test('everything passes the filter that says nothing, and no one an IN without values', () => {
  assert.ok(matches(EVERYTHING, {}))
  assert.ok(matches(and(), {}))
  assert.ok(!matches(or(), {}))
  assert.ok(!matches({ kind: 'in', label: 'a', values: [] }, { a: '1' }))
})

test('the labels of a filter are those it looks at, sorted, once', () => {
  assert.deepEqual(labelsOf(and(eq('b', '1'), not(or(eq('a', '1'), eq('b', '2'))), EVERYTHING)), ['a', 'b'])
})

test('conjuncts are taken out of nested ANDs only, and put together again', () => {
  const parts = conjuncts(and(TRUE, and(FALSE, EVERYTHING), or(TRUE, FALSE)))
  assert.deepEqual(parts, [TRUE, FALSE, or(TRUE, FALSE)])
  assert.deepEqual(allOf(parts), and(...parts))
  assert.deepEqual(allOf([TRUE]), TRUE)
  assert.deepEqual(allOf([]), EVERYTHING)
})

test('a label is pinned by an equality that must hold, not by one below OR or NOT', () => {
  const filter = and(
    eq('a', '1'),
    or(eq('b', '1')),
    not(eq('c', '1')),
    and({ kind: 'in', label: 'd', values: ['x'] }),
    {
      kind: 'in',
      label: 'e',
      values: ['x', 'y'],
    },
  )
  assert.deepEqual(
    [...pinnedLabels(filter)],
    [
      ['a', '1'],
      ['d', 'x'],
    ],
  )
  assert.deepEqual([...pinnedLabels(eq('a', '1'))], [['a', '1']])
})

test('a prefix begins the value, a pattern matches the whole of it', () => {
  const prefix = (value: string): Filter => ({ kind: 'prefix', label: 'a', value })
  const regex = (pattern: string): Filter => ({ kind: 'regex', label: 'a', pattern })
  assert.ok(matches(prefix('or'), { a: 'orders' }) && matches(prefix(''), { a: '' }))
  assert.ok(!matches(prefix('rd'), { a: 'orders' }))
  assert.ok(matches(regex('or.*'), { a: 'orders' }) && !matches(regex('or'), { a: 'orders' }))
})

test('the patterns of a filter are found wherever they stand, each once', () => {
  const regex = (pattern: string): Filter => ({ kind: 'regex', label: 'a', pattern })
  assert.deepEqual(patternsIn(and(regex('x'), not(or(regex('y'), regex('x'))), eq('b', '1'))), [
    { label: 'a', pattern: 'x' },
    { label: 'a', pattern: 'y' },
  ])
  assert.deepEqual(patternsIn(eq('a', 'x')), [])
})
