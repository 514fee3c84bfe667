import type { FastifySchema } from 'fastify'
import { z } from 'zod'
import { ERRORS, type ErrorCode } from '../model/errors.ts'
import { ErrorBody } from './error-body.ts'
import { COMMON_ERRORS } from './route-config.ts'
import { STATUS } from './status.ts'

export interface DocumentedAnswer {
  readonly description: string
  /** None: the answer has no body. */
  readonly types: readonly string[]
  readonly schema: z.ZodType
}

export interface RouteDocument {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly body?: z.ZodType
  readonly consumes?: readonly string[]
  readonly querystring?: z.ZodType
  readonly params?: z.ZodType
  readonly answers: Readonly<Record<number, DocumentedAnswer>>
  /** Beyond those that any route may answer. */
  readonly errors: readonly ErrorCode[]
}

/** What a route's schema carries for openapi.ts alone: the codes of each status, for its examples. */
export const ERROR_CODES = 'x-error-codes'
/** Examples by code, where errors of the route look otherwise than REST's. */
export const OWN_ERRORS = 'x-own-errors'

/** Answered while a request is still being read, whatever route it is for. */
export const BEFORE_ANY_ROUTE: readonly ErrorCode[] = ['HEADERS_TOO_LARGE', 'REQUEST_TOO_SLOW']

/** The route schema: what is checked, and every status that can be answered. */
export function documented(route: RouteDocument): FastifySchema {
  const { answers, errors, consumes, ...rest } = route
  const codes = [...new Set([...errors, ...COMMON_ERRORS, ...BEFORE_ANY_ROUTE])]
  return {
    ...rest,
    ...(consumes ? { consumes: [...consumes] } : {}),
    [ERROR_CODES]: codes,
    response: { ...okResponses(answers), ...errorResponses(codes, consumes?.includes(PROTOBUF) === true) },
  } as FastifySchema
}

function okResponses(answers: RouteDocument['answers']) {
  const responses = Object.entries(answers).map(([status, { description, types, schema }]) => {
    if (types.length === 0) return [status, z.null().describe(description)]
    const content = Object.fromEntries(types.map((type) => [type, { schema }]))
    return [status, { description, content }]
  })
  return Object.fromEntries(responses)
}

function errorResponses(codes: readonly ErrorCode[], alsoProtobuf: boolean) {
  const statuses = [...new Set(codes.map((code) => STATUS[code]))]
  const responses = statuses.map((status) => {
    const fits = codes.filter((code) => STATUS[code] === status)
    const description = fits.map((code) => `\`${code}\`: ${ERRORS[code].when}`).join(' ')
    const json = { 'application/json': { schema: ErrorBody } }
    return [status, { description, content: alsoProtobuf ? { ...json, [PROTOBUF]: { schema: RpcStatus } } : json }]
  })
  return Object.fromEntries(responses)
}

const PROTOBUF = 'application/x-protobuf'
const RpcStatus = z.unknown().describe('google.rpc.Status in protobuf.')

/** Text that is no JSON. */
export const PlainText = z.string()
