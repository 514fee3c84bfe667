import type { WebSocket as GraphqlWebSocket } from 'graphql-ws'
import type { WebSocket } from 'ws'

/** While so much waits to be read by the other side, nothing more is read from it. */
const UNREAD_BYTES_MAX = 1024 * 1024

/** How graphql-ws talks over a `ws`: one message out at a time, and nothing in while the other side does not read. */
export class Wire implements GraphqlWebSocket {
  readonly #socket: WebSocket
  readonly #onBroken: (error: unknown) => void
  /** It answered since it was last asked. */
  #answered = true

  constructor(socket: WebSocket, onBroken: (error: unknown) => void) {
    this.#socket = socket
    this.#onBroken = onBroken
    socket.on('pong', () => {
      this.#answered = true
    })
    socket.on('ping', (data: Buffer) => {
      if (this.#hasRoom()) socket.pong(data)
    })
  }

  get protocol(): string {
    return this.#socket.protocol
  }

  /** Resolves when the message has left, so that a slow reader is told the newest state next, not all in between. */
  send(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (this.#socket.readyState !== this.#socket.OPEN) return Promise.resolve()
    this.#socket.send(text, () => {
      if (this.#socket.isPaused && this.#hasRoom()) this.#socket.resume()
      resolve()
    })
    return promise
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason)
  }

  onMessage(take: (text: string) => Promise<void>): void {
    this.#socket.on('message', (data: Buffer) => {
      if (!this.#hasRoom()) this.#socket.pause()
      take(data.toString('utf8')).catch(this.#onBroken)
    })
  }

  /** Ends what has not answered since the last call; else asks again. */
  probe(): void {
    if (!this.#answered) this.#socket.terminate()
    this.#answered = false
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping()
  }

  #hasRoom(): boolean {
    return this.#socket.bufferedAmount <= UNREAD_BYTES_MAX
  }
}
