import type { FastifyReply } from 'fastify'
import { LanewayError } from '../model/errors.ts'
import type { Clock } from '../ports/clock.ts'
import { ANONYMOUS, type Caller, type CallerRates } from './caller.ts'

export interface RateOptions extends Required<CallerRates> {
  /** Allowance that may gather while nobody asks, in time. */
  readonly burstMs: number
  /** Callers that are remembered; the one who asked longest ago is forgotten first. */
  readonly callersMax: number
  /** Whether requests without a key are limited too, by address. */
  readonly anonymous: boolean
}

/** One allowance that fills up evenly. */
interface Bucket {
  readonly perMs: number
  readonly size: number
  left: number
}

interface Account {
  readonly cost: Bucket
  readonly requests: Bucket
  atMs: number
}

/** A single question may cost more than a minute allows; its debt is forgiven beyond this. */
const DEBT_MS_MAX = 10 * 60_000
const MINUTE_MS = 60_000

declare module 'fastify' {
  interface FastifyInstance {
    rateLimits: RateLimits | null
  }
}

/**
 * Token buckets, one for cost and one for requests each caller. What a question costs is known after it ran, so it is
 * let in while a unit is left and charged afterwards:
 *
 *     left 4.5 ▸ in, costs 7 ▸ left −2.5 ▸ 429 until it has filled up to 1
 */
export class RateLimits {
  readonly #options: RateOptions
  readonly #clock: Clock
  readonly #accounts = new Map<string, Account>()

  constructor(options: RateOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  /** Counts one request. Error: RATE_LIMITED, before anything of the body is read. */
  admit(caller: Caller, address: string): void {
    const account = this.#accountOf(caller, address)
    if (account === null) return
    const [costMs, requestsMs] = [waitOf(account.cost), waitOf(account.requests)]
    if (costMs > 0 || requestsMs > 0) {
      throw costMs > requestsMs
        ? limited('cost', costMs, account.cost)
        : limited('requests', requestsMs, account.requests)
    }
    account.requests.left -= 1
  }

  charge(caller: Caller, address: string, cost: number): void {
    const bucket = this.#accountOf(caller, address)?.cost
    if (bucket) bucket.left = Math.max(bucket.left - cost, -bucket.perMs * DEBT_MS_MAX)
  }

  /** As Metrics API v2 sends them: of the tighter of the two limits, with seconds from now until it is full again. */
  headersOf(caller: Caller, address: string): Readonly<Record<string, string>> {
    const account = this.#accountOf(caller, address)
    if (account === null) return {}
    const { size, left, perMs } = tightest(account)
    return {
      'ratelimit-limit': String(Math.floor(size)),
      'ratelimit-remaining': String(Math.max(0, Math.floor(left))),
      'ratelimit-reset': String(Math.ceil((size - left) / perMs / 1000)),
    }
  }

  /** Filled up to now; null for whom no limit holds. */
  #accountOf(caller: Caller, address: string): Account | null {
    // Not by its id: a key may be called so.
    const isAnonymous = caller === ANONYMOUS
    if (isAnonymous && !this.#options.anonymous) return null
    const id = isAnonymous ? `address:${address}` : `caller:${caller.id}`
    const account = this.#accounts.get(id) ?? this.#opened(caller)
    this.#accounts.delete(id)
    this.#accounts.set(id, account)
    if (this.#accounts.size > this.#options.callersMax) this.#accounts.delete(this.#accounts.keys().next().value!)
    fill(account, this.#clock())
    return account
  }

  #opened({ rates = {} }: Caller): Account {
    const { burstMs, costPerMinuteMax, requestsPerMinuteMax } = { ...this.#options, ...rates }
    const cost = bucketOf(costPerMinuteMax, burstMs)
    return { cost, requests: bucketOf(requestsPerMinuteMax, burstMs), atMs: this.#clock() }
  }
}

function bucketOf(perMinute: number, burstMs: number): Bucket {
  const size = Math.max(1, (perMinute * burstMs) / MINUTE_MS)
  return { perMs: perMinute / MINUTE_MS, size, left: size }
}

function fill(account: Account, nowMs: number): void {
  const passedMs = Math.max(0, nowMs - account.atMs)
  account.atMs = Math.max(account.atMs, nowMs)
  for (const bucket of [account.cost, account.requests]) {
    bucket.left = Math.min(bucket.size, bucket.left + passedMs * bucket.perMs)
  }
}

/** Ms until one unit is there. */
const waitOf = ({ left, perMs }: Bucket): number => (left >= 1 ? 0 : (1 - left) / perMs)

const tightest = ({ cost, requests }: Account): Bucket =>
  cost.left / cost.size <= requests.left / requests.size ? cost : requests

function limited(what: 'cost' | 'requests', waitMs: number, { perMs }: Bucket): LanewayError {
  const key = what === 'cost' ? 'rate.costPerMinuteMax' : 'rate.requestsPerMinuteMax'
  const seconds = Math.ceil(waitMs / 1000)
  const limit = Math.round(perMs * MINUTE_MS)
  return new LanewayError('RATE_LIMITED', {
    detail: `The allowance of ${what}, ${limit} a minute, is used up for the next ${seconds} seconds.`,
    limit,
    retryAfterSeconds: seconds,
    configKey: key,
  })
}

/**
 * Charges the caller of this reply for what the answer cost, and tells what is left in RateLimit headers. Call it
 * once, before the answer is sent; where headers are long gone (streams, subscriptions) only the charge counts.
 */
export function charge(reply: FastifyReply, cost: number): void {
  const { request, server } = reply
  const limits = server.rateLimits
  if (request.caller === null || !limits) return
  limits.charge(request.caller, request.ip, cost)
  if (!reply.raw.headersSent && !reply.sent) reply.headers(limits.headersOf(request.caller, request.ip))
}
