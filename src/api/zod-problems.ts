import type { z } from 'zod'
import { LanewayError, LanewayErrors } from '../model/errors.ts'
import { ERRORS_MAX } from './api-limits.ts'
import { fieldOf, pointerOf, shown } from './shown.ts'

type Issue = z.core.$ZodIssue
/** Which part of the request was checked; only the body has pointers. */
export type RequestPart = 'body' | 'querystring' | 'params' | 'headers'

interface Place {
  readonly name: string
  readonly pointer: string | undefined
  readonly value: unknown
}

/** Every mistake of one request as our errors, in the order of the schema; at most ERRORS_MAX. */
export function problemsOf(error: z.ZodError, data: unknown, part: RequestPart): LanewayErrors {
  return new LanewayErrors(
    error.issues.slice(0, ERRORS_MAX).map((issue) => problemOf(issue, placeOf(issue, data, part))),
  )
}

function placeOf(issue: Issue, data: unknown, part: RequestPart): Place {
  const value = valueAt(data, issue.path)
  if (part === 'body') return { name: fieldOf(issue.path), pointer: pointerOf(issue.path), value }
  const what = part === 'params' ? 'path parameter' : part === 'headers' ? 'header' : 'query parameter'
  return { name: `${what} ${fieldOf(issue.path)}`, pointer: undefined, value }
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

function problemOf(issue: Issue, { name, pointer, value }: Place): LanewayError {
  const at = pointer === undefined ? {} : { pointer }
  const rule = ruleOf(issue)
  if (value === undefined)
    return new LanewayError('FIELD_MISSING', { detail: `${name} is missing: it ${rule}.`, ...at })
  return new LanewayError('FIELD_INVALID', {
    detail: `${name} ${rule}, got ${shown(value)}.`,
    ...at,
    ...boundsOf(issue, value),
  })
}

const isOperator = (issue: Issue): boolean => issue.code === 'invalid_union' && issue.discriminator === 'op'

/** What the field must be, to stand after its name. */
function ruleOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`
    case 'too_small':
      return tooSmall(issue.origin, Number(issue.minimum))
    case 'too_big':
      return tooBig(issue.origin, Number(issue.maximum))
    case 'invalid_value':
      return oneOf(issue.values)
    case 'invalid_union':
      return isOperator(issue) ? oneOf((issue as { options?: readonly unknown[] }).options ?? []) : issue.message
    default:
      return issue.message
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
}

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(', ')}`

function tooSmall(origin: string, minimum: number): string {
  if (origin === 'string') return minimum === 1 ? 'must not be empty' : `must have at least ${minimum} characters`
  if (origin !== 'array') return `must be at least ${minimum}`
  return minimum === 1 ? 'must have at least 1 entry' : `must have at least ${minimum} entries`
}

function tooBig(origin: string, maximum: number): string {
  if (origin === 'string') return `may have at most ${maximum} characters`
  if (origin !== 'array') return `must be at most ${maximum}`
  return maximum === 1 ? 'may have at most 1 entry' : `may have at most ${maximum} entries`
}

function boundsOf(issue: Issue, value: unknown): { limit?: number; actual?: number } {
  if (issue.code !== 'too_small' && issue.code !== 'too_big') return {}
  const limit = Number(issue.code === 'too_small' ? issue.minimum : issue.maximum)
  const actual = actualOf(issue.origin, value)
  return { limit, ...(Number.isFinite(actual) ? { actual } : {}) }
}

/** What was sent, in the unit of the limit; numbers of a query string are texts. */
function actualOf(origin: string, value: unknown): number {
  if (origin === 'string') return typeof value === 'string' ? value.length : Number.NaN
  if (Array.isArray(value)) return value.length
  return typeof value === 'object' ? Number.NaN : Number(value)
}
