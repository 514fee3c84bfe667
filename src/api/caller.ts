import type { FastifyRequest } from 'fastify'
import { type Scope, UNSCOPED } from '../model/scope.ts'
import { ROLES, type Role } from './route-config.ts'

/** Who asks: a key, a token's subject, or nobody in particular where keys are not needed. */
export interface Caller {
  /** Names the holder in rate limits and logs; never a secret. */
  readonly id: string
  readonly roles: ReadonlySet<Role>
  readonly scope: Scope
}

export const ANONYMOUS: Caller = { id: 'anonymous', roles: new Set(ROLES), scope: UNSCOPED }

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
  }
}

/** The caller of a request that was let in. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new TypeError('this route lets in callers nobody has looked at')
  return request.caller
}
