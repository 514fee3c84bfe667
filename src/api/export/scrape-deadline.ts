import type { FastifyReply, FastifyRequest } from 'fastify'
import { LanewayError } from '../../model/errors.ts'
import { clientSignal } from '../client-signal.ts'

/** What Metrics API v2 advises as scrape_timeout; for clients that do not say. */
const SCRAPE_MS_DEFAULT = 60_000
/** Kept back, so that an error still arrives in time. */
const MARGIN_MS = 500
const HEADER = 'x-prometheus-scrape-timeout-seconds'

/**
 * Aborts when the scraper has gone, or just before it would give up, with the error that says so. An answer that is
 * still being sent by then is cut: its connection breaks, so that nobody takes a part for the whole.
 */
export function scrapeSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const ending = new AbortController()
  const gone = clientSignal(reply)
  const leave = () => ending.abort(new LanewayError('CLIENT_CLOSED', { detail: 'the client closed the request' }))
  if (gone.aborted) leave()
  else gone.addEventListener('abort', leave, { once: true })
  const ms = scrapeMs(request)
  const timer = setTimeout(() => {
    ending.abort(tooLate(ms))
    if (reply.raw.headersSent && !reply.raw.writableFinished) reply.raw.destroy()
  }, ms)
  reply.raw.once('close', () => clearTimeout(timer))
  return ending.signal
}

function scrapeMs(request: FastifyRequest): number {
  const sent = request.headers[HEADER]
  const seconds = Number(typeof sent === 'string' ? sent : Number.NaN)
  const ms = seconds > 0 ? Math.min(seconds * 1000, SCRAPE_MS_DEFAULT) : SCRAPE_MS_DEFAULT
  return Math.max(ms / 2, ms - MARGIN_MS)
}

const tooLate = (ms: number): LanewayError =>
  new LanewayError('DEADLINE_EXCEEDED', {
    detail: `the export was not ready within ${Math.round(ms)} ms, which is when the scraper gives up`,
    hint: 'Raise scrape_timeout, or export fewer metrics or resources at a time.',
  })

/** The work's result, unless the signal aborts first; the work itself goes on for others. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason)
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  return promise
}
