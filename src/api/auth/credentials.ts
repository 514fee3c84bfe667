import { LanewayError } from '../../model/errors.ts'

/** What the Authorization header carries, not yet checked. */
export type Credentials =
  | { readonly kind: 'key'; readonly id: string; readonly secret: string }
  | { readonly kind: 'token'; readonly token: string }

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i
const BEARER = /^bearer +([A-Za-z0-9._~+/=-]+)$/i

/** `Basic base64(id:secret)` or `Bearer token`. Error: UNAUTHENTICATED, which never repeats what was sent. */
export function credentialsOf(authorization: string | undefined): Credentials {
  if (authorization === undefined) {
    throw unauthenticated('The request carries no key.', 'Send an API key as Basic key:secret, or a Bearer token.')
  }
  const text = authorization.trim()
  const token = BEARER.exec(text)?.[1]
  if (token !== undefined) return { kind: 'token', token }
  const encoded = BASIC.exec(text)?.[1]
  const pair = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon < 1) throw unauthenticated('Authorization is neither "Basic" with base64 of key:secret nor "Bearer".')
  return { kind: 'key', id: pair.slice(0, colon), secret: pair.slice(colon + 1) }
}

/** Metrics API v2's words for a key or token that is not valid; the hint may say more, never about which keys exist. */
export const invalidCredentials = (hint?: string): LanewayError => unauthenticated('Invalid credentials', hint)

const unauthenticated = (detail: string, hint?: string): LanewayError =>
  new LanewayError('UNAUTHENTICATED', { detail, ...(hint === undefined ? {} : { hint }) })
