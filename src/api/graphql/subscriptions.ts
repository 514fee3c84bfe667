import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { type ExecutionArgs, type ExecutionResult, type FormattedExecutionResult, GraphQLError } from 'graphql'
import { type Context, makeServer, type SubscribePayload } from 'graphql-ws'
import { LanewayError } from '../../model/errors.ts'
import { isSlowOnly } from '../auth/roles.ts'
import type { Caller } from '../caller.ts'
import type { RateLimits } from '../rate-limits.ts'
import type { GraphqlContext } from './context.ts'
import { type SentError, toldErrors } from './graphql-errors.ts'
import type { GraphqlService } from './graphql-service.ts'
import { readParameters } from './request-parameters.ts'
import type { SocketCaller } from './socket-caller.ts'

/** One WebSocket: who it is, and what runs for it. */
export interface Peer {
  readonly who: SocketCaller
  /** Its caller has no more WebSockets than allowed, this one included. */
  readonly hasRoom: () => boolean
  readonly close: (code: number, reason: string) => void
  /** By the message that asked for it. */
  readonly running: Map<SubscribePayload, Running>
}

interface Running {
  readonly stop: AbortController
  readonly context: GraphqlContext
  /** Cost that was charged already. */
  charged: number
}

export interface SubscriptionParts {
  readonly service: GraphqlService
  readonly rates: RateLimits | null
  readonly log: FastifyBaseLogger
}

/** Codes of graphql-transport-ws and of RFC 6455's registry. */
const UNAUTHORIZED = 4401
const TRY_AGAIN_LATER = 1013

type PeerContext = Context<Record<string, unknown>, Peer>

/** graphql-transport-ws, by the library of the protocol's author; what is asked goes the way of HTTP. */
export function subscriptionServer(parts: SubscriptionParts) {
  const { service, rates, log } = parts
  const chargeFor = (peer: Peer, running: Running, cost: number) => {
    running.charged += cost
    if (peer.who.caller) rates?.charge(peer.who.caller, peer.who.address, cost)
  }
  return makeServer<Record<string, unknown>, Peer>({
    connectionInitWaitTimeout: service.options.initMsMax,
    onConnect: ({ connectionParams, extra }) => introduced(connectionParams, extra),
    onSubscribe: (context, _id, payload) => begin(context, payload, parts),
    onNext: ({ extra }, _id, payload, _args, result) => {
      const running = extra.running.get(payload)
      if (running) chargeFor(extra, running, running.context.asker.cost - running.charged)
      return told(result, log)
    },
    onError: (_context, _id, _payload, errors) => sentErrors(errors, log),
    onComplete: ({ extra }, _id, payload) => end(extra, payload),
    onClose: ({ extra }) => {
      for (const payload of extra.running.keys()) end(extra, payload)
    },
  })
}

/** False closes the WebSocket as Forbidden; who is not known at all is told so. */
async function introduced(parameters: Record<string, unknown> | undefined, peer: Peer): Promise<boolean> {
  const { who, close, hasRoom } = peer
  try {
    await who.introduce(parameters)
    if (!hasRoom()) close(TRY_AGAIN_LATER, 'Too many WebSockets')
    return hasRoom()
  } catch (error) {
    if (error instanceof LanewayError && error.code === 'UNAUTHENTICATED') close(UNAUTHORIZED, 'Unauthorized')
    return false
  }
}

function end({ running }: Peer, payload: SubscribePayload): void {
  running.get(payload)?.stop.abort()
  running.delete(payload)
}

/** What to run, or what is wrong with it. */
async function begin({ extra, subscriptions }: PeerContext, payload: SubscribePayload, parts: SubscriptionParts) {
  const { service, rates } = parts
  try {
    const caller = extra.who.caller!
    boundRunning(Object.keys(subscriptions).length, service.options.subscriptionsMax)
    rates?.admit(caller, extra.who.address)
    const prepared = service.prepare(readParameters(payload), caller)
    const errors = service.validate(prepared)
    if (errors.length > 0) return errors
    const stop = new AbortController()
    const context = service.contextFor(caller, { ...askingAs(caller), signal: stop.signal })
    extra.running.set(payload, { stop, context, charged: 0 })
    const { document, operationName, variables: variableValues } = prepared
    return { schema: service.schema, document, operationName, variableValues, contextValue: context } as ExecutionArgs
  } catch (error) {
    return [asGraphqlError(error)]
  }
}

const askingAs = ({ scope, roles }: Caller) => (isSlowOnly(roles) ? { scope, lane: 'slow' as const } : { scope })

const asGraphqlError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError('refused', { originalError: error instanceof Error ? error : new Error(String(error)) })

function boundRunning(count: number, limit: number): void {
  if (count <= limit) return
  throw new LanewayError('WATCH_FULL', {
    detail: `${limit} operations are under way on this WebSocket already`,
    limit,
    configKey: 'graphql.subscriptionsMax',
  })
}

interface Result {
  readonly data?: ExecutionResult['data']
  readonly errors?: readonly GraphQLError[] | undefined
}

function told({ data, errors }: Result, log: FastifyBaseLogger): FormattedExecutionResult {
  if (!errors || errors.length === 0) return { data: data ?? null }
  return { errors: sentErrors(errors, log), data: data ?? null }
}

function sentErrors(failures: readonly GraphQLError[], log: FastifyBaseLogger): readonly SentError[] {
  const id = randomUUID()
  const { errors, causes } = toldErrors(failures, id)
  for (const err of causes) log.error({ id, err }, 'a field failed')
  return errors
}
