import { readFileSync } from 'node:fs'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { LanewayError } from '../../model/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Caller } from '../caller.ts'
import { type ClaimNames, callerOfClaims } from './claims.ts'
import { invalidCredentials } from './credentials.ts'

export interface TokenOptions {
  readonly issuer: string
  readonly audience: string
  /** Where the issuer publishes its public keys, or a file that holds them; one of the two. */
  readonly jwksUrl: string | null
  readonly jwksPath: string | null
  readonly clockSkewMsMax: number
  readonly claims: ClaimNames
  /** Tokens that name neither constraints nor datasets may not read; false: they see everything. */
  readonly scopeRequired: boolean
}

export interface TokenCheck {
  /** Errors: UNAUTHENTICATED for a token that is not valid now, FORBIDDEN for one that says too little, TOKEN_KEYS_UNAVAILABLE. */
  callerOf(token: string): Promise<Caller>
}

/** Asymmetric ones alone: with a shared secret, whoever can check tokens could make them. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

const JWKS_BYTES_MAX = 1024 * 1024
const JWKS_MS_MAX = 3_000
/** How long keys are used before they are fetched again, and how soon an unknown key makes us look earlier. */
const JWKS_FRESH_MS = 10 * 60_000
const JWKS_COOLDOWN_MS = 30_000

/** Checks JSON Web Tokens by the issuer's public keys. Error: CONFIG_INVALID. */
export function openTokenCheck(options: TokenOptions, clock: Clock): TokenCheck {
  const keys = keysOf(options)
  const { issuer, audience, clockSkewMsMax } = options
  return {
    async callerOf(token) {
      const payload = await verified(token, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: clockSkewMsMax / 1000,
        currentDate: new Date(clock()),
        requiredClaims: ['exp', 'sub'],
      })
      return callerOfClaims(payload, options)
    },
  }
}

type VerifyOptions = NonNullable<Parameters<typeof jwtVerify>[2]>

async function verified(token: string, keys: JWTVerifyGetKey, options: VerifyOptions): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, options)
    return payload
  } catch (error) {
    throw isAboutKeys(error) ? keysUnavailable(error) : invalidCredentials(reasonOf(error))
  }
}

/** The keys could not be had, so nothing is known about the token. */
const isAboutKeys = (error: unknown): boolean =>
  !(error instanceof errors.JOSEError) ||
  ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'].includes(error.code)

const keysUnavailable = (cause: unknown): LanewayError =>
  new LanewayError('TOKEN_KEYS_UNAVAILABLE', {
    detail: 'The public keys of the issuer of tokens cannot be fetched now, so no token can be checked.',
    retryAfterSeconds: 5,
    configKey: 'auth.jwt.jwksUrl',
    cause,
  })

/** Of a genuine token only its holder learns more than that it is not valid: the signature is checked before claims. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired: get a new one.'
  if (error instanceof errors.JWTClaimValidationFailed) return `The token's claim ${error.claim} does not fit here.`
  return 'The token is not signed by a key of the issuer in an allowed way.'
}

function keysOf({ jwksUrl, jwksPath }: TokenOptions): JWTVerifyGetKey {
  if ((jwksUrl === null) === (jwksPath === null)) {
    throw invalid('auth.jwt.jwksUrl', 'auth.jwt.jwksUrl or auth.jwt.jwksPath must be set, and not both')
  }
  return jwksUrl === null ? localKeys(jwksPath!) : remoteKeys(jwksUrl)
}

function localKeys(path: string): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(JSON.parse(readFileSync(path, 'utf8')) as JSONWebKeySet)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    throw invalid('auth.jwt.jwksPath', `${path} cannot be read or is no JSON Web Key Set${code ? `: ${code}` : ''}`)
  }
}

const LOOPBACK_URL = /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])[:/]/

function remoteKeys(text: string): JWTVerifyGetKey {
  if (!URL.canParse(text) || !(text.startsWith('https://') || LOOPBACK_URL.test(text))) {
    throw invalid('auth.jwt.jwksUrl', 'auth.jwt.jwksUrl must be an https:// address')
  }
  return createRemoteJWKSet(new URL(text), {
    timeoutDuration: JWKS_MS_MAX,
    cooldownDuration: JWKS_COOLDOWN_MS,
    cacheMaxAge: JWKS_FRESH_MS,
    [customFetch]: fetchBounded,
  })
}

/** A key set is small; whoever answers with more is not believed. */
async function fetchBounded(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init)
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.byteLength
    if (bytes > JWKS_BYTES_MAX) throw new TypeError(`more than ${JWKS_BYTES_MAX} bytes of keys`)
    parts.push(part)
  }
  return new Response(Buffer.concat(parts), { status: response.status })
}

const invalid = (configKey: string, detail: string): LanewayError =>
  new LanewayError('CONFIG_INVALID', { detail, configKey })
