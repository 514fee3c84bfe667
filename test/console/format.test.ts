import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format } from './page-modules.ts'

test('numbers are short and keep their size', () => {
  const { shortNumber } = format
  const shown = [0, 7, 12.345, 999, 1000, 1234, 45_678, 999_999, 3_400_000, 2 ** 53, -1500, 0.0042, 0.00001]
  assert.deepEqual(shown.map(shortNumber), [
    ...['0', '7', '12.35', '999', '1 k', '1.23 k', '45.7 k', '1000 k', '3.4 M', '9.01 P', '-1.5 k'],
    ...['0.0042', '1.0e-5'],
  ])
})

test('units read as words', () => {
  assert.deepEqual(['By', '1', '', '{requests}', 'ms', 'By/s'].map(format.unitText), [
    ...['bytes', '', '', 'requests', 'ms', 'bytes/s'],
  ])
})

test('lengths, shares and groups read as people say them', () => {
  assert.deepEqual([42_000, 60_000, 5_400_000, 7_200_000, 604_800_000].map(format.lengthText), [
    ...['42 s', '1 min', '1 h 30 min', '2 h', '7 d'],
  ])
  assert.deepEqual([0, 0.001, 0.25, 0.999, 1].map(format.shareText), ['0 %', '< 1 %', '25 %', '> 99 %', '100 %'])
  assert.deepEqual([[], ['orders', null], ['']].map(format.groupText), ['all series', 'orders · —', '""'])
  assert.deepEqual([40, 12_345].map(format.sinceText), ['+0.04 s', '+12 s'])
})
