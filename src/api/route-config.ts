import type { ErrorCode } from '../model/errors.ts'

export const ROLES = ['query', 'export', 'support', 'adhoc', 'adhoc:all', 'ingest', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** A role, or several of which one is enough; `open` needs no key. What a role brings with it: auth/roles.ts. */
export type Access = Role | readonly Role[] | 'open'

/** What every route says about itself; `open-server.ts` refuses routes that do not. */
export interface RouteConfig {
  readonly access: Access
  /** Content types of the body, for errors; none: no body is read. */
  readonly consumes?: readonly string[]
  /** Content types of the answer, held against Accept. Left out where the request decides. */
  readonly produces?: readonly string[]
  /** Configuration key of the route's body limit. */
  readonly bodyLimitKey?: string
  /** OTLP clients read errors in the encoding of their request. */
  readonly otlp?: boolean
}

declare module 'fastify' {
  // Every route has one, but the framework's own handlers (404) have none.
  interface FastifyContextConfig extends Partial<RouteConfig> {}
}

/** Errors that any route may answer, whatever it does. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  'BODY_UNREADABLE',
  'FORBIDDEN',
  'INTERNAL',
  'NOT_READY',
  'RATE_LIMITED',
  'TOKEN_KEYS_UNAVAILABLE',
]
