import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { handleProtocols } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { LanewayError } from '../../model/errors.ts'
import { errorText } from '../error-reply.ts'
import { STATUS } from '../status.ts'
import type { Gate } from '../who-may-ask.ts'
import { GRAPHQL_PATH } from './graphql-route.ts'
import type { GraphqlService } from './graphql-service.ts'
import { SocketCaller } from './socket-caller.ts'
import { type Peer, subscriptionServer } from './subscriptions.ts'
import { Wire } from './wire.ts'

export interface SocketParts {
  readonly service: GraphqlService
  readonly gate: Gate
  /** How long a closing server waits for the other side to say goodbye. */
  readonly closeMsMax: number
}

/** Codes of RFC 6455 and of graphql-transport-ws. */
const GOING_AWAY = 1001
const BROKEN = 4500
const FORBIDDEN = 4403

/** WebSockets at `/graphql`; every other upgrade is answered as if it had not been asked for. */
export function graphqlSockets(app: FastifyInstance, { service, gate, closeMsMax }: SocketParts): void {
  const { options } = service
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.messageBytesMax,
    autoPong: false,
    handleProtocols,
  })
  const opened = new OpenSockets(app, service)
  let closing = false
  Object.assign(app.server, { shouldUpgradeCallback: wantsWebSocket })
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const who = new SocketCaller(request, gate)
    const enter = async () => {
      if (closing) throw new LanewayError('NOT_READY', { detail: 'The service is closing.' })
      opened.refuseBeyond(options.socketsMax)
      await who.enter()
      // Others may have come in meanwhile.
      opened.refuseBeyond(options.socketsMax)
      sockets.handleUpgrade(request, socket, head, (peer) => opened.add(peer, who))
    }
    void enter().catch((error: unknown) => refuse(socket, error))
  })
  app.addHook('preClose', async () => {
    closing = true
    for (const socket of sockets.clients) socket.close(GOING_AWAY, 'Going away')
    const timer = setTimeout(() => {
      for (const socket of sockets.clients) socket.terminate()
    }, closeMsMax)
    timer.unref()
    app.server.once('close', () => clearTimeout(timer))
  })
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0]!

/** Others ask for HTTP/2 in passing (`Upgrade: h2c`) and go on without. */
const wantsWebSocket = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === 'websocket' && pathOf(request) === GRAPHQL_PATH

/** The WebSocket is not opened: an answer of HTTP, and the end of the connection. */
function refuse(socket: Duplex, error: unknown): void {
  const known = error instanceof LanewayError ? error : broken(error)
  const body = errorText([known], randomUUID())
  const head = [
    `HTTP/1.1 ${STATUS[known.code]} Refused`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

const broken = (cause: unknown) => new LanewayError('INTERNAL', { detail: 'Something unexpected broke.', cause })

/** Every open WebSocket with what runs for it. */
class OpenSockets {
  readonly #app: FastifyInstance
  readonly #server: ReturnType<typeof subscriptionServer>
  readonly #options: GraphqlService['options']
  readonly #peers = new Set<Peer>()

  constructor(app: FastifyInstance, service: GraphqlService) {
    this.#app = app
    this.#options = service.options
    this.#server = subscriptionServer({ service, rates: app.rateLimits, log: app.log })
  }

  /** Half of them may be of callers that have not said who they are. Error: WATCH_FULL. */
  refuseBeyond(limit: number): void {
    const unknown = [...this.#peers].filter(({ who }) => who.caller === null).length
    if (this.#peers.size < limit && unknown < Math.ceil(limit / 2)) return
    const detail = `${limit} WebSockets are open already, or half as many without a key`
    throw new LanewayError('WATCH_FULL', { detail, limit, configKey: 'graphql.socketsMax' })
  }

  add(socket: WebSocket, who: SocketCaller): void {
    const { log } = this.#app
    const id = randomUUID()
    const startMs = performance.now()
    const wire = new Wire(socket, (err) => {
      log.error({ id, err }, 'a message of a WebSocket failed')
      socket.close(BROKEN, 'Internal error')
    })
    const peer: Peer = {
      who,
      running: new Map(),
      hasRoom: () => this.#ofCaller(who) <= this.#options.socketsPerCallerMax,
      close: (code, reason) => socket.close(code, reason),
    }
    this.#peers.add(peer)
    const closed = this.#server.opened(wire, peer)
    const timer = setInterval(() => void this.#look(wire, peer), this.#options.pingPeriodMs)
    timer.unref()
    socket.on('error', ({ message }) => log.debug({ id, reason: message }, 'a WebSocket broke'))
    socket.once('close', (code, reason) => {
      clearInterval(timer)
      this.#peers.delete(peer)
      void closed(code, reason.toString()).catch((err: unknown) => log.error({ id, err }, 'a WebSocket closed badly'))
      log.info({ id, route: GRAPHQL_PATH, code, ms: Math.round(performance.now() - startMs) }, 'WebSocket closed')
    })
  }

  #ofCaller({ caller }: SocketCaller): number {
    return [...this.#peers].filter(({ who }) => who.caller?.id === caller?.id).length
  }

  /** Whether it is still there, and still allowed to be. */
  async #look(wire: Wire, peer: Peer): Promise<void> {
    wire.probe()
    if (!(await peer.who.isStillAllowed())) peer.close(FORBIDDEN, 'Forbidden')
  }
}
