import { randomUUID } from 'node:crypto'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { z } from 'zod'
import { LanewayError } from '../model/errors.ts'
import { checkAccept } from './accept.ts'
import { HEADER_BYTES_MAX, type HeldLimits } from './api-limits.ts'
import { answerClientError, logClientError } from './client-errors.ts'
import { replyWithError } from './error-reply.ts'
import { KnownRoutes } from './known-routes.ts'
import type { RouteConfig } from './route-config.ts'
import type { StaticKeys } from './static-keys.ts'
import { STATUS } from './status.ts'
import { checkAccess } from './who-may-ask.ts'
import { problemsOf, type RequestPart } from './zod-problems.ts'

export interface ServerParts {
  readonly limits: HeldLimits
  /** Null lets everyone ask (who-may-ask.ts says what then still holds). */
  readonly keys: StaticKeys | null
  readonly logger: FastifyBaseLogger | false
}

/** Ids in Metrics API v2 have up to 255 characters; each may be three when percent-encoded. */
const PATH_PART_MAX = 3 * 255

/** An HTTP server with everything that holds for all routes; routes are added by the caller. */
export function openServer({ limits, keys, logger }: ServerParts): FastifyInstance {
  const { requestMsMax } = limits
  const app: FastifyInstance = fastify({
    ...(logger === false ? { logger: false } : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: requestMsMax,
    http: {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: requestMsMax,
      connectionsCheckingInterval: Math.max(10, Math.floor(requestMsMax / 10)),
    },
    genReqId: () => randomUUID(),
    trustProxy: false,
    // `closing` below says it in our words.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: PATH_PART_MAX },
    frameworkErrors: (error, request, reply) => void replyWithError(error, request, withBaseHeaders(request, reply)),
    clientErrorHandler: (error, socket) => {
      logClientError(app.log, error)
      answerClientError(error, socket, requestMsMax)
    },
  })
  const known = new KnownRoutes()
  app.removeAllContentTypeParsers()
  app.setValidatorCompiler(checkPart)
  // Answers are encoded by their routes; tests hold them to their schemas.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value))
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) throw new Error(`${route.url} does not say who may call it`)
    known.add(route.url, [route.method].flat())
  })
  logAnswers(app)
  guard(app, keys)
  app.setErrorHandler(replyWithError)
  app.setNotFoundHandler((request, reply) => {
    const methods = known.methodsOf(pathOf(request))
    if (methods.length > 0) reply.header('allow', methods.join(', '))
    throw methods.length > 0 ? methodNotAllowed(request, methods) : routeUnknown(request)
  })
  closeInTime(app, limits.closeMsMax)
  return app
}

const withBaseHeaders = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })

/** Everything that is decided before a body is read. */
function guard(app: FastifyInstance, keys: StaticKeys | null): void {
  let closing = false
  app.decorateRequest('caller', null)
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onRequest', async (request, reply) => {
    withBaseHeaders(request, reply)
    if (closing) {
      reply.header('connection', 'close')
      throw new LanewayError('NOT_READY', { detail: 'The service is closing.' })
    }
    const { access = 'open', produces } = request.routeOptions.config as Partial<RouteConfig>
    request.caller = checkAccess(request, access, keys)
    checkAccept(request.headers.accept, produces)
  })
}

/** One line a request, with neither body, headers nor query string; also for clients that went away. */
function logAnswers(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const { id, method, routeOptions } = request
    let status: number = STATUS.CLIENT_CLOSED
    reply.raw.once('finish', () => {
      status = reply.statusCode
    })
    reply.raw.once('close', () => {
      const ms = Math.round(reply.elapsedTime)
      request.log.info({ id, method, route: routeOptions.url, status, ms }, 'answered')
    })
  })
}

/** A client that never reads its answer does not keep the process from ending. */
function closeInTime(app: FastifyInstance, closeMsMax: number): void {
  app.addHook('preClose', async () => {
    const timer = setTimeout(() => app.server.closeAllConnections(), closeMsMax)
    timer.unref()
    app.server.once('close', () => clearTimeout(timer))
  })
}

/**
 * Bodies stay as they were sent (unknown fields are told about later); the other parts are replaced by what their
 * schema makes of them.
 */
function checkPart({ schema, httpPart }: { schema: unknown; httpPart?: string }) {
  const part = (httpPart ?? 'body') as RequestPart
  return (data: unknown) => {
    const result = (schema as z.ZodType).safeParse(data)
    if (!result.success) return { error: problemsOf(result.error, data, part) }
    return part === 'body' ? {} : { value: result.data }
  }
}

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0]!

const methodNotAllowed = (request: FastifyRequest, methods: readonly string[]): LanewayError =>
  new LanewayError('METHOD_NOT_ALLOWED', {
    detail: `${pathOf(request).slice(0, 200)} has ${methods.join(', ')}, not ${request.method}.`,
  })

const routeUnknown = (request: FastifyRequest): LanewayError =>
  new LanewayError('ROUTE_UNKNOWN', { detail: `No route has the path ${pathOf(request).slice(0, 200)}.` })
