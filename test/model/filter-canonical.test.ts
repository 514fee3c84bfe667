import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { evaluate, type Filter } from '../../src/model/filter.ts'
import { canonicalFilter, filterKey } from '../../src/model/filter-canonical.ts'
import { SEED } from '../seed.ts'

const LABELS = ['a', 'b']
const VALUES = ['', '1', '2']
const label = fc.constantFrom(...LABELS)
const value = fc.constantFrom(...VALUES)

const comparison: fc.Arbitrary<Filter> = fc.oneof(
  fc.constant<Filter>({ kind: 'true' }),
  fc.record({ kind: fc.constantFrom('eq' as const, 'gt' as const, 'gte' as const, 'prefix' as const), label, value }),
  fc.record({ kind: fc.constant('regex' as const), label, pattern: fc.constantFrom('', '1|2', '[^1]') }),
  fc.record({ kind: fc.constant('in' as const), label, values: fc.array(value, { maxLength: 3 }) }),
)
const { filter } = fc.letrec<{ filter: Filter; filters: Filter[] }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'medium' },
    comparison,
    fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
    fc.record({ kind: fc.constant('not' as const), filter: comparison, written: fc.constant('NE' as const) }),
    fc.record({ kind: fc.constantFrom('and' as const, 'or' as const), filters: tie('filters') }),
  ),
  filters: fc.array(tie('filter'), { maxLength: 3 }),
}))

/** Every series there can be over the two labels: each absent or one of the values. */
const SERIES = [null, ...VALUES].flatMap((a) => [null, ...VALUES].map((b) => ({ a, b })))
const truths = (of: Filter) => SERIES.map((series) => evaluate(of, (name) => series[name as 'a' | 'b']))

test('the canonical form has the same truth for every series, unknown included', () => {
  fc.assert(
    fc.property(filter, (given) => {
      assert.deepEqual(truths(canonicalFilter(given)), truths(given))
    }),
    { numRuns: 1000, seed: SEED },
  )
})

test('the canonical form of a canonical form is itself', () => {
  fc.assert(
    fc.property(filter, (given) => {
      const once = canonicalFilter(given)
      assert.deepEqual(canonicalFilter(once), once)
    }),
    { numRuns: 1000, seed: SEED },
  )
})

/** The same filter, written the other way round: orders turned, parts repeated, nots doubled. */
function rewritten(of: Filter): Filter {
  switch (of.kind) {
    case 'and':
    case 'or': {
      const turned = of.filters.map(rewritten).reverse()
      return { kind: of.kind, filters: [...turned, ...turned.slice(0, 1)] }
    }
    case 'not':
      return { kind: 'not', filter: { kind: 'not', filter: { kind: 'not', filter: rewritten(of.filter) } } }
    case 'in':
      return { ...of, values: [...of.values, ...of.values].reverse() }
    default:
      return of
  }
}

test('order, repeats and double negation of the writing do not show', () => {
  fc.assert(
    fc.property(filter, (given) => {
      assert.equal(filterKey(canonicalFilter(rewritten(given))), filterKey(canonicalFilter(given)))
    }),
    { numRuns: 1000, seed: SEED },
  )
})

/** Keys in one order, without how it was written. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .filter(([key]) => key !== 'written')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => [key, plain(each)])
}

test('the text of a canonical filter is injective', () => {
  fc.assert(
    fc.property(filter, filter, (a, b) => {
      const [x, y] = [canonicalFilter(a), canonicalFilter(b)]
      if (filterKey(x) === filterKey(y)) assert.equal(JSON.stringify(plain(x)), JSON.stringify(plain(y)))
    }),
    { numRuns: 1000, seed: SEED },
  )
})

const WRITTEN: readonly (readonly [string, Filter, Filter])[] = [
  [
    'IN of one value is an equality',
    { kind: 'in', label: 'a', values: ['1', '1'] },
    { kind: 'eq', label: 'a', value: '1' },
  ],
  [
    'NOT goes inward',
    {
      kind: 'not',
      filter: {
        kind: 'or',
        filters: [
          { kind: 'eq', label: 'b', value: '1' },
          { kind: 'eq', label: 'a', value: '1' },
        ],
      },
    },
    {
      kind: 'and',
      filters: [
        { kind: 'not', filter: { kind: 'eq', label: 'a', value: '1' } },
        { kind: 'not', filter: { kind: 'eq', label: 'b', value: '1' } },
      ],
    },
  ],
  [
    'x OR NOT x stays, for it is unknown where x is absent',
    {
      kind: 'or',
      filters: [
        { kind: 'eq', label: 'a', value: '1' },
        { kind: 'not', filter: { kind: 'eq', label: 'a', value: '1' } },
      ],
    },
    {
      kind: 'or',
      filters: [
        { kind: 'eq', label: 'a', value: '1' },
        { kind: 'not', filter: { kind: 'eq', label: 'a', value: '1' } },
      ],
    },
  ],
]
for (const [title, given, expected] of WRITTEN) {
  test(title, () => {
    assert.deepEqual(canonicalFilter(given), expected)
  })
}
