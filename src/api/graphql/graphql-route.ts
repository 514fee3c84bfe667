import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ExecutionResult } from 'graphql'
import { mercurius } from 'mercurius'
import { type ErrorCode, LanewayError, LanewayErrors } from '../../model/errors.ts'
import { askingOf, callerOf } from '../caller.ts'
import { clientSignal } from '../client-signal.ts'
import { errorsOf } from '../error-reply.ts'
import { readJsonBodies } from '../json-body.ts'
import { charge } from '../rate-limits.ts'
import type { RouteConfig } from '../route-config.ts'
import { STATUS } from '../status.ts'
import type { Prepared } from './document.ts'
import { type ErrorsTold, toldErrors } from './graphql-errors.ts'
import type { GraphqlService } from './graphql-service.ts'
import { type AnswerType, answerTypeOf, JSON_TYPE } from './media-type.ts'
import { type GraphqlParameters, readParameters, readQuery, refuseBatches } from './request-parameters.ts'
import { bodySchema, querySchema } from './route-document.ts'

export const GRAPHQL_PATH = '/graphql'

const config: RouteConfig = { access: 'query', consumes: [JSON_TYPE], bodyLimitKey: 'http.bodyBytesMax' }
/** Documents whose syntax and validation are remembered. */
const DOCUMENTS_KEPT_MAX = 128

/**
 * GET and POST `/graphql`. Mercurius validates and runs; its own routes are off, because they answer plain JSON alone,
 * with statuses of their own. To be registered in an instance of its own: it decorates it.
 */
export async function graphqlRoutes(app: FastifyInstance, service: GraphqlService): Promise<void> {
  await app.register(mercurius, {
    schema: service.schema,
    routes: false,
    cache: DOCUMENTS_KEPT_MAX,
    validationRules: service.extraRules,
    graphql: { parseOptions: { maxTokens: service.options.tokensMax } },
    errorFormatter: ({ data, errors }) => ({ statusCode: 200, response: { data: data ?? null, errors: errors ?? [] } }),
  })
  readJsonBodies(app)
  app.setErrorHandler((error, request, reply) => refuse(error, { request, reply, inDocument: false }))
  const served = { app, service }
  app.get(GRAPHQL_PATH, { config, schema: querySchema }, (request, reply) => answer(request, reply, served, readQuery))
  app.post(GRAPHQL_PATH, { config, schema: bodySchema, preValidation: refuseBatches }, (request, reply) =>
    answer(request, reply, served, ({ body }) => readParameters(body)),
  )
}

interface Served {
  readonly app: FastifyInstance
  readonly service: GraphqlService
}

/** parameters ▸ document within the limits ▸ run ▸ one answer; what the document got wrong is told as GraphQL tells it. */
async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { app, service }: Served,
  read: (request: FastifyRequest) => GraphqlParameters,
): Promise<FastifyReply> {
  const type = answerTypeOf(request.headers.accept)
  const parameters = read(request)
  const caller = callerOf(request)
  const context = service.contextFor(caller, { ...askingOf(request), signal: clientSignal(reply) })
  try {
    const prepared = service.prepare(parameters, caller)
    refuseOperation(prepared, request)
    const { text, variables, operationName } = prepared
    const result = await app.graphql(text, { ...context }, variables, operationName)
    charge(reply, context.asker.cost)
    return send(reply, type, 200, tell(result as ExecutionResult, request, reply))
  } catch (error) {
    charge(reply, context.asker.cost)
    return refuse(error, { request, reply, inDocument: true })
  }
}

/** GET may be repeated, cached and sent by links: it only reads. */
function refuseOperation({ operation }: Prepared, request: FastifyRequest): void {
  const { operation: kind } = operation
  if (kind === 'mutation' && request.method !== 'POST') {
    throw new LanewayError('METHOD_NOT_ALLOWED', {
      detail: `A mutation may be sent by POST, not by ${request.method}.`,
    })
  }
  if (kind !== 'subscription') return
  throw new LanewayError('FIELD_INVALID', {
    detail: 'The document is a subscription, which HTTP cannot answer.',
    pointer: '/query',
    hint: `Subscribe over WebSocket at ${GRAPHQL_PATH}, with the protocol graphql-transport-ws.`,
  })
}

function tell({ data, errors }: ExecutionResult, request: FastifyRequest, reply: FastifyReply): object {
  if (!errors || errors.length === 0) return { data }
  const told = toldErrors(errors, request.id)
  note(told, request, reply)
  return { errors: told.errors, data }
}

interface Refused {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** The request as such was right. */
  readonly inDocument: boolean
}

/** What plain JSON has a status for in any case: the request has no document, may not be sent so, or was not looked at. */
const ALWAYS: readonly (number | ErrorCode)[] = ['FIELD_MISSING', 401, 403, 405, 406, 429, 500, 503]

function refuse(error: unknown, { request, reply, inDocument }: Refused): FastifyReply {
  const told = toldErrors(failuresOf(error, request), request.id)
  note(told, request, reply)
  const type = typeFor(request)
  const { code } = told.first
  const status = STATUS[code]
  if (code === 'METHOD_NOT_ALLOWED') reply.header('allow', 'POST')
  const isTold = inDocument && type === JSON_TYPE && !ALWAYS.includes(status) && !ALWAYS.includes(code)
  const said = isTold ? 200 : status
  return send(reply, type, said, { errors: told.errors })
}

/** Mercurius hands over what validation found in one error. */
function failuresOf(error: unknown, request: FastifyRequest): readonly unknown[] {
  const { code, errors } = (error ?? {}) as { readonly code?: unknown; readonly errors?: readonly unknown[] }
  if (code === 'MER_ERR_GQL_VALIDATION' && errors && errors.length > 0) return errors
  return error instanceof LanewayErrors || isOfGraphql(error) ? [error] : errorsOf(error, request)
}

const isOfGraphql = (error: unknown): boolean => error instanceof Error && error.name === 'GraphQLError'

function typeFor(request: FastifyRequest): AnswerType {
  try {
    return answerTypeOf(request.headers.accept)
  } catch {
    return JSON_TYPE
  }
}

function note({ causes, errors }: ErrorsTold, request: FastifyRequest, reply: FastifyReply): void {
  for (const err of causes) request.log.error({ id: request.id, err }, 'a field failed')
  const waits = errors.flatMap(({ extensions }) => (extensions.retryAfterSeconds as number | undefined) ?? [])
  if (waits.length > 0) reply.header('retry-after', Math.ceil(Math.max(...waits)))
}

const send = (reply: FastifyReply, type: AnswerType, status: number, body: object): FastifyReply =>
  reply.code(status).header('vary', 'accept').type(`${type}; charset=utf-8`).send(JSON.stringify(body))
