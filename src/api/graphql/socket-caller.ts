import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { LanewayError } from '../../model/errors.ts'
import { scopeKey } from '../../model/scope.ts'
import type { Caller } from '../caller.ts'
import { shown } from '../shown.ts'
import { checkAccess, type Gate } from '../who-may-ask.ts'

/** Who asks over a WebSocket: known from its first request, or from what its connection_init brings. */
export class SocketCaller {
  readonly #request: IncomingMessage
  readonly #gate: Gate
  #authorization: string | undefined
  #caller: Caller | null = null

  constructor(request: IncomingMessage, gate: Gate) {
    this.#request = request
    this.#gate = gate
    this.#authorization = request.headers.authorization
  }

  /** Null until it is known. */
  get caller(): Caller | null {
    return this.#caller
  }

  /** The address, for the rate limits of callers without a key. */
  get address(): string {
    return this.#request.socket.remoteAddress ?? ''
  }

  /**
   * Before the WebSocket opens. Browsers cannot send a key with it, so where keys are needed none may come yet; a key
   * that a browser sends by itself is not taken from pages of others. Errors: UNAUTHENTICATED, FORBIDDEN.
   */
  async enter(): Promise<void> {
    const isOpen = this.#gate.keys === null && this.#gate.tokens === null
    if (!isOpen && this.#authorization === undefined) return
    if (!isOpen) this.#refuseForeignPage()
    this.#caller = await this.#check()
  }

  /** With what connection_init says; `authorization` as the header would be. Errors: UNAUTHENTICATED, FORBIDDEN. */
  async introduce(parameters: Readonly<Record<string, unknown>> | undefined): Promise<Caller> {
    const said = parameters?.authorization ?? parameters?.Authorization
    if (this.#caller !== null) return this.#caller
    this.#authorization = typeof said === 'string' ? said : undefined
    this.#caller = await this.#check()
    return this.#caller!
  }

  /** Whether the same rights are still there: keys are withdrawn, tokens expire, and a WebSocket may stay for days. */
  async isStillAllowed(): Promise<boolean> {
    const before = this.#caller
    if (before === null) return true
    try {
      const now = await this.#check()
      return now !== null && rightsOf(now) === rightsOf(before)
    } catch (error) {
      return error instanceof LanewayError && error.code === 'TOKEN_KEYS_UNAVAILABLE'
    }
  }

  #check(): Promise<Caller | null> {
    const { headers, socket } = this.#request
    const asked = { headers: { ...headers, authorization: this.#authorization }, socket }
    return checkAccess(asked as FastifyRequest, 'query', this.#gate)
  }

  #refuseForeignPage(): void {
    const { origin, host } = this.#request.headers
    if (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase())) return
    throw new LanewayError('FORBIDDEN', {
      detail: `A page of ${shown(origin)} may not use the key that the browser keeps for this service.`,
      hint: 'Send the key in connection_init, as authorization.',
    })
  }
}

const rightsOf = ({ id, roles, scope }: Caller): string => JSON.stringify([id, [...roles].sort(), scopeKey(scope)])
