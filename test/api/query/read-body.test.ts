import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseQueryBody } from '../../../src/api/query/read-body.ts'
import { type LanewayError, LanewayErrors } from '../../../src/model/errors.ts'

const BODY = { aggregations: [{ metric: 'm' }], granularity: 'PT1M', intervals: ['PT1H/now'] }
const EQ = { op: 'EQ', field: 'a', value: 'b' }
const lenient = { strict: false, filterDepthMax: 3 }

function refused(value: unknown, options = lenient): readonly (readonly [string, string | undefined])[] {
  try {
    parseQueryBody(value, options)
  } catch (error) {
    const errors = error instanceof LanewayErrors ? error.errors : [error as LanewayError]
    return errors.map(({ code, facts }) => [code, facts.pointer])
  }
  return []
}

test('a body that passes is given back as it was sent, with what nobody knows', () => {
  const value = {
    ...BODY,
    colour: 1,
    ratios: [{ numerator: 'a', denominator: 'b', unit: '%' }],
    having: {
      op: 'AND',
      conditions: [
        { op: 'GT', metric: 'm', value: 1, x: 1 },
        { op: 'NOT', y: 1, condition: { op: 'GT', metric: 'm', value: 1 } },
      ],
    },
    filter: { op: 'REGEX', field: 'a', value: 'b', flags: 'i' },
  }
  const { body, ignored } = parseQueryBody(value, lenient)
  assert.equal(body, value)
  assert.deepEqual(ignored, [
    '/colour',
    '/ratios/0/unit',
    '/filter/flags',
    '/having/conditions/0/x',
    '/having/conditions/1/y',
  ])
  assert.deepEqual(
    refused(value, { ...lenient, strict: true }).map(([code]) => code),
    Array(5).fill('FIELD_UNKNOWN'),
  )
})

test('depth is bounded before anything recurses, mistakes have pointers, later fields are refused', () => {
  const deep = { op: 'NOT', filter: { op: 'NOT', filter: { op: 'NOT', filter: EQ } } }
  assert.deepEqual(refused({ ...BODY, filter: deep }), [['FILTER_TOO_COMPLEX', '/filter']])
  assert.deepEqual(refused({ ...BODY, granularity: 'PT2M', filter: { ...EQ, op: 'PREFIX', value: 1 } }), [
    ['FIELD_INVALID', '/granularity'],
    ['FIELD_INVALID', '/filter/value'],
  ])
  assert.deepEqual(refused({ ...BODY, verify: true, partial: false }), [
    ['NOT_SUPPORTED_YET', '/verify'],
    ['NOT_SUPPORTED_YET', '/partial'],
  ])
  assert.deepEqual(refused(null), [['FIELD_INVALID', '']])
})
