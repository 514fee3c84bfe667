import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LanewayError } from '../../model/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { errorsOf, errorText } from '../error-reply.ts'
import { resultHeaders } from '../query/result-headers.ts'
import { charge } from '../rate-limits.ts'
import { Connection } from './connection.ts'
import { failedEvent } from './event-text.ts'
import type { OpenStreams } from './open-streams.ts'
import type { Follower, SharedStream } from './shared-stream.ts'
import type { StreamAsked } from './shared-streams.ts'

export interface Opening {
  readonly asked: StreamAsked
  readonly lastEventId: string | undefined
  readonly caller: string
}

export interface Around {
  readonly open: OpenStreams
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly clock: Clock
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // Proxies that gather answers before they pass them on would hold events back.
  'x-accel-buffering': 'no',
}

/**
 * From a question to events: what is refused is an ordinary error answer, because nothing is sent before the first
 * answer is there. Errors: WATCH_FULL and those of a question.
 */
export async function openStream(opening: Opening, around: Around): Promise<FastifyReply> {
  const { open, request, reply, clock } = around
  const { raw } = reply
  const startMs = clock()
  if (raw.destroyed) throw clientClosed()
  raw.once('close', open.seats.take(opening.caller))
  const late: LateConnection = { connection: null }
  const follower = followerOf(late, request)
  const stream = open.shared.join(opening.asked, follower)
  raw.once('close', () => open.shared.leave(stream, follower))
  await firstAnswer(stream, reply)
  const at = stream.revisionAt(open.shared.positionOf(stream, opening.lastEventId))
  stream.eventFor(at)
  charge(reply, stream.answer.cost)
  reply.hijack()
  const headers = { ...reply.getHeaders(), ...resultHeaders(stream.answer, clock() - startMs), ...HEADERS }
  raw.writeHead(200, headers as OutgoingHttpHeaders)
  late.connection = connect(at, stream, around)
  return reply
}

/** A stream may have news, or fail, before there is a connection to tell. */
interface LateConnection {
  connection: Connection | null
}

const followerOf = (late: LateConnection, request: FastifyRequest): Follower => ({
  onNews: () => late.connection?.news(),
  onFailure: (error) => late.connection?.end(failure(error, request)),
})

function connect(at: number | null, stream: SharedStream, { open, request, reply, clock }: Around): Connection {
  // Charged with the headers already; a reader who lacks nothing is not sent it.
  let isFirst = at !== stream.revision
  const parts = {
    raw: reply.raw,
    limits: open.limits,
    clock,
    eventFor: (from: number | null) => stream.eventFor(from),
    failed: (error: unknown) => failure(error, request),
    onEvent() {
      if (!isFirst) charge(reply, stream.answer.cost)
      isFirst = false
    },
  }
  const connection = new Connection(parts, at)
  reply.raw.once('close', open.add(connection))
  return connection
}

/** Rejects with what the engine refuses, or with CLIENT_CLOSED when nobody waits any more. */
async function firstAnswer(stream: SharedStream, { raw }: FastifyReply): Promise<void> {
  try {
    await stream.ready
  } catch (error) {
    throw raw.destroyed ? clientClosed() : error
  }
  if (raw.destroyed) throw clientClosed()
}

const clientClosed = (): LanewayError => new LanewayError('CLIENT_CLOSED', { detail: 'the client closed the request' })

function failure(error: unknown, request: FastifyRequest): Buffer {
  const errors = errorsOf(error, request)
  if (errors[0]?.kind === 'fail') {
    request.log.error({ id: request.id, code: errors[0].code, err: errors[0].facts.cause ?? errors[0] }, 'stream ended')
  }
  return failedEvent(errorText(errors, request.id))
}
