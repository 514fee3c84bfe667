import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Answers JSON that seldom changes with a strong ETag of its bytes, or 304 without a body when the client has them
 * already. Answers differ by caller, so they may be kept by the client alone, and are asked about each time.
 */
export function sendTagged(request: FastifyRequest, reply: FastifyReply, answer: unknown): FastifyReply {
  const body = Buffer.from(JSON.stringify(answer))
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
  reply.headers({ etag: tag, vary: 'Authorization', 'cache-control': 'private, no-cache' })
  if (isKnown(request.headers['if-none-match'], tag)) return reply.code(304).send()
  return reply.type('application/json; charset=utf-8').send(body)
}

/** Weak comparison (RFC 9110, 13.1.2): proxies that compress make our tag weak. */
const isKnown = (header: string | undefined, tag: string): boolean | undefined =>
  header?.split(',').some((each) => ['*', tag].includes(each.trim().replace(/^W\//, '')))

/** For the documents of routes that answer so. */
export const NOT_MODIFIED_DESCRIPTION = 'The client has it already (If-None-Match).'
