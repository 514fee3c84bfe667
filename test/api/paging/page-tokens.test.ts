import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PageTokens } from '../../../src/api/paging/page-tokens.ts'
import { LanewayError } from '../../../src/model/errors.ts'

const KEY = new Uint8Array(32).fill(7)
const BOUND = ['query', { metric: 'm', limit: 5 }, 'tenant a']

function world(key = KEY) {
  const clock = { nowMs: 1_000_000 }
  return { clock, tokens: new PageTokens({ key, clock: () => clock.nowMs }) }
}

const refusalOf = (read: () => unknown): [string, string] => {
  try {
    read()
  } catch (error) {
    if (error instanceof LanewayError) return [error.code, error.message]
    throw error
  }
  return assert.fail('nothing was refused')
}

test('property: a position comes back as it was written, whatever it is', () => {
  const { tokens } = world()
  fc.assert(
    fc.property(fc.jsonValue(), (position) => {
      const token = tokens.write(BOUND, position)
      assert.match(token, /^[\w-]+$/)
      assert.deepEqual(tokens.read(token, BOUND), JSON.parse(JSON.stringify(position)))
    }),
  )
})

test('property: a token with any character changed, cut or added is refused, in the same words as every other', () => {
  const { tokens } = world()
  const token = tokens.write(BOUND, { from: 100 }, 2_000_000)
  const expected = refusalOf(() => tokens.read('', BOUND))
  assert.equal(expected[0], 'PAGE_TOKEN_INVALID')
  const changed = fc.oneof(
    fc
      .tuple(fc.nat(token.length - 1), fc.constantFrom('A', 'b', '_', '-', '!'))
      .map(([at, by]) => token.slice(0, at) + by + token.slice(at + 1)),
    fc.nat(token.length - 1).map((length) => token.slice(0, length)),
    fc.string({ minLength: 1 }).map((text) => token + text),
    fc.string(),
  )
  fc.assert(
    fc.property(
      changed.filter((each) => each !== token),
      (each) =>
        assert.deepEqual(
          refusalOf(() => tokens.read(each, BOUND)),
          expected,
        ),
    ),
  )
})

test('a token is good only for what it was bound to, and only where the key is known', () => {
  const { tokens } = world()
  const token = tokens.write(BOUND, 1)
  const expected = refusalOf(() => tokens.read('x', BOUND))
  for (const bound of [
    ['attributes', ...BOUND.slice(1)],
    ['query', { metric: 'm', limit: 6 }, 'tenant a'],
    ['query', { metric: 'm', limit: 5 }, 'tenant b'],
    BOUND.slice(0, 2),
    [],
  ]) {
    assert.deepEqual(
      refusalOf(() => tokens.read(token, bound)),
      expected,
    )
  }
  assert.deepEqual(
    refusalOf(() => world(new Uint8Array(32)).tokens.read(token, BOUND)),
    expected,
  )
  assert.equal(world().tokens.read(token, BOUND), 1)
})

test('a token is good until the moment it says, and one that says none for ever', () => {
  const { tokens, clock } = world()
  const [token, lasting] = [tokens.write(BOUND, 1, clock.nowMs + 10), tokens.write(BOUND, 2)]
  clock.nowMs += 9
  assert.equal(tokens.read(token, BOUND), 1)
  clock.nowMs += 1
  assert.deepEqual(
    refusalOf(() => tokens.read(token, BOUND)),
    ['PAGE_TOKEN_EXPIRED', 'page_token was good until 1970-01-01T00:16:40.010Z.'],
  )
  clock.nowMs += 1e12
  assert.equal(tokens.read(lasting, BOUND), 2)
  assert.equal(tokens.read(undefined, BOUND), null)
})

test('nothing of the question, the caller or the key can be read from a token, and it is short', () => {
  const { tokens } = world()
  const secret = 'lkc-of-somebody'
  const token = tokens.write(['query', { filter: secret }, secret], { from: 100, frozen: { now: 1, digest: 'd' } })
  assert.ok(!Buffer.from(token, 'base64url').toString('latin1').includes(secret))
  assert.ok(token.length < 200)
})

test('label values that would make a token too long to send back are refused with what to do', () => {
  const { tokens } = world()
  const long = Array.from({ length: 8 }, () => 'x'.repeat(1024))
  const [code, message] = refusalOf(() => tokens.write(BOUND, long))
  assert.equal(code, 'FIELD_INVALID')
  assert.match(message, /at most 8192 can be sent back/)
})
