import { problemsOf } from '../zod-problems.ts'
import { boundFilterDepth } from './filter-depth.ts'
import { ignoredFields, refuseLaterFields, refuseUnknown } from './ignored-fields.ts'
import { QueryBody } from './query-body.ts'

export interface ReadBodyOptions {
  /** Unknown fields are refused rather than listed. */
  readonly strict: boolean
  /** Nesting of `filter` and `having`. */
  readonly filterDepthMax: number
}

export interface ReadBody {
  readonly body: QueryBody
  /** JSON pointers of fields that nobody knows. */
  readonly ignored: readonly string[]
}

/**
 * What arrived as a question, on whatever way ▸ a body that has passed its schema. Errors, each with a pointer into it:
 * FILTER_TOO_COMPLEX, FIELD_INVALID, FIELD_MISSING, NOT_SUPPORTED_YET, FIELD_UNKNOWN (strict).
 */
export function parseQueryBody(value: unknown, { strict, filterDepthMax }: ReadBodyOptions): ReadBody {
  boundFilterDepth(value, filterDepthMax)
  const parsed = QueryBody.safeParse(value)
  if (!parsed.success) throw problemsOf(parsed.error, value, 'body')
  return checkFields(value as QueryBody, strict)
}

/** The same for a body that has passed its schema already; it stays as it was sent. */
export function checkFields(body: QueryBody, strict: boolean): ReadBody {
  refuseLaterFields(body)
  if (strict) refuseUnknown(body)
  return { body, ignored: ignoredFields(body) }
}
