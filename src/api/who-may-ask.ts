import type { FastifyRequest } from 'fastify'
import { LanewayError } from '../model/errors.ts'
import { UNSCOPED } from '../model/scope.ts'
import { ANONYMOUS, type Caller } from './caller.ts'
import type { Role } from './route-config.ts'
import { shown } from './shown.ts'
import type { KeyHolder, StaticKeys } from './static-keys.ts'

/** The caller; null on open routes where keys are needed elsewhere. Errors: UNAUTHENTICATED, FORBIDDEN. */
export function checkAccess(request: FastifyRequest, access: Role | 'open', keys: StaticKeys | null): Caller | null {
  if (keys !== null) return access === 'open' ? null : checkRole(request, access, keys)
  checkAnonymous(request)
  return ANONYMOUS
}

function checkRole(request: FastifyRequest, access: Role, keys: StaticKeys): Caller {
  const holder = holderOf(request.headers.authorization, keys)
  if (holder.roles.has(access)) return { ...holder, scope: UNSCOPED }
  throw new LanewayError('FORBIDDEN', {
    detail: `This route needs the role ${access}; the key ${holder.id} has ${[...holder.roles].join(', ')}.`,
    hint: `Use a key with the role ${access}.`,
  })
}

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i

/** `Basic base64(id:secret)`. Error: UNAUTHENTICATED, the same for an unknown id and a wrong secret. */
function holderOf(authorization: string | undefined, keys: StaticKeys): KeyHolder {
  if (authorization === undefined) throw unauthenticated('The request carries no key.')
  const encoded = BASIC.exec(authorization.trim())?.[1]
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) throw unauthenticated('Authorization is not "Basic" with base64 of key:secret.')
  const holder = keys.find(text.slice(0, colon), text.slice(colon + 1))
  if (holder === null) throw unauthenticated('Invalid credentials: no key has this id and secret.')
  return holder
}

const unauthenticated = (detail: string): LanewayError => new LanewayError('UNAUTHENTICATED', { detail })

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
