import { isConstrained, type Scope } from '../../model/scope.ts'
import { type Access, ROLES, type Role } from '../route-config.ts'

/** Every role that may do what the role may: support questions are questions, only slow ones. */
const GRANTED_BY: Readonly<Record<Role, readonly Role[]>> = {
  query: ['query', 'support', 'adhoc', 'adhoc:all'],
  export: ['export'],
  support: ['support', 'adhoc', 'adhoc:all'],
  adhoc: ['adhoc', 'adhoc:all'],
  'adhoc:all': ['adhoc:all'],
  ingest: ['ingest'],
  admin: ['admin'],
}

/**
 * Roles over everything there is: who writes may write anybody's series, who operates sees everybody's totals. Nobody
 * has one of them together with constraints.
 */
export const UNLIMITED: readonly Role[] = ['adhoc:all', 'ingest', 'admin']

/** Roles that read data, so that it matters whose. */
export const READING: readonly Role[] = ROLES.filter((role) => !UNLIMITED.includes(role))

export const isRole = (value: unknown): value is Role => (ROLES as readonly unknown[]).includes(value)

export const rolesOf = (access: Exclude<Access, 'open'>): readonly Role[] =>
  typeof access === 'string' ? [access] : access

/** Whether one of the roles opens what `access` asks for. */
export const mayDo = (roles: ReadonlySet<Role>, access: Exclude<Access, 'open'>): boolean =>
  rolesOf(access).some((wanted) => GRANTED_BY[wanted].some((role) => roles.has(role)))

/** Support engineers' questions never compete with dashboards: only a role that says `query` is fast. */
export const isSlowOnly = (roles: ReadonlySet<Role>): boolean => !roles.has('query') && mayDo(roles, 'support')

/** Roles that contradict the scope. */
export const contradicting = (roles: readonly Role[], scope: Scope): readonly Role[] =>
  isConstrained(scope) ? roles.filter((role) => UNLIMITED.includes(role)) : []
