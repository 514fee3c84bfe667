import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { LanewayError } from '../../model/errors.ts'
import { documented, PlainText } from '../documented.ts'
import type { PageFiles } from './page-files.ts'

/** Scripts and styles only from here, and none that stand in the markup. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  // Asked for each time, answered 304 while the service is the same.
  'cache-control': 'no-cache',
}

const NAMES = { page: 'index.html' } as const

/** `GET /` and `GET /console/*`; the page itself holds nothing secret, what it asks for needs its own role. */
export function pageRoutes(app: FastifyInstance, files: PageFiles): void {
  const config = { access: 'open' } as const
  app.get('/', { config, schema: pageSchema('page', 'The page') }, async (request, reply) =>
    sendFile(files, NAMES.page, request, reply),
  )
  const schema = pageSchema('pageFile', 'Modules and styles of the page', z.object({ '*': z.string() }))
  app.get<{ Params: { '*': string } }>('/console/*', { config, schema }, async (request, reply) =>
    sendFile(files, request.params['*'], request, reply),
  )
}

function pageSchema(operationId: string, summary: string, params?: z.ZodType) {
  return documented({
    operationId,
    summary,
    ...(params ? { params } : {}),
    answers: {
      200: {
        description: 'The file.',
        types: params ? ['text/javascript', 'text/css', 'image/svg+xml'] : ['text/html'],
        schema: PlainText,
      },
      304: { description: 'If-None-Match names what would be sent.', types: [], schema: PlainText },
    },
    errors: ['ROUTE_UNKNOWN'],
  })
}

function sendFile(files: PageFiles, name: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const file = files.get(name)
  if (file === undefined) {
    const detail = files.size === 0 ? 'This service has no page.' : `The page has no file ${name.slice(0, 200)}.`
    throw new LanewayError('ROUTE_UNKNOWN', { detail })
  }
  reply.headers(HEADERS).header('etag', file.etag)
  if (isKnown(request.headers['if-none-match'], file.etag)) return reply.code(304).send()
  return reply.type(file.type).send(file.body)
}

/** Weak comparison, as If-None-Match wants it (RFC 9110, 13.1.2). */
const isKnown = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some((each) => {
    const tag = each.trim().replace(/^W\//, '')
    return tag === '*' || tag === etag
  })
