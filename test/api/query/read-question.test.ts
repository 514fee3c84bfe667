import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FilterBody, QueryBody } from '../../../src/api/query/query-body.ts'
import { readFilter, readQuestion, readValueNames } from '../../../src/api/query/read-question.ts'
import { evaluate } from '../../../src/model/filter.ts'

const BODY = { aggregations: [{ metric: 'm' }], granularity: 'PT1M', intervals: ['PT1H/now'] }
const bodyOf = (change: object): QueryBody => QueryBody.parse({ ...BODY, ...change })

test('names, ratios, conditions and fill arrive at the planner as they were sent', () => {
  const question = readQuestion(
    'cloud',
    bodyOf({
      aggregations: [
        { metric: 'm', as: 'a' },
        { metric: 'm', agg: 'COUNT', time: 'MAX', as: 'b' },
      ],
      ratios: [
        { numerator: 'a', denominator: 'b', as: 'c' },
        { numerator: 'b', denominator: 'a' },
      ],
      having: {
        op: 'OR',
        conditions: [
          { op: 'GTE', metric: 'c', value: 0.5 },
          { op: 'NOT', condition: { op: 'EQ', metric: 'm', agg: 'COUNT', value: 3 } },
        ],
      },
      order_by: [{ metric: 'c' }],
      fill: 'previous',
      accuracy: 'approximate',
    }),
  )
  assert.deepEqual(question, {
    dataset: 'cloud',
    aggregations: [
      { metric: 'm', as: 'a' },
      { metric: 'm', agg: 'COUNT', time: 'MAX', as: 'b' },
    ],
    ratios: [
      { numerator: 'a', denominator: 'b', as: 'c' },
      { numerator: 'b', denominator: 'a' },
    ],
    groupBy: [],
    granularity: 'PT1M',
    intervals: ['PT1H/now'],
    having: {
      kind: 'or',
      conditions: [
        { kind: 'compare', value: { metric: 'c' }, op: 'GTE', than: 0.5 },
        { kind: 'not', condition: { kind: 'compare', value: { metric: 'm', agg: 'COUNT' }, op: 'EQ', than: 3 } },
      ],
    },
    orderBy: { metric: 'c', order: 'DESCENDING' },
    fill: 'previous',
  })
})

test('values are named in their order, and not at all when nobody named any', () => {
  const named = {
    aggregations: [{ metric: 'm' }, { metric: 'n', as: 'b' }],
    ratios: [{ numerator: 'b', denominator: 'b' }],
  }
  assert.deepEqual(readValueNames(bodyOf(named)), [null, 'b', null])
  assert.equal(readValueNames(bodyOf({ aggregations: [{ metric: 'm' }, { metric: 'n' }] })), null)
})

const EXPECTED: Readonly<Record<string, readonly (boolean | null)[]>> = {
  EQ: [null, false, true, false],
  NE: [null, true, false, true],
  GT: [null, false, false, true],
  GTE: [null, false, true, true],
  LT: [null, true, false, false],
  LTE: [null, true, true, false],
  PREFIX: [null, false, true, false],
  REGEX: [null, false, true, false],
}

for (const [op, truths] of Object.entries(EXPECTED)) {
  test(`${op} is unknown where the label is absent, and says what it says elsewhere`, () => {
    const filter = readFilter(FilterBody.parse({ op, field: 'a', value: 'm' }))
    assert.deepEqual(
      [null, '', 'm', 'n'].map((value) => evaluate(filter, () => value)),
      truths,
    )
  })
}

test('half a surrogate pair becomes what UTF-8 makes of it', () => {
  assert.deepEqual(readFilter({ op: 'PREFIX', field: 'a', value: 'x\ud83d' }), {
    kind: 'prefix',
    label: 'a',
    value: 'x\ufffd',
  })
})
