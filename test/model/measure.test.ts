import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  defaultTime,
  isCounter,
  METRIC_TYPES,
  measureKey,
  numericOf,
  numericOfX,
  SPACES,
} from '../../src/model/measure.ts'

test('counters are summed over time, gauges averaged, when nobody says', () => {
  assert.deepEqual(
    METRIC_TYPES.map((type) => [isCounter(type), numericOf(type), defaultTime(type)]),
    [
      [true, 'INT64', 'SUM'],
      [true, 'DOUBLE', 'SUM'],
      [false, 'INT64', 'AVG'],
      [false, 'DOUBLE', 'AVG'],
    ],
  )
})

test('what is folded in space has its own kind of number: COUNT is an integer, AVG never', () => {
  const kinds = (type: 'GAUGE_INT64' | 'GAUGE_DOUBLE') =>
    SPACES.map((space) => numericOfX({ metric: 'm', type, unit: '1', missing: 'absent', space }))
  assert.deepEqual(kinds('GAUGE_INT64'), ['INT64', 'INT64', 'INT64', 'DOUBLE', 'INT64'])
  assert.deepEqual(kinds('GAUGE_DOUBLE'), ['DOUBLE', 'DOUBLE', 'DOUBLE', 'DOUBLE', 'INT64'])
})

test('a measure is named by its space and metric', () => {
  assert.equal(measureKey({ space: 'MAX', metric: 'a/b' }), 'MAX:a/b')
})
