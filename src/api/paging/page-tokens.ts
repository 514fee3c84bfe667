import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { LanewayError } from '../../model/errors.ts'
import { formatTime } from '../../model/interval.ts'
import type { Clock } from '../../ports/clock.ts'

/** Request line and headers have to fit into 16 KiB. */
const TOKEN_CHARACTERS_MAX = 8192
const MAC_BYTES = 32
/** Part of what is signed: tokens of another layout are not ours. */
const LAYOUT = 'laneway page token 1'

export const PageTokenParameter = z
  .string()
  .max(TOKEN_CHARACTERS_MAX)
  .describe('meta.pagination.next_page_token of the page before; everything else stays as it was sent.')

/** What a token belongs to: route, caller's rights, question. Nothing of it stands in the token. */
export type Bound = readonly unknown[]

export interface PageTokensParts {
  readonly key: Uint8Array
  readonly clock: Clock
}

/**
 * Tokens that say where the next page begins. They are opaque, signed (HMAC-SHA256) and good for one route, one
 * question and callers with the same rights:
 *
 *     base64url( hmac(key, layout · sha256(bound) · payload) · payload )      payload = [expires, position]
 *
 * Whatever is wrong with a token, the answer is the same, so that nothing can be learnt from it.
 */
export class PageTokens {
  readonly #key: Uint8Array
  readonly #clock: Clock

  constructor({ key, clock }: PageTokensParts) {
    this.#key = key
    this.#clock = clock
  }

  /** `expiresMs` null: it never does. Error: FIELD_INVALID when label values make it too long. */
  write(bound: Bound, position: unknown, expiresMs: number | null = null): string {
    const payload = Buffer.from(JSON.stringify([expiresMs, position]))
    const token = Buffer.concat([this.#mac(bound, payload), payload]).toString('base64url')
    if (token.length <= TOKEN_CHARACTERS_MAX) return token
    throw new LanewayError('FIELD_INVALID', {
      detail: `the label values of the last group make a page token of ${token.length} characters, at most ${TOKEN_CHARACTERS_MAX} can be sent back`,
      hint: 'Ask for fewer labels in group_by, or narrow the filter until one page is enough.',
      pointer: '/group_by',
      limit: TOKEN_CHARACTERS_MAX,
      actual: token.length,
    })
  }

  /**
   * The position that `write` was given with an equal `bound`; null without a token. Errors: PAGE_TOKEN_INVALID,
   * PAGE_TOKEN_EXPIRED.
   */
  read<P>(token: string | undefined, bound: Bound): P | null {
    if (token === undefined) return null
    const bytes = Buffer.from(token, 'base64url')
    const [mac, payload] = [bytes.subarray(0, MAC_BYTES), bytes.subarray(MAC_BYTES)]
    const isOurs = bytes.toString('base64url') === token && mac.byteLength === MAC_BYTES
    if (!isOurs || !timingSafeEqual(mac, this.#mac(bound, payload))) throw invalid()
    const [expiresMs, position] = JSON.parse(payload.toString()) as [number | null, P]
    if (expiresMs !== null && expiresMs <= this.#clock()) throw expired(expiresMs)
    return position
  }

  #mac(bound: Bound, payload: Uint8Array): Buffer {
    const boundTo = createHash('sha256').update(JSON.stringify(bound)).digest()
    return createHmac('sha256', this.#key).update(LAYOUT).update(boundTo).update(payload).digest()
  }
}

const invalid = (): LanewayError =>
  new LanewayError('PAGE_TOKEN_INVALID', {
    detail: 'page_token is none that this service gave out for this question and this caller.',
  })

const expired = (expiresMs: number): LanewayError =>
  new LanewayError('PAGE_TOKEN_EXPIRED', { detail: `page_token was good until ${formatTime(expiresMs)}.` })
