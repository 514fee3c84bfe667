import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERRORS, type ErrorCode, LanewayError, LanewayErrors } from '../../src/model/errors.ts'

test('every code says when it happens and what to do, in sentences', () => {
  for (const [code, { when, fix }] of Object.entries(ERRORS)) {
    assert.match(code, /^[A-Z]+(?:_[A-Z]+)*$/)
    for (const sentence of [when, fix]) assert.match(sentence, /^\w.*\.$/, code)
  }
})

test('what is shed may be tried again, what is refused may not', () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const { kind, retriable } = ERRORS[code]
    if (kind !== 'fail') assert.equal(retriable, kind === 'shed', code)
  }
})

test('an error takes hint, kind and retriable from the catalogue unless it says more', () => {
  const plain = new LanewayError('LANE_FULL', { detail: 'full' })
  assert.deepEqual([plain.kind, plain.retriable, plain.hint], ['shed', true, ERRORS.LANE_FULL.fix])
  const cause = new Error('disk')
  const more = new LanewayError('STORE_UNWRITABLE', { detail: 'no', hint: 'Free space.', cause })
  assert.deepEqual([more.message, more.hint, more.cause], ['no', 'Free space.', cause])
  assert.equal(new LanewayErrors([plain, more]).message, 'full; no')
})
