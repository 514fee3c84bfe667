import type { FastifyReply, FastifyRequest } from 'fastify'
import { LanewayError, LanewayErrors } from '../model/errors.ts'
import { ERRORS_MAX } from './api-limits.ts'
import { type ErrorBody, errorItem, retryAfterOf } from './error-body.ts'
import { translated } from './framework-errors.ts'
import { rpcStatus } from './rpc-status.ts'
import { STATUS } from './status.ts'

const PROTOBUF = 'application/x-protobuf'

/**
 * Answers any failure: catalogued errors as they are, the framework's translated, everything else as INTERNAL with the
 * id under which the log has its details. Never a stack trace or a message that was not written for clients.
 */
export function replyWithError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const errors = errorsOf(error, request)
  const [first] = errors as [LanewayError, ...LanewayError[]]
  const status = STATUS[first.code]
  logFailure(first, request)
  const retryAfter = retryAfterOf(first)
  if (retryAfter !== undefined) reply.header('retry-after', Math.ceil(retryAfter))
  reply.code(status)
  if (wantsProtobuf(request)) return reply.type(PROTOBUF).send(rpcStatus(status, `${first.code}: ${first.message}`))
  return reply.type('application/json; charset=utf-8').send(errorText(errors, request.id))
}

export const errorText = (errors: readonly LanewayError[], id: string): string =>
  JSON.stringify({ errors: errors.map((error) => errorItem(error, id)) } satisfies ErrorBody)

export function errorsOf(error: unknown, request: FastifyRequest): readonly LanewayError[] {
  if (error instanceof LanewayError) return [error]
  if (error instanceof LanewayErrors && error.errors.length > 0) return error.errors.slice(0, ERRORS_MAX)
  const known = translated(error, request)
  if (known) return [known]
  return [
    new LanewayError('INTERNAL', {
      detail: `Something unexpected broke; the log has it as ${request.id}.`,
      cause: error,
    }),
  ]
}

function logFailure(error: LanewayError, request: FastifyRequest): void {
  const facts = { code: error.code, id: request.id }
  if (error.kind === 'fail') request.log.error({ ...facts, err: error.facts.cause ?? error }, error.message)
  // A refusal repeats what was sent: it is for whoever sent it, not for the readers of the log.
  else request.log.debug(facts, 'refused')
}

/** By path as well as by route: a protobuf client may have the path wrong. */
function wantsProtobuf(request: FastifyRequest): boolean {
  const isOtlp = request.routeOptions.config?.otlp === true || request.url.startsWith('/v1/')
  return isOtlp && (request.headers['content-type'] ?? '').toLowerCase().startsWith(PROTOBUF)
}
