import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ErrorCode, LanewayError } from '../../src/model/errors.ts'
import { checkPattern, Patterns } from '../../src/model/patterns.ts'
import { SEED } from '../seed.ts'

const limits = { regexCharactersMax: 256 }
const matches = (pattern: string, value: string) => new Patterns().matches(pattern, value)

function refused(act: () => unknown, code: ErrorCode): LanewayError {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof LanewayError && error.code === code, String(error))
    return error
  }
  throw new assert.AssertionError({ message: `not refused with ${code}` })
}

test('the whole value must match, by code point', () => {
  assert.ok(matches('a|ab', 'ab') && !matches('a', 'ab') && !matches('b', 'ab'))
  assert.ok(matches('.', '😀') && !matches('..', '😀') && matches('[😀-😂]', '😁'))
  assert.ok(matches('', '') && !matches('', 'a'))
  assert.ok(!matches('.', '\n') && matches('(?s).', '\n') && !matches('a$', 'a\n'))
})

test('property: on what both can say, patterns match as those of JavaScript', () => {
  const part = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', 'a*', 'b+', '(a|bc)', '(?:ab){1,2}', 'c?', '\\w', '\\d*')
  const value = fc.array(fc.constantFrom('a', 'b', 'c', '1', '-', '😀'), { maxLength: 6 }).map((each) => each.join(''))
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), value, (parts, text) => {
      const pattern = parts.join('')
      assert.equal(matches(pattern, text), new RegExp(`^(?:${pattern})$`, 'u').test(text), pattern)
    }),
    { numRuns: 500, seed: SEED },
  )
})

test('what is no pattern is refused with the reason', () => {
  for (const [pattern, why] of [
    ['a(', /missing closing \)/],
    ['(?=a)b', /unsupported Perl syntax/],
    ['(a)\\1', /invalid escape sequence/],
    ['a**', /invalid nested repetition/],
    ['a{1001}', /invalid repeat count/],
    ['(a{30}){40}', /invalid repeat count/],
  ] as const) {
    const error = refused(() => checkPattern(pattern, limits), 'FIELD_INVALID')
    assert.match(error.message, why)
    assert.match(error.message, /^the pattern is not RE2: /)
  }
})

test('a pattern is held to its length and to the size of its program, which is seen before it is compiled', () => {
  assert.equal(refused(() => checkPattern('x'.repeat(257), limits), 'FILTER_TOO_COMPLEX').facts.actual, 257)
  for (const pattern of [
    '(a{1000}){1000}',
    `(${'ab'.repeat(100)}){1000}`,
    '((a{30}b{30}){10}c){2,3}'.repeat(10),
    '((((((a{2}|b){3}){3}){3}){3}){3}){2}'.repeat(5),
    '[a-z]{1000}'.repeat(6),
    '(\\pL\\x{10ffff}\\.){999,}'.repeat(2),
  ]) {
    const { facts } = refused(() => checkPattern(pattern, limits), 'FILTER_TOO_COMPLEX')
    assert.equal(facts.limit, 2_000)
  }
  for (const pattern of ['a{1000}', '[^{}]{100}', '\\{1000\\}', '\\Q(a{9}){999}\\E', 'orders-[0-9]+(-(eu|us))?']) {
    checkPattern(pattern, limits)
  }
})

test('no pattern takes more steps than characters times instructions', () => {
  for (const pattern of ['(a+)+', '(a|a)*', '(a*)*b', '(.*)(.*)(.*)x', `${'a?'.repeat(40)}${'a'.repeat(40)}`]) {
    const patterns = new Patterns()
    patterns.matches(pattern, `${'a'.repeat(5_000)}!`)
    assert.ok(patterns.steps <= 5_002 * 2_000, `${pattern}: ${patterns.steps}`)
  }
})

test('a value is matched once, and steps and values are bounded', () => {
  const patterns = new Patterns()
  patterns.matches('a.*', 'abc')
  const { steps, valuesLeft } = patterns
  patterns.matches('a.*', 'abc')
  assert.deepEqual([patterns.steps, patterns.valuesLeft], [steps, valuesLeft])

  const few = new Patterns({ valuesMax: 2 })
  few.matches('a', 'a')
  few.matches('b', 'a')
  assert.equal(refused(() => few.matches('a', 'b'), 'QUERY_TOO_EXPENSIVE').facts.limit, 2)
  assert.ok(few.matches('a', 'a'))
  refused(() => new Patterns({ stepsMax: 100 }).matches('(a|b)+', 'ab'.repeat(20)), 'QUERY_TOO_EXPENSIVE')
})
