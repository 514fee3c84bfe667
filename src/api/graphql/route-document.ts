import type { FastifySchema } from 'fastify'
import { z } from 'zod'
import { ERRORS, type ErrorCode } from '../../model/errors.ts'
import { BEFORE_ANY_ROUTE, ERROR_CODES, OWN_ERRORS } from '../documented.ts'
import { ErrorBody } from '../error-body.ts'
import { exampleError } from '../example-errors.ts'
import { COMMON_ERRORS } from '../route-config.ts'
import { STATUS } from '../status.ts'
import { GRAPHQL_TYPE, JSON_TYPE } from './media-type.ts'
import { BodyParameters, QueryParameters } from './request-parameters.ts'

/** How the two routes stand in openapi.yaml; what can be asked stands in schema.graphql. */

const GraphqlError = z
  .looseObject({
    message: z.string(),
    locations: z.array(z.looseObject({ line: z.number(), column: z.number() })).optional(),
    path: z.array(z.union([z.string(), z.number()])).optional(),
    extensions: z.looseObject({
      id: z.string().describe('Id of the request; the log has it too.'),
      code: z.string().describe('Permanent; docs/errors.md lists them.'),
      status: z.number().describe('The status that REST would answer.'),
      detail: z.string(),
      hint: z.string(),
      retriable: z.boolean(),
      pointer: z.string().optional().describe('JSON pointer into the arguments of the field, or into the request.'),
    }),
  })
  .meta({ id: 'GraphqlError' })

const GraphqlAnswer = z
  .looseObject({
    data: z.looseObject({}).nullable().optional().describe('Absent when nothing was run.'),
    errors: z.array(GraphqlError).min(1).optional(),
  })
  .meta({ id: 'GraphqlAnswer' })

const CODES: readonly ErrorCode[] = [
  ...COMMON_ERRORS,
  'UNAUTHENTICATED',
  'NOT_ACCEPTABLE',
  'METHOD_NOT_ALLOWED',
  'FIELD_INVALID',
  'FIELD_MISSING',
  'QUERY_TOO_EXPENSIVE',
  'PERSISTED_QUERY_NOT_FOUND',
]

const OK =
  'The answer. To readers of application/json also what is wrong with a document; every field that failed has an error and is null.'

function schemaOf(about: object, codes: readonly ErrorCode[]): FastifySchema {
  const content = { [JSON_TYPE]: { schema: GraphqlAnswer }, [GRAPHQL_TYPE]: { schema: GraphqlAnswer } }
  const statuses = [...new Set(codes.map((code) => STATUS[code]))]
  const refusals = statuses.map((status) => {
    const fits = codes.filter((code) => STATUS[code] === status)
    return [status, { description: aboutOf(fits), content }]
  })
  const unread = BEFORE_ANY_ROUTE.map((code) => [
    STATUS[code],
    { description: aboutOf([code]), content: { [JSON_TYPE]: { schema: ErrorBody } } },
  ])
  return {
    ...about,
    [ERROR_CODES]: [...codes, ...BEFORE_ANY_ROUTE],
    [OWN_ERRORS]: Object.fromEntries(codes.map((code) => [code, exampleAnswer(code)])),
    response: { 200: { description: OK, content }, ...Object.fromEntries([...refusals, ...unread]) },
  } as FastifySchema
}

/** As `graphql-errors.ts` writes it. */
const exampleAnswer = (code: ErrorCode) => ({
  errors: exampleError(code).errors.map(({ meta, status, ...item }) => ({
    message: item.detail,
    extensions: { ...item, status: Number(status), ...meta },
  })),
})

const aboutOf = (codes: readonly ErrorCode[]): string =>
  codes.map((code) => `\`${code}\`: ${ERRORS[code].when}`).join(' ')

const description =
  'GraphQL over HTTP; schema.graphql is the contract (docs/graphql.md). Subscriptions: WebSocket at the same path.'

export const querySchema = schemaOf(
  { operationId: 'graphqlQuery', summary: 'Ask by GraphQL', description, querystring: QueryParameters },
  CODES,
)

export const bodySchema = schemaOf(
  {
    operationId: 'graphql',
    summary: 'Ask by GraphQL, with a body',
    description,
    body: BodyParameters,
    consumes: [JSON_TYPE],
  },
  [...CODES, 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'],
)
