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
import { HEADER_BYTES_MAX, type HeldLimits, PATH_PART_BYTES_MAX } from './api-limits.ts'
import { rolesOf } from './auth/roles.ts'
import { answerClientError, logClientError } from './client-errors.ts'
import { replyWithError } from './error-reply.ts'
import { KnownRoutes } from './known-routes.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Access, RouteConfig } from './route-config.ts'
import { STATUS } from './status.ts'
import { challengesOf, checkAccess, type Gate } from './who-may-ask.ts'
import { problemsOf, type RequestPart } from './zod-problems.ts'

export interface ServerParts extends Partial<Guards> {
  readonly limits: HeldLimits
  /** Null, without tokens too, lets everyone ask (who-may-ask.ts says what then still holds). */
  readonly keys: Gate['keys']
  readonly logger: FastifyBaseLogger | false
}

/** What stands before the routes, but for keys; nothing unless given. */
export interface Guards {
  readonly tokens: Gate['tokens']
  readonly rates: RateLimits | null
  readonly tls: Tls | null
  /** Addresses and networks of proxies whose X-Forwarded-For is believed. */
  readonly trustProxy: readonly string[]
}

/** PEM texts. */
export interface Tls {
  readonly cert: string
  readonly key: string
}

/** An HTTP server with everything that holds for all routes; routes are added by the caller. */
export function openServer(parts: ServerParts): FastifyInstance {
  const { limits, keys, logger, tokens = null, rates = null, tls = null, trustProxy = [] } = parts
  const { requestMsMax } = limits
  const http = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: requestMsMax,
    connectionsCheckingInterval: Math.max(10, Math.floor(requestMsMax / 10)),
  }
  const app: FastifyInstance = fastify({
    ...(logger === false ? { logger: false } : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: requestMsMax,
    ...secured(http, tls),
    genReqId: () => randomUUID(),
    trustProxy: trustProxy.length > 0 && [...trustProxy],
    // `closing` below says it in our words.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: PATH_PART_BYTES_MAX },
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
  app.decorate('rateLimits', rates)
  guard(app, { keys, tokens }, tls !== null)
  app.setErrorHandler(replyWithError)
  refuseUnknown(app, known)
  closeInTime(app, limits.closeMsMax)
  return app
}

const withBaseHeaders = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })

/** A server over TLS has another type, and the same behaviour. */
const secured = (http: object, tls: Tls | null): object => (tls ? { https: { ...http, ...tls } } : { http })

/** Everything that is decided before a body is read. */
function guard(app: FastifyInstance, gate: Gate, overTls: boolean): void {
  let closing = false
  app.decorateRequest('caller', null)
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onRequest', async (request, reply) => {
    withBaseHeaders(request, reply)
    if (overTls) reply.header('strict-transport-security', 'max-age=31536000')
    if (closing) {
      reply.header('connection', 'close')
      throw new LanewayError('NOT_READY', { detail: 'The service is closing.' })
    }
    const { access = 'open', produces } = request.routeOptions.config as Partial<RouteConfig>
    request.caller = await checkAccess(request, access, gate).catch((error: unknown) => {
      if (isUnauthenticated(error)) reply.header('www-authenticate', challengesOf(request, gate))
      throw error
    })
    if (isLimited(access)) limitRate(request, reply)
    checkAccept(request.headers.accept, produces)
  })
}

const isUnauthenticated = (error: unknown): boolean => error instanceof LanewayError && error.code === 'UNAUTHENTICATED'

/** Senders are held back by the intake itself, and open routes know no callers. */
const isLimited = (access: Access): boolean => access !== 'open' && !rolesOf(access).includes('ingest')

function limitRate(request: FastifyRequest, reply: FastifyReply): void {
  const { caller, server, ip } = request
  if (caller === null || server.rateLimits === null) return
  try {
    server.rateLimits.admit(caller, ip)
  } finally {
    reply.headers(server.rateLimits.headersOf(caller, ip))
  }
}

/** Before the body is read: nobody will, and of a QUERY the framework would want a Content-Type first. */
function refuseUnknown(app: FastifyInstance, known: KnownRoutes): void {
  const refuse = (request: FastifyRequest, reply: FastifyReply): never => {
    const methods = known.methodsOf(pathOf(request))
    if (methods.length > 0) reply.header('allow', methods.join(', '))
    throw methods.length > 0 ? methodNotAllowed(request, methods) : routeUnknown(request)
  }
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) refuse(request, reply)
  })
  app.setNotFoundHandler(refuse)
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
