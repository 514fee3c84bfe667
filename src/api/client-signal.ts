import type { FastifyReply } from 'fastify'

/**
 * Aborts when the client goes away before it was answered. The response's own `close` is listened to: the request's
 * fires as soon as its body is read.
 */
export function clientSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  const { raw } = reply
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort()
  })
  if (raw.destroyed) gone.abort()
  return gone.signal
}
