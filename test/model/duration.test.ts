import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addDuration, nominalMs, parseDuration } from '../../src/model/duration.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/model/granularity.ts'

const GOOD: readonly (readonly [string, number, number])[] = [
  ['PT90S', 0, 90_000],
  ['PT1H', 0, HOUR_MS],
  ['P7D', 0, 7 * DAY_MS],
  ['P1W2D', 0, 9 * DAY_MS],
  ['P1DT2H30M0.5S', 0, DAY_MS + 2 * HOUR_MS + 30 * MINUTE_MS + 500],
  ['P2Y3M', 27, 0],
  ['P1M', 1, 0],
  ['PT1M', 0, MINUTE_MS],
  ['PT0S', 0, 0],
]
for (const [text, months, ms] of GOOD) {
  test(`${text} is ${months} months and ${ms} ms`, () => {
    assert.deepEqual(parseDuration(text), { months, ms })
  })
}

for (const text of [
  '',
  'P',
  'PT',
  'P1DT',
  '1D',
  'P1',
  'P1H',
  'PT1D',
  'P1.5D',
  'P-1D',
  '-P1D',
  'p1d',
  'P1D ',
  'PT1,5S',
  'PT.5S',
  'P1M1Y',
]) {
  test(`${JSON.stringify(text)} is no duration`, () => {
    assert.equal(parseDuration(text), undefined)
  })
}

const MOVES: readonly (readonly [string, string, 1 | -1, string])[] = [
  ['2026-01-31T12:00:00Z', 'P1M', 1, '2026-02-28T12:00:00Z'],
  ['2024-01-31T12:00:00Z', 'P1M', 1, '2024-02-29T12:00:00Z'],
  ['2026-03-31T12:00:00Z', 'P1M', -1, '2026-02-28T12:00:00Z'],
  ['2024-02-29T12:00:00Z', 'P1Y', 1, '2025-02-28T12:00:00Z'],
  ['2026-12-15T00:00:00Z', 'P2M', 1, '2027-02-15T00:00:00Z'],
  ['2026-01-15T00:00:00Z', 'P2M', -1, '2025-11-15T00:00:00Z'],
  ['2026-01-31T00:00:00Z', 'P1M1D', 1, '2026-03-01T00:00:00Z'],
  ['2026-11-21T10:00:00Z', 'PT90S', -1, '2026-11-21T09:58:30Z'],
]
for (const [from, by, sign, to] of MOVES) {
  test(`${by} ${sign > 0 ? 'after' : 'before'} ${from} is ${to}`, () => {
    assert.equal(addDuration(Date.parse(from), parseDuration(by)!, sign), Date.parse(to))
  })
}

test('beyond the calendar there is no moment', () => {
  assert.ok(Number.isNaN(addDuration(0, parseDuration('P999999999Y')!, 1)))
})

test('for keeping things a month has 30 days and twelve of them 365', () => {
  const days = (text: string) => nominalMs(parseDuration(text)!) / DAY_MS
  assert.deepEqual(['P1M', 'P11M', 'P12M', 'P1Y', 'P2Y', 'P1Y1M', 'P1W'].map(days), [30, 330, 365, 365, 730, 395, 7])
})
