import type { FastifyRequest } from 'fastify'
import { type Scope, UNSCOPED } from '../model/scope.ts'
import type { AskOptions } from '../planner/engine.ts'
import { isSlowOnly } from './auth/roles.ts'
import { ROLES, type Role } from './route-config.ts'

/** What a caller may use up; what is absent is as the configuration says for everybody. */
export interface CallerRates {
  readonly costPerMinuteMax?: number
  readonly requestsPerMinuteMax?: number
}

/** Who asks: a key, a token's subject, or nobody in particular where keys are not needed. */
export interface Caller {
  /** Names the holder in rate limits and logs; never a secret. */
  readonly id: string
  readonly roles: ReadonlySet<Role>
  readonly scope: Scope
  readonly rates?: CallerRates
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

/** What a caller's rights say about how the engine is asked: whose question it is, and in which lane it must wait. */
export function askingOf(request: FastifyRequest): Pick<AskOptions, 'scope' | 'lane'> {
  const { scope, roles } = callerOf(request)
  return isSlowOnly(roles) ? { scope, lane: 'slow' } : { scope }
}
