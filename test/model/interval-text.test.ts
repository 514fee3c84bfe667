import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LanewayError } from '../../src/model/errors.ts'
import { formatInterval, formatTime } from '../../src/model/interval.ts'
import { parseInterval, resolveIntervals } from '../../src/model/interval-text.ts'

/** A Saturday. */
const NOW = Date.parse('2026-11-21T10:37:42.500Z')

const GOOD: readonly (readonly [string, string])[] = [
  // start/end
  ['2026-11-21T10:00:00Z/2026-11-21T11:00:00Z', '2026-11-21T10:00:00Z/2026-11-21T11:00:00Z'],
  ['2026-11-21T10:00Z/2026-11-21T10:01Z', '2026-11-21T10:00:00Z/2026-11-21T10:01:00Z'],
  ['2026-11-21T10:00:00.25Z/2026-11-21T10:00:00.5Z', '2026-11-21T10:00:00.250Z/2026-11-21T10:00:00.500Z'],
  ['2024-02-29T23:59:59Z/2024-03-01T00:00:00Z', '2024-02-29T23:59:59Z/2024-03-01T00:00:00Z'],
  // offsets from UTC
  ['2026-11-21T11:00:00+01:00/2026-11-21T16:30:00+05:30', '2026-11-21T10:00:00Z/2026-11-21T11:00:00Z'],
  ['2026-11-21T00:00:00-00:00/P1D', '2026-11-21T00:00:00Z/2026-11-22T00:00:00Z'],
  ['2026-11-21T00:00:00+0100/PT1H', '2026-11-20T23:00:00Z/2026-11-21T00:00:00Z'],
  ['2026-11-21T00:00:00-08/PT1H', '2026-11-21T08:00:00Z/2026-11-21T09:00:00Z'],
  // start/duration and duration/end
  ['2026-11-21T10:00:00Z/PT1H', '2026-11-21T10:00:00Z/2026-11-21T11:00:00Z'],
  ['P1DT12H/2026-11-21T10:00:00Z', '2026-11-19T22:00:00Z/2026-11-21T10:00:00Z'],
  ['2024-01-31T00:00:00Z/P1M', '2024-01-31T00:00:00Z/2024-02-29T00:00:00Z'],
  ['P1M/2026-03-31T00:00:00Z', '2026-02-28T00:00:00Z/2026-03-31T00:00:00Z'],
  ['P1W/2026-11-21T10:00:00Z', '2026-11-14T10:00:00Z/2026-11-21T10:00:00Z'],
  ['P1Y/2025-02-28T00:00:00Z', '2024-02-28T00:00:00Z/2025-02-28T00:00:00Z'],
  ['2026-11-21T10:00:00Z/PT0.5S', '2026-11-21T10:00:00Z/2026-11-21T10:00:00.500Z'],
  // now, offsets and truncation, from left to right
  ['PT1H/now', '2026-11-21T09:37:42.500Z/2026-11-21T10:37:42.500Z'],
  ['now/PT1M', '2026-11-21T10:37:42.500Z/2026-11-21T10:38:42.500Z'],
  ['now-1h/now', '2026-11-21T09:37:42.500Z/2026-11-21T10:37:42.500Z'],
  ['now-6m|m/now-1m|m', '2026-11-21T10:31:00Z/2026-11-21T10:36:00Z'],
  ['PT1M/now-2m|m', '2026-11-21T10:34:00Z/2026-11-21T10:35:00Z'],
  ['now|h/now|h+1h', '2026-11-21T10:00:00Z/2026-11-21T11:00:00Z'],
  ['now-1d|d/now|d', '2026-11-20T00:00:00Z/2026-11-21T00:00:00Z'],
  ['now|d-1d/now|d', '2026-11-20T00:00:00Z/2026-11-21T00:00:00Z'],
  ['now-1d+2h-30m|h/now', '2026-11-20T12:00:00Z/2026-11-21T10:37:42.500Z'],
  ['2026-11-21T10:00:00Z/now+1m', '2026-11-21T10:00:00Z/2026-11-21T10:38:42.500Z'],
]
for (const [text, expected] of GOOD) {
  test(`${text} is ${expected}`, () => {
    assert.equal(formatInterval(parseInterval(text, NOW)), expected)
  })
}

test('the examples of the Metrics API: now, cut and moved', () => {
  const now = Date.parse('2020-01-01T02:13:27Z')
  const startOf = (text: string) => formatTime(parseInterval(`${text}/P1D`, now).start)
  assert.equal(startOf('now-2m|m'), '2020-01-01T02:11:00Z')
  assert.equal(startOf('now|h'), '2020-01-01T02:00:00Z')
  assert.equal(startOf('now-1d|d'), '2019-12-31T00:00:00Z')
})

const BAD: readonly (readonly [string, RegExp, RegExp])[] = [
  ['', /has 0 "\/" where exactly one/, /^Write start\/end/],
  ['now', /has 0 "\/"/, /^Write start\/end/],
  ['a/b/c', /has 2 "\/"/, /^Write start\/end/],
  ['PT1H/PT1H', /two durations and no time/, /^Write start\/end/],
  ['2026-11-21/now', /"2026-11-21" has no time of day/, /2026-11-21T00:00:00Z for its start/],
  ['2026-11-21T10:00:00/now', /"2026-11-21T10:00:00" has no zone/, /2026-11-21T10:00:00Z if it is UTC/],
  ['yesterday/now', /"yesterday" is neither a timestamp, a duration nor now/, /^Write start\/end/],
  ['2026-11-21 10:00:00Z/now', /neither a timestamp/, /^Write start\/end/],
  ['2026-02-29T10:00:00Z/now', /is no moment of the calendar/, /^Check month, day/],
  ['2026-13-01T10:00:00Z/now', /is no moment of the calendar/, /^Check month, day/],
  ['2026-11-21T24:00:00Z/now', /is no moment of the calendar/, /^Check month, day/],
  ['2026-11-21T10:60:00Z/now', /is no moment of the calendar/, /^Check month, day/],
  ['2026-11-21T10:00:60Z/now', /is no moment of the calendar/, /^Check month, day/],
  ['0001-01-01T00:00:00Z/now', /is no moment of the calendar|outside the years/, /./],
  ['2026-11-21T10:00:00+19:00/now', /"\+19:00" is no offset from UTC/, /^Write it with a zone/],
  ['2026-11-21T10:00:00+01:60/now', /"\+01:60" is no offset from UTC/, /^Write it with a zone/],
  ['now-6m|now-1m', /has 0 "\/"/, /^Write start\/end/],
  ['now-2/now', /"-2" after now is not a modifier/, /^Write now, then any of/],
  ['now-2s/now', /"-2s" after now is not a modifier/, /^Write now/],
  ['now|w/now', /"\|w" after now is not a modifier/, /^Write now/],
  ['now -1h/now', /" -1h" after now is not a modifier/, /^Write now/],
  ['nowadays/now', /"adays" after now is not a modifier/, /^Write now/],
  ['P/now', /"P" is not an ISO-8601 duration/, /^Write PnYnMnWnDTnHnMnS/],
  ['PT/now', /"PT" is not an ISO-8601 duration/, /^Write PnYnMnWnDTnHnMnS/],
  ['P1H/now', /"P1H" is not an ISO-8601 duration/, /come after T/],
  ['P-1D/now', /"P-1D" is not an ISO-8601 duration/, /./],
  ['now/P1.5D', /"P1.5D" is not an ISO-8601 duration/, /./],
  ['now/now', /it is empty: it starts and ends at 2026-11-21T10:37:42.500Z/, /"now" must be later/],
  ['now/now-1m', /it ends \(2026-11-21T10:36:42.500Z\) before it starts/, /"now-1m" must be later/],
  ['now/PT0S', /it is empty/, /must be later/],
  ['P100Y/now', /outside the years 1970 to 9999/, /between 1970 and 9999/],
  ['now/P9000Y', /outside the years 1970 to 9999/, /between 1970 and 9999/],
  ['P999999999Y/now', /outside the years 1970 to 9999/, /between 1970 and 9999/],
  ['now+999999999d-999999999d/now', /outside the years 1970 to 9999/, /between 1970 and 9999/],
]
for (const [text, detail, hint] of BAD) {
  test(`${JSON.stringify(text)} is refused, and the error says how to write it`, () => {
    assert.throws(
      () => parseInterval(text, NOW),
      (error) => {
        assert.ok(error instanceof LanewayError)
        assert.equal(error.code, 'INTERVAL_INVALID')
        assert.match(error.facts.detail, detail)
        assert.ok(error.facts.detail.startsWith(`interval ${JSON.stringify(text)}: `))
        assert.match(error.hint, hint)
        return true
      },
    )
  })
}

test('a text that is too long is refused before it is looked at, and not repeated in full', () => {
  assert.throws(
    () => parseInterval(`now${'-1m'.repeat(1_000_000)}/now`, NOW),
    (error) => {
      assert.ok(error instanceof LanewayError && error.code === 'INTERVAL_INVALID')
      assert.ok(error.facts.detail.length < 200)
      assert.deepEqual([error.facts.limit, error.facts.actual], [200, 3_000_007])
      return true
    },
  )
})

test('no text makes anything but an interval of the calendar or INTERVAL_INVALID', () => {
  const piece = fc.constantFrom(
    'now',
    '-1m',
    '|h',
    '/',
    'P',
    'T',
    '1',
    'H',
    'Z',
    ':',
    '2026-11-21T10:00:00',
    '+01:00',
    'é',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      try {
        const { start, end } = parseInterval(pieces.join(''), NOW)
        assert.ok(Number.isSafeInteger(start) && Number.isSafeInteger(end) && start < end)
      } catch (error) {
        assert.ok(error instanceof LanewayError && error.code === 'INTERVAL_INVALID')
      }
    }),
  )
})

test('what is written out is read back', () => {
  const moment = fc.integer({ min: 0, max: Date.UTC(9999, 0, 1) })
  fc.assert(
    fc.property(moment, moment, (a, b) => {
      fc.pre(a !== b)
      const interval = { start: Math.min(a, b), end: Math.max(a, b) }
      assert.deepEqual(parseInterval(formatInterval(interval), NOW), interval)
    }),
  )
})

const MINUTE = 60_000
const resolved = (...texts: string[]): string[] => resolveIntervals(texts, NOW, MINUTE).map(formatInterval)

test('both ends are rounded up to the base step', () => {
  assert.deepEqual(resolved('2026-11-21T10:00:01Z/2026-11-21T10:05:00.001Z'), [
    '2026-11-21T10:01:00Z/2026-11-21T10:06:00Z',
  ])
  assert.deepEqual(resolved('2026-11-21T10:00:00Z/2026-11-21T10:05:00Z'), ['2026-11-21T10:00:00Z/2026-11-21T10:05:00Z'])
  assert.deepEqual(resolved('2026-11-21T10:00:00.0001Z/2026-11-21T10:05:00Z'), [
    '2026-11-21T10:01:00Z/2026-11-21T10:05:00Z',
  ])
})

test('intervals come sorted; overlapping and touching ones are one', () => {
  assert.deepEqual(
    resolved(
      '2026-11-21T10:30:00Z/PT1M',
      '2026-11-21T10:00:00Z/PT5M',
      '2026-11-21T10:04:00Z/PT5M',
      '2026-11-21T10:09:00Z/PT1M',
      '2026-11-21T10:12:00Z/PT1M',
    ),
    [
      '2026-11-21T10:00:00Z/2026-11-21T10:10:00Z',
      '2026-11-21T10:12:00Z/2026-11-21T10:13:00Z',
      '2026-11-21T10:30:00Z/2026-11-21T10:31:00Z',
    ],
  )
})

test('every now of a question is one moment', () => {
  assert.deepEqual(resolved('PT1H/now', 'now/PT1H'), ['2026-11-21T09:38:00Z/2026-11-21T11:38:00Z'])
})

test('a bad interval is pointed at; intervals without any step are pointed at together', () => {
  const pointerOf = (...texts: string[]): unknown => {
    try {
      return resolved(...texts)
    } catch (error) {
      assert.ok(error instanceof LanewayError && error.code === 'INTERVAL_INVALID')
      return error.facts.pointer
    }
  }
  assert.equal(pointerOf('PT1H/now', 'never'), '/intervals/1')
  assert.equal(pointerOf('2026-11-21T10:00:01Z/PT10S', '2026-11-21T10:00:41Z/PT10S'), '/intervals')
  assert.deepEqual(pointerOf('2026-11-21T10:00:01Z/PT10S', '2026-11-21T10:00:00Z/PT10S'), [
    '2026-11-21T10:00:00Z/2026-11-21T10:01:00Z',
  ])
})
