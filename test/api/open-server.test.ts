import assert from 'node:assert/strict'
import { request as httpsRequest } from 'node:https'
import { test } from 'node:test'
import type { TokenCheck } from '../../src/api/auth/tokens.ts'
import type { Caller } from '../../src/api/caller.ts'
import { RateLimits } from '../../src/api/rate-limits.ts'
import type { StaticKeys } from '../../src/api/static-keys.ts'
import { LanewayError } from '../../src/model/errors.ts'
import { scopeOf, UNSCOPED } from '../../src/model/scope.ts'
import { handClock } from '../hand-clock.ts'
import { type ApiWorld, answerOf, errorsIn, openApi, QUERY, question } from './api-world.ts'
import { selfSigned } from './self-signed.ts'

const kafkaOfA = scopeOf('a', null, [{ label: 'resource.kafka.id', values: ['lkc-a'] }])
const callers: readonly Caller[] = [
  { id: 'ann', roles: new Set(['query']), scope: UNSCOPED },
  { id: 'held', roles: new Set(['query']), scope: kafkaOfA },
  { id: 'help', roles: new Set(['support']), scope: UNSCOPED },
  { id: 'send', roles: new Set(['ingest']), scope: UNSCOPED },
]
const keys: StaticKeys = {
  find: (id, secret) => (secret === 'secret' ? (callers.find((each) => each.id === id) ?? null) : null),
}
const tokens: TokenCheck = {
  async callerOf(token) {
    if (token === 'good') return { id: 'token:ann', roles: new Set(['query']), scope: kafkaOfA }
    const code = token === 'unchecked' ? 'TOKEN_KEYS_UNAVAILABLE' : 'UNAUTHENTICATED'
    throw new LanewayError(code, { detail: 'no', ...(token === 'unchecked' ? { retryAfterSeconds: 5 } : {}) })
  },
}
const basic = (id: string) => `Basic ${Buffer.from(`${id}:secret`).toString('base64')}`

const ask = ({ app }: ApiWorld, authorization: string, url = QUERY) =>
  app.inject({ method: 'POST', url, payload: question, headers: { authorization } })

test('every question carries what its caller may see', async () => {
  const world = await openApi({ keys, guards: { tokens } })
  for (const authorization of [basic('ann'), basic('held'), 'Bearer good']) {
    assert.equal((await ask(world, authorization)).statusCode, 200)
  }
  assert.deepEqual(
    world.asked.map(({ options }) => options.scope),
    [UNSCOPED, kafkaOfA, kafkaOfA],
  )
})

test("support engineers' questions wait in the slow lane, whatever their price", async () => {
  const world = await openApi({ keys })
  for (const id of ['help', 'ann']) assert.equal((await ask(world, basic(id))).statusCode, 200)
  assert.deepEqual(
    world.asked.map(({ options }) => options.lane),
    ['slow', undefined],
  )
})

test('a refusal names each way in, and that a token was not valid', async () => {
  const world = await openApi({ keys, guards: { tokens } })
  const refused = await ask(world, 'Bearer bad')
  assert.equal(refused.statusCode, 401)
  assert.deepEqual(refused.headers['www-authenticate'], [
    'Basic realm="laneway", charset="UTF-8"',
    'Bearer realm="laneway", error="invalid_token"',
  ])
  const onlyTokens = await openApi({ guards: { tokens } })
  const anonymous = await onlyTokens.app.inject({ method: 'POST', url: QUERY, payload: question })
  assert.deepEqual([anonymous.statusCode, anonymous.headers['www-authenticate']], [401, ['Bearer realm="laneway"']])
  assert.equal((await ask(onlyTokens, basic('ann'))).statusCode, 401)
})

test('when tokens cannot be checked the answer is "later", not "who are you"', async () => {
  const response = await ask(await openApi({ keys, guards: { tokens } }), 'Bearer unchecked')
  assert.deepEqual([response.statusCode, response.headers['retry-after']], [503, '5'])
  assert.equal(response.headers['www-authenticate'], undefined)
})

function limited(cost: number) {
  const clock = handClock(1_000_000)
  const options = { costPerMinuteMax: 600, requestsPerMinuteMax: 60, burstMs: 60_000, callersMax: 10, anonymous: false }
  const rates = new RateLimits(options, clock)
  return { clock, world: openApi({ keys, guards: { rates }, answer: async () => answerOf({ cost }) }) }
}

const limitHeaders = (headers: Readonly<Record<string, unknown>>) =>
  ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'retry-after'].map((name) => headers[name])

test('an answer says what is left after what it cost, and beyond that nothing of a body is read', async () => {
  const { clock, world } = limited(500)
  const api = await world
  assert.deepEqual(limitHeaders((await ask(api, basic('ann'))).headers), ['600', '100', '50', undefined])
  assert.deepEqual(limitHeaders((await ask(api, basic('ann'))).headers), ['600', '0', '100', undefined])
  const url = `${QUERY}?strict=what`
  const refused = await ask(api, basic('ann'), url)
  assert.deepEqual([refused.statusCode, errorsIn(refused.body)[0]!.code], [429, 'RATE_LIMITED'])
  assert.deepEqual(limitHeaders(refused.headers), ['600', '0', '100', '41'])
  assert.equal(api.asked.length, 2)
  assert.equal((await ask(api, basic('held'))).statusCode, 200)
  clock.set(clock() + 41_000)
  assert.equal((await ask(api, basic('ann'))).statusCode, 200)
})

test('what was refused counts as a request, and senders are not held back here', async () => {
  const { world } = limited(1)
  const api = await world
  const bad = await api.app.inject({
    method: 'POST',
    url: QUERY,
    payload: {},
    headers: { authorization: basic('ann') },
  })
  assert.deepEqual([bad.statusCode, bad.headers['ratelimit-remaining']], [400, '59'])
  const headers = { authorization: basic('send'), 'content-type': 'application/x-protobuf' }
  for (let i = 0; i < 70; i++) {
    const sent = await api.app.inject({ method: 'POST', url: '/v1/metrics', payload: 'x', headers })
    assert.deepEqual([sent.statusCode, sent.headers['ratelimit-limit']], [200, undefined])
  }
})

test('X-Forwarded-For is believed of named proxies alone', async () => {
  const options = { costPerMinuteMax: 1, requestsPerMinuteMax: 1, burstMs: 60_000, callersMax: 10, anonymous: true }
  const statuses = async (trustProxy: readonly string[]) => {
    const { app } = await openApi({ guards: { trustProxy, rates: new RateLimits(options, () => 0) } })
    const from = async (address: string) => {
      const headers = { 'x-forwarded-for': address }
      return (await app.inject({ method: 'POST', url: QUERY, payload: question, headers })).statusCode
    }
    return [await from('192.0.2.1'), await from('192.0.2.2')]
  }
  assert.deepEqual(await statuses([]), [200, 429])
  assert.deepEqual(await statuses(['127.0.0.0/8']), [200, 200])
})

test('with a certificate it speaks HTTPS alone, and says so for later', async (t) => {
  const tls = selfSigned()
  const { app } = await openApi({ guards: { tls } })
  t.after(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  assert.match(url, /^https:/)
  const { port } = new URL(url)
  const answer = await new Promise<{ status?: number; hsts?: unknown }>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/health/live', ca: tls.cert, servername: 'localhost' }
    const sent = httpsRequest({ ...options, headers: { host: 'localhost' } }, (response) => {
      response.resume()
      resolve({ status: response.statusCode!, hsts: response.headers['strict-transport-security'] })
    })
    sent.on('error', reject)
    sent.end()
  })
  assert.deepEqual(answer, { status: 200, hsts: 'max-age=31536000' })
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health/live`))
})
