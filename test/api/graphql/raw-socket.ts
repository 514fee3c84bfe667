import { once } from 'node:events'
import { WebSocket } from 'ws'

export interface Message {
  readonly id?: string
  readonly type: string
  readonly payload?: unknown
}

/** A WebSocket that says what it is told to, right or wrong. */
export class RawSocket {
  readonly socket: WebSocket
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  readonly #messages: Message[] = []
  #arrived = Promise.withResolvers<void>()

  constructor(url: string, options: { headers?: Record<string, string>; protocol?: string } = {}) {
    const { headers = {}, protocol = 'graphql-transport-ws' } = options
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, protocol, { headers })
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    this.socket.on('message', (data: Buffer) => {
      this.#messages.push(JSON.parse(data.toString()) as Message)
      this.#arrived.resolve()
      this.#arrived = Promise.withResolvers()
    })
  }

  static async open(...parameters: ConstructorParameters<typeof RawSocket>): Promise<RawSocket> {
    const raw = new RawSocket(...parameters)
    await once(raw.socket, 'open')
    return raw
  }

  /** Open and acknowledged. */
  static async ready(url: string, payload?: object): Promise<RawSocket> {
    const raw = await RawSocket.open(url)
    raw.send({ type: 'connection_init', ...(payload && { payload }) })
    await raw.next()
    return raw
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  subscribe(id: string, query: string): void {
    this.send({ id, type: 'subscribe', payload: { query } })
  }

  async next(): Promise<Message> {
    while (this.#messages.length === 0) await this.#arrived.promise
    return this.#messages.shift()!
  }
}

/** Status and body of an upgrade that was refused. */
export async function refusedUpgrade(url: string, headers: Record<string, string> = {}) {
  const { socket } = new RawSocket(url, { headers })
  socket.on('error', () => undefined)
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    NodeJS.ReadableStream & { statusCode: number },
  ]
  let text = ''
  for await (const chunk of response) text += chunk
  socket.terminate()
  return { status: response.statusCode, text }
}
