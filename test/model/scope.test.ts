import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LanewayError } from '../../src/model/errors.ts'
import { allOf, EVERYTHING, type Filter, matches } from '../../src/model/filter.ts'
import { canonicalFilter, filterKey } from '../../src/model/filter-canonical.ts'
import {
  isConstrained,
  refuseForeign,
  type Scope,
  scopedFilter,
  scopeFilter,
  scopeKey,
  scopeOf,
  UNSCOPED,
} from '../../src/model/scope.ts'

const eq = (label: string, value: string): Filter => ({ kind: 'eq', label, value })
const isIn = (label: string, ...values: string[]): Filter => ({ kind: 'in', label, values })
const and = (...filters: Filter[]): Filter => ({ kind: 'and', filters })
const or = (...filters: Filter[]): Filter => ({ kind: 'or', filters })
const not = (filter: Filter): Filter => ({ kind: 'not', filter })

const own = scopeOf('t', null, [{ label: 'id', values: ['b', 'a'] }])
const held = (filter: Filter, scope: Scope = own) => canonicalFilter(scopedFilter(filter, scope))
const V2_SENTENCE = 'Query must filter by at least one of your authorized resources'
const isForeign = (error: unknown) =>
  error instanceof LanewayError && error.code === 'FORBIDDEN' && error.message === V2_SENTENCE

test('a question that names no resource is held to those of the caller', () => {
  assert.deepEqual(held(EVERYTHING), isIn('id', 'a', 'b'))
  assert.deepEqual(held(eq('x', '1')), canonicalFilter(and(eq('x', '1'), isIn('id', 'a', 'b'))))
})

test('what a question names is cut to what is inside, and one own value is as good as an equality', () => {
  assert.deepEqual(held(eq('id', 'a')), eq('id', 'a'))
  assert.deepEqual(held(isIn('id', 'a', 'z')), eq('id', 'a'))
  assert.deepEqual(held(and(eq('x', '1'), or(eq('id', 'b'), eq('id', 'z')))), and(eq('id', 'b'), eq('x', '1')))
  assert.ok(!filterKey(held(and(isIn('id', 'a', 'foreign'), eq('x', '1')))).includes('foreign'))
})

test("a question whose named resources all lie outside is refused with Metrics API v2's sentence", () => {
  const outside = [
    eq('id', 'z'),
    isIn('id', 'y', 'z'),
    or(eq('id', 'y'), isIn('id', 'z')),
    and(eq('x', '1'), and(eq('id', 'z'), eq('x', '2'))),
    and(eq('id', 'a'), eq('id', 'z')),
  ]
  for (const filter of outside) {
    assert.throws(() => scopedFilter(filter, own), isForeign, filterKey(filter))
    assert.throws(() => refuseForeign(filter, own), isForeign)
  }
})

test('a foreign value anywhere else is no reason to refuse, and lets nothing through', () => {
  for (const filter of [
    or(eq('id', 'z'), eq('x', '1')),
    not(eq('id', 'a')),
    { ...eq('id', 'z'), kind: 'gt' } as Filter,
  ]) {
    assert.equal(matches(held(filter), { id: 'z', x: '1' }), false)
    refuseForeign(filter, own)
  }
})

test('two own values that exclude each other are answered with nothing, not refused', () => {
  const filter = held(and(eq('id', 'a'), eq('id', 'b')))
  for (const id of ['a', 'b', 'z']) assert.equal(matches(filter, { id }), false)
})

test('without constraints a filter stays as it is', () => {
  assert.deepEqual(scopedFilter(eq('id', 'z'), UNSCOPED), eq('id', 'z'))
  assert.deepEqual(scopeFilter(UNSCOPED), EVERYTHING)
})

const anyFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => {
  const label = fc.constantFrom('id', 'region', 'x')
  const value = fc.constantFrom('a', 'b', 'z', '1')
  const leaf = fc.oneof(
    fc.constant(EVERYTHING),
    fc.record({ label, value }).map(({ label, value }) => eq(label, value)),
    fc
      .record({ label, values: fc.array(value, { minLength: 1, maxLength: 3 }) })
      .map((each) => isIn(each.label, ...each.values)),
    fc.record({ label, value }).map((each): Filter => ({ kind: 'gte', ...each })),
  )
  const some = fc.array(tie('filter'), { minLength: 1, maxLength: 3 })
  return {
    filter: fc.oneof(
      { depthSize: 'small' },
      leaf,
      some.map((filters) => and(...filters)),
      some.map((filters) => or(...filters)),
      tie('filter').map(not),
    ),
  }
}).filter
const anySeries = fc.record(
  { id: fc.constantFrom('a', 'b', 'z', '1'), region: fc.constantFrom('a', 'b', 'z'), x: fc.constantFrom('1', 'a') },
  { requiredKeys: [] },
)

test('the held filter matches exactly what the question and the scope match together', () => {
  const scopes = [own, scopeOf('t', null, [...own.constraints, { label: 'region', values: ['a', 'z'] }])]
  fc.assert(
    fc.property(anyFilter, anySeries, fc.constantFrom(...scopes), (filter, series, scope) => {
      const both = matches(allOf([filter, scopeFilter(scope)]), series)
      try {
        assert.equal(matches(held(filter, scope), series), both)
      } catch (error) {
        if (!isForeign(error)) throw error
        assert.equal(both, false)
      }
    }),
    { numRuns: 400 },
  )
})

test('equal rights have equal keys, however they are written, and other tenants or rights another', () => {
  const one = scopeOf(
    't',
    ['b', 'a'],
    [
      { label: 'y', values: ['2', '1', '2'] },
      { label: 'x', values: ['1'] },
    ],
  )
  const same = scopeOf(
    't',
    ['a', 'b', 'a'],
    [
      { label: 'x', values: ['1'] },
      { label: 'y', values: ['1', '2'] },
    ],
  )
  assert.equal(scopeKey(one), scopeKey(same))
  const others = [
    scopeOf('u', one.datasets, one.constraints),
    scopeOf('t', null, one.constraints),
    scopeOf('t', one.datasets, one.constraints.slice(1)),
    UNSCOPED,
  ]
  assert.equal(new Set([one, ...others].map(scopeKey)).size, 5)
})

test('a label constrained twice must satisfy both', () => {
  const twice = scopeOf('t', null, [
    { label: 'x', values: ['1', '2'] },
    { label: 'x', values: ['2', '3'] },
  ])
  assert.deepEqual(twice.constraints, [{ label: 'x', values: ['2'] }])
})

test('whoever has constraints or a list of datasets is constrained', () => {
  assert.deepEqual([own, scopeOf('', ['a'], []), UNSCOPED].map(isConstrained), [true, true, false])
})
