import type { FastifyRequest } from 'fastify'
import { LanewayError } from '../model/errors.ts'
import { type Credentials, credentialsOf, invalidCredentials } from './auth/credentials.ts'
import { mayDo, rolesOf } from './auth/roles.ts'
import type { TokenCheck } from './auth/tokens.ts'
import { ANONYMOUS, type Caller } from './caller.ts'
import type { Access } from './route-config.ts'
import { shown } from './shown.ts'
import type { StaticKeys } from './static-keys.ts'

/** How callers prove who they are; without both, everyone may ask. */
export interface Gate {
  readonly keys: StaticKeys | null
  readonly tokens: TokenCheck | null
}

/** The caller; null on open routes where keys are needed elsewhere. Errors: UNAUTHENTICATED, FORBIDDEN, TOKEN_KEYS_UNAVAILABLE. */
export async function checkAccess(request: FastifyRequest, access: Access, gate: Gate): Promise<Caller | null> {
  if (gate.keys === null && gate.tokens === null) {
    checkAnonymous(request)
    return ANONYMOUS
  }
  return access === 'open' ? null : checkRole(request, access, gate)
}

async function checkRole(request: FastifyRequest, access: Exclude<Access, 'open'>, gate: Gate): Promise<Caller> {
  const caller = await holderOf(credentialsOf(request.headers.authorization), gate)
  if (mayDo(caller.roles, access)) return caller
  const wanted = rolesOf(access).join(' or ')
  throw new LanewayError('FORBIDDEN', {
    detail: `This route needs the role ${wanted}; the caller has ${[...caller.roles].join(', ') || 'none'}.`,
    hint: `Use a key with the role ${wanted}.`,
  })
}

/** Error: UNAUTHENTICATED, the same for an unknown id and a wrong secret. */
async function holderOf(credentials: Credentials, { keys, tokens }: Gate): Promise<Caller> {
  if (credentials.kind === 'token') {
    if (tokens === null) throw invalidCredentials('Tokens are not taken here: send an API key as Basic key:secret.')
    return await tokens.callerOf(credentials.token)
  }
  const caller = keys?.find(credentials.id, credentials.secret) ?? null
  if (caller === null) throw invalidCredentials()
  return caller
}

/** WWW-Authenticate of a refusal: one challenge for each way in (RFC 7617, RFC 6750). */
export function challengesOf({ headers }: FastifyRequest, { keys, tokens }: Gate): string[] {
  const sentToken = /^\s*bearer\b/i.test(headers.authorization ?? '')
  return [
    ...(keys === null ? [] : ['Basic realm="laneway", charset="UTF-8"']),
    ...(tokens === null ? [] : [`Bearer realm="laneway"${sentToken ? ', error="invalid_token"' : ''}`]),
  ]
}

/**
 * Without keys, being able to reach the port is the only proof of trust, and a browser on this machine lends it to
 * every page it shows. So what a foreign page could send is refused:
 *   Origin of another host (a page that posts to us), and
 *   over loopback, a Host that is a public name (a name that was pointed at 127.0.0.1 after the page loaded).
 */
function checkAnonymous(request: FastifyRequest): void {
  const { origin, host } = request.headers
  if (origin !== undefined && hostOf(origin) !== host?.toLowerCase()) {
    throw new LanewayError('FORBIDDEN', {
      detail: `A page of ${shown(origin)} may not ask here: without keys only this service's own page may.`,
      hint: 'Ask from outside a browser, or set keys.path and send a key.',
      configKey: 'keys.path',
    })
  }
  if (host === undefined || !isLoopback(request.socket.localAddress) || isLocalName(host)) return
  throw new LanewayError('FORBIDDEN', {
    detail: `Host is ${shown(host)}; without keys, loopback is asked as localhost or by address only.`,
    hint: 'Ask http://localhost, or set keys.path and send a key.',
    configKey: 'keys.path',
  })
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null
}

const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && /^(?:::ffff:)?127\.|^::1$/.test(address)

/** Addresses cannot be pointed elsewhere; these names never leave the machine (the last is Docker's for its host). */
const LOCAL_NAME =
  /^(?:(?:[\w-]+\.)*localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\]|host\.docker\.internal)(?::\d+)?$/i

const isLocalName = (host: string): boolean => LOCAL_NAME.test(host)
