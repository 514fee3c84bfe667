import { z } from 'zod'
import { ERRORS, type ErrorCode, type LanewayError } from '../model/errors.ts'
import { STATUS } from './status.ts'

const CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]

/** One error as clients read it: JSON:API style, so that Metrics API v2 clients read it too. */
export const ErrorItem = z
  .strictObject({
    id: z.string().describe('Id of the request; the log has it too.'),
    status: z.string().describe('HTTP status as text.'),
    code: z.enum(CODES).describe('Permanent; docs/errors.md lists them.'),
    detail: z.string().describe('Names the field, the rule, the limit and what was sent.'),
    pointer: z.string().optional().describe('JSON pointer into the request body.'),
    hint: z.string().describe('What to do.'),
    meta: z.strictObject({
      retriable: z.boolean(),
      limit: z.union([z.number(), z.string()]).optional(),
      actual: z.union([z.number(), z.string()]).optional(),
      configKey: z.string().optional().describe('The configuration key that would change the limit.'),
      retryAfterSeconds: z.number().optional(),
    }),
  })
  .meta({ id: 'Error' })

export const ErrorBody = z.strictObject({ errors: z.array(ErrorItem).min(1) }).meta({ id: 'Errors' })

export type ErrorBody = z.infer<typeof ErrorBody>

export function errorItem(error: LanewayError, id: string): z.infer<typeof ErrorItem> {
  const { detail, pointer, limit, actual, configKey } = error.facts
  const retryAfterSeconds = retryAfterOf(error)
  return {
    id,
    status: String(STATUS[error.code]),
    code: error.code,
    detail,
    ...(pointer === undefined ? {} : { pointer }),
    hint: error.hint,
    meta: {
      retriable: error.retriable,
      ...(limit === undefined ? {} : { limit }),
      ...(actual === undefined ? {} : { actual }),
      ...(configKey === undefined ? {} : { configKey }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  }
}

const RETRY_AFTER_SECONDS = 1

/** Seconds for Retry-After: said with everything that is shed and not given up by the client itself. */
export function retryAfterOf(error: LanewayError): number | undefined {
  if (error.code === 'CLIENT_CLOSED') return undefined
  return error.facts.retryAfterSeconds ?? (error.kind === 'shed' ? RETRY_AFTER_SECONDS : undefined)
}
