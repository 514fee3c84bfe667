import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Caller } from '../../src/api/caller.ts'
import { ANONYMOUS } from '../../src/api/caller.ts'
import { RateLimits, type RateOptions } from '../../src/api/rate-limits.ts'
import type { LanewayError } from '../../src/model/errors.ts'
import { UNSCOPED } from '../../src/model/scope.ts'
import { handClock } from '../hand-clock.ts'

const OPTIONS: RateOptions = {
  costPerMinuteMax: 600,
  requestsPerMinuteMax: 60,
  burstMs: 60_000,
  callersMax: 3,
  anonymous: false,
}
const caller = (id: string, rates?: Caller['rates']): Caller => ({
  id,
  roles: new Set(['query']),
  scope: UNSCOPED,
  ...(rates ? { rates } : {}),
})
const ANN = caller('ann')
const HERE = '192.0.2.1'

function opened(changes: Partial<RateOptions> = {}) {
  const clock = handClock(1_000_000)
  const limits = new RateLimits({ ...OPTIONS, ...changes }, clock)
  const refused = (who = ANN, address = HERE): LanewayError | null => {
    try {
      limits.admit(who, address)
      return null
    } catch (error) {
      return error as LanewayError
    }
  }
  return { clock, limits, refused, later: (ms: number) => clock.set(clock() + ms) }
}

test('a question is let in while a unit is left, and charged for what it turned out to cost', () => {
  const { limits, refused, later } = opened()
  assert.equal(refused(), null)
  limits.charge(ANN, HERE, 700)
  const error = refused()!
  assert.equal(error.code, 'RATE_LIMITED')
  assert.deepEqual([error.facts.retryAfterSeconds, error.facts.configKey], [11, 'rate.costPerMinuteMax'])
  later(10_000)
  assert.equal(refused()?.code, 'RATE_LIMITED')
  later(1_000)
  assert.equal(refused(), null)
})

test('requests count too, however little they cost', () => {
  const { refused, later } = opened()
  for (let i = 0; i < 60; i++) assert.equal(refused(), null)
  const error = refused()!
  assert.deepEqual([error.facts.retryAfterSeconds, error.facts.configKey], [1, 'rate.requestsPerMinuteMax'])
  later(1000)
  assert.deepEqual([refused(), refused()?.code], [null, 'RATE_LIMITED'])
})

test('headers are those of the tighter limit, in seconds from now until it is full', () => {
  const { limits, later } = opened()
  const headers = () => limits.headersOf(ANN, HERE)
  assert.deepEqual(headers(), { 'ratelimit-limit': '600', 'ratelimit-remaining': '600', 'ratelimit-reset': '0' })
  limits.admit(ANN, HERE)
  assert.deepEqual(headers(), { 'ratelimit-limit': '60', 'ratelimit-remaining': '59', 'ratelimit-reset': '1' })
  limits.charge(ANN, HERE, 255)
  assert.deepEqual(headers(), { 'ratelimit-limit': '600', 'ratelimit-remaining': '345', 'ratelimit-reset': '26' })
  limits.charge(ANN, HERE, 1000)
  assert.deepEqual(headers(), { 'ratelimit-limit': '600', 'ratelimit-remaining': '0', 'ratelimit-reset': '126' })
  later(126_000)
  assert.equal(headers()['ratelimit-remaining'], '600')
})

test('no debt lasts longer than ten minutes', () => {
  const { limits, refused } = opened()
  limits.charge(ANN, HERE, 1e15)
  assert.equal(refused()!.facts.retryAfterSeconds, 601)
})

test('an allowance gathers no longer than the burst, and a clock that goes back takes nothing away', () => {
  const { limits, later } = opened({ burstMs: 10_000 })
  later(3_600_000)
  assert.equal(limits.headersOf(ANN, HERE)['ratelimit-limit'], '100')
  let now = 50_000
  const backward = new RateLimits(OPTIONS, () => now)
  backward.charge(ANN, HERE, 600)
  now = 0
  assert.equal(backward.headersOf(ANN, HERE)['ratelimit-remaining'], '0')
  now = 51_000
  assert.equal(backward.headersOf(ANN, HERE)['ratelimit-remaining'], '10')
})

test('each caller has its own allowance, and a key may have another than the rest', () => {
  const { limits, refused } = opened()
  limits.charge(ANN, HERE, 700)
  assert.equal(refused(caller('bob')), null)
  const rich = caller('rich', { costPerMinuteMax: 6000 })
  limits.charge(rich, HERE, 700)
  assert.equal(refused(rich), null)
})

test('without keys nobody is limited, unless addresses shall be', () => {
  const free = opened()
  free.limits.charge(ANONYMOUS, HERE, 1e9)
  assert.deepEqual([free.refused(ANONYMOUS), free.limits.headersOf(ANONYMOUS, HERE)], [null, {}])
  const named = caller('anonymous')
  free.limits.charge(named, HERE, 1e9)
  assert.equal(free.refused(named)?.code, 'RATE_LIMITED')
  const held = opened({ anonymous: true })
  held.limits.charge(ANONYMOUS, HERE, 1e9)
  assert.equal(held.refused(ANONYMOUS)?.code, 'RATE_LIMITED')
  assert.equal(held.refused(ANONYMOUS, '192.0.2.2'), null)
})

test('no more callers are remembered than the limit, and those who ask stay', () => {
  const { limits, refused } = opened()
  limits.charge(ANN, HERE, 700)
  for (let i = 0; i < 100; i++) {
    refused(caller(`c${i}`))
    assert.equal(refused()?.code, 'RATE_LIMITED')
  }
  for (let i = 0; i < 3; i++) refused(caller(`d${i}`))
  assert.equal(refused(), null)
})
