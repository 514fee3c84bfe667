import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chartData } from './page-modules.ts'

const START = Date.parse('2026-11-21T10:00:00Z')
const MINUTE = 60_000
const shape = { groupBy: ['metric.topic'], start: START, end: START + 4 * MINUTE, width: MINUTE }
const row = (minute: number, topic: string | null, value: number | null) => ({
  timestamp: new Date(START + minute * MINUTE).toISOString(),
  'metric.topic': topic,
  value,
})

test('every bucket of the range has its place, and one without a point is a gap, not zero', () => {
  const { times, lines } = chartData.chartDataOf([row(0, 'a', 5), row(3, 'a', 7), row(1, 'b', 2)], shape)
  assert.deepEqual(
    times,
    [0, 1, 2, 3].map((i) => START / 1000 + i * 60),
  )
  assert.deepEqual(
    lines.map(({ name, values, last }) => [name, values, last]),
    [
      ['a', [5, null, null, 7], 7],
      ['b', [null, 2, null, null], 2],
    ],
  )
})

test('an absent label and an empty one are two groups', () => {
  const { lines } = chartData.chartDataOf([row(0, null, 1), row(0, '', 2)], shape)
  assert.deepEqual(
    lines.map(({ name }) => name),
    ['—', '""'],
  )
})

test('a bucket that begins before the interval is drawn where it begins', () => {
  const rows = [{ timestamp: '2026-11-21T10:00:00Z', value: 1, cut: true }]
  const { times, lines } = chartData.chartDataOf(rows, {
    ...shape,
    groupBy: [],
    start: START + MINUTE,
    width: 5 * MINUTE,
  })
  assert.deepEqual([times, lines[0]!.values], [[START / 1000], [1]])
})
