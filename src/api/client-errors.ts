import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import { LanewayError } from '../model/errors.ts'
import { HEADER_BYTES_MAX } from './api-limits.ts'
import { errorItem } from './error-body.ts'
import { STATUS } from './status.ts'

interface ClientError extends Error {
  readonly code?: string
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/** Answers a connection whose bytes never became a request, and ends it. */
export function answerClientError(error: ClientError, socket: Socket, requestMsMax: number): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const meaning = meaningOf(error, requestMsMax)
  const status = STATUS[meaning.code]
  const body = JSON.stringify({ errors: [errorItem(meaning, randomUUID())] })
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroySoon())
}

function meaningOf({ code, message }: ClientError, requestMsMax: number): LanewayError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const detail = `The request did not arrive whole within ${requestMsMax} ms.`
    return new LanewayError('REQUEST_TOO_SLOW', { detail, limit: requestMsMax, configKey: 'http.requestMsMax' })
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    const detail = `Request line and headers are longer than ${HEADER_BYTES_MAX} bytes.`
    return new LanewayError('HEADERS_TOO_LARGE', { detail, limit: HEADER_BYTES_MAX })
  }
  return new LanewayError('BODY_UNREADABLE', { detail: `What was sent is not HTTP/1.1: ${message}.` })
}

/** Clients that send nonsense are no trouble of ours: logged only where somebody looks closely. */
export const logClientError = (log: FastifyBaseLogger, { code }: ClientError): void =>
  log.debug({ code }, 'a connection broke before it became a request')
