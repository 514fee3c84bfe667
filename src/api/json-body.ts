import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LanewayError } from '../model/errors.ts'
import { shown } from './shown.ts'

/**
 * Reads JSON bodies of the routes that are added to this instance. The parser is ours so that broken UTF-8 is refused
 * rather than replaced; a key called __proto__ stays a key, because nothing here copies keys into objects.
 */
export function readJsonBodies(app: FastifyInstance): void {
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    checkNotEncoded(request)
    return parseJson(body)
  })
}

/** Error: BODY_UNREADABLE. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new LanewayError('BODY_UNREADABLE', { detail: `The body is not JSON: ${reasonOf(cause, body)}.`, cause })
  }
}

function reasonOf(cause: unknown, body: Uint8Array): string {
  if (body.byteLength === 0) return 'it is empty'
  if (!(cause instanceof SyntaxError)) return 'it is not UTF-8'
  // Of the message only this much: the rest repeats the body.
  const place = / at position \d+/.exec(cause.message)?.[0]
  if (place !== undefined) return `something else was expected${place}`
  const token = /^Unexpected token '(.{1,2})'/u.exec(cause.message)?.[1]
  return token === undefined ? 'it ends too early' : `${JSON.stringify(token)} stands where it may not`
}

/** Questions are short: only OTLP bodies may be compressed. */
function checkNotEncoded(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase()
  if (encoding === undefined || encoding === '' || encoding === 'identity') return
  throw new LanewayError('MEDIA_TYPE_UNSUPPORTED', {
    detail: `Content-Encoding is ${shown(encoding)}; this route reads uncompressed JSON.`,
    hint: 'Send the body uncompressed.',
  })
}
