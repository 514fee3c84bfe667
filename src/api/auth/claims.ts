import { z } from 'zod'
import { DATASET_NAME, LABEL_NAME } from '../../catalog/names.ts'
import { LanewayError } from '../../model/errors.ts'
import { isConstrained, type Scope, scopeOf } from '../../model/scope.ts'
import type { Caller } from '../caller.ts'
import type { Role } from '../route-config.ts'
import { contradicting, isRole, READING } from './roles.ts'

/** Which claim says what: the name of a claim, or a path into one (`realm_access.roles`). */
export interface ClaimNames {
  readonly roles: string
  readonly tenant: string
  readonly datasets: string
  readonly constraints: string
}

export interface ClaimRules {
  readonly claims: ClaimNames
  readonly scopeRequired: boolean
}

type Claims = Readonly<Record<string, unknown>>

const VALUES_MAX = 1000
const Value = z.string().min(1).max(255)
const Texts = z.union([Value.transform((text) => [text]), z.array(Value).min(1).max(VALUES_MAX)])
/** OAuth's `scope` is one text with spaces. */
const Roles = z.union([z.string().transform((text) => text.split(' ')), z.array(z.string())])
const Datasets = z.array(z.string().regex(DATASET_NAME.pattern)).min(1).max(VALUES_MAX)
const Constraints = z.record(z.string().regex(LABEL_NAME.pattern), Texts)

/**
 * Who a valid token speaks for. Roles that nobody knows are left out, and so are those that contradict the scope; what
 * a claim should say and does not is never taken as "everything". Error: FORBIDDEN.
 */
export function callerOfClaims(claims: Claims, { claims: names, scopeRequired }: ClaimRules): Caller {
  const roles = (read(claims, names.roles, Roles, 'a list of roles') ?? []).filter(isRole)
  if (roles.length === 0) throw forbidden(`The token's claim ${names.roles} names no role.`)
  const scope = scopeOfClaims(claims, names)
  const against = contradicting(roles, scope)
  const mayRead = !scopeRequired || (isConstrained(scope) && scope.tenant !== '')
  const held = roles.filter((role) => !against.includes(role) && (mayRead || !READING.includes(role)))
  if (held.length === 0) throw forbidden(tooLittle(names))
  return { id: `token:${String(claims.sub).slice(0, 255)}`, roles: new Set<Role>(held), scope }
}

function scopeOfClaims(claims: Claims, names: ClaimNames): Scope {
  const tenant = read(claims, names.tenant, Value, 'a text') ?? ''
  const datasets = read(claims, names.datasets, Datasets, 'a list of names of datasets') ?? null
  const constraints = read(claims, names.constraints, Constraints, 'a map of labels to texts or lists of texts') ?? {}
  return scopeOf(
    tenant,
    datasets,
    Object.entries(constraints).map(([label, values]) => ({ label, values })),
  )
}

const tooLittle = ({ tenant, constraints, datasets }: ClaimNames): string =>
  `A token that may read names its tenant (${tenant}) and what it may see (${constraints} or ${datasets}); this one does not.`

function read<T>(claims: Claims, name: string, shape: z.ZodType<T>, expected: string): T | undefined {
  const value = claimAt(claims, name)
  if (value === undefined) return undefined
  const result = shape.safeParse(value)
  if (result.success) return result.data
  throw forbidden(`The token's claim ${name} is not ${expected}.`)
}

/** The claim of this very name, which may have dots, else the way along them. */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  return name.split('.').reduce<unknown>((at, part) => {
    const isMap = typeof at === 'object' && at !== null && Object.hasOwn(at, part)
    return isMap ? (at as Claims)[part] : undefined
  }, claims)
}

const forbidden = (detail: string): LanewayError =>
  new LanewayError('FORBIDDEN', { detail, hint: 'Get a token with the claims that docs/security.md names.' })
