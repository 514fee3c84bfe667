import type { ServerResponse } from 'node:http'
import { byeEvent, heartbeatEvent, retryField } from './event-text.ts'
import type { StreamEvent } from './shared-stream.ts'
import type { StreamLimits } from './stream-limits.ts'

export interface ConnectionParts {
  readonly raw: ServerResponse
  readonly limits: StreamLimits
  readonly clock: () => number
  /** What a reader at this revision lacks; may throw. */
  readonly eventFor: (at: number | null) => StreamEvent | null
  /** What is sent before the end when `eventFor` throws. */
  readonly failed: (error: unknown) => Buffer
  /** An event is about to be sent. */
  readonly onEvent: () => void
}

/** Written at once: what tells a slow reader, who takes some, from a stuck one. */
const SLICE_BYTES = 64 * 1024

/**
 * One reader. At most one event waits for it, as one slice in the socket and a rest that is shared with other readers;
 * what happens meanwhile is asked for when the reader has taken that event, as one event from there to the newest.
 *
 *     revisions    4   5   6   7   8
 *     sent         4 ~~~~~~~~~~~~▸ 8
 */
export class Connection {
  readonly #parts: ConnectionParts
  readonly #heartbeat: NodeJS.Timeout
  /** Of the last event that was sent whole. */
  #at: number | null
  #writing = false
  #farewell: Buffer | null = null

  constructor(parts: ConnectionParts, at: number | null) {
    this.#parts = parts
    this.#at = at
    this.#heartbeat = setInterval(() => this.#beat(), parts.limits.heartbeatMs)
    this.#heartbeat.unref()
    parts.raw.once('close', () => clearInterval(this.#heartbeat))
    void this.#send(retryField(parts.limits.retryMs))
  }

  /** There may be something that the reader lacks. */
  news(): void {
    void this.#pump()
  }

  /** The server closes. */
  bye(): void {
    this.end(byeEvent())
  }

  /** Sends what is under way and this, then nothing more. */
  end(farewell: Buffer): void {
    this.#farewell ??= farewell
    void this.#pump()
  }

  #beat(): void {
    if (!this.#writing && !this.#farewell) void this.#send(heartbeatEvent(this.#at ?? 0, this.#parts.clock()))
  }

  /** Goes on until the reader has everything or is gone. */
  async #pump(): Promise<void> {
    if (this.#writing) return
    for (let event = this.#next(); event; event = this.#next()) {
      this.#parts.onEvent()
      if (!(await this.#write(event.bytes))) return
      this.#at = event.revision
    }
    if (this.#farewell) this.#finish(this.#farewell)
  }

  #next(): StreamEvent | null {
    if (this.#farewell) return null
    try {
      return this.#parts.eventFor(this.#at)
    } catch (error) {
      this.#farewell = this.#parts.failed(error)
      return null
    }
  }

  /** Something small beside the events; news that came meanwhile follows it. */
  async #send(bytes: Buffer): Promise<void> {
    if (this.#writing) return
    if (await this.#write(bytes)) await this.#pump()
  }

  /** False when the reader went away, or takes nothing. */
  async #write(bytes: Buffer): Promise<boolean> {
    this.#writing = true
    for (let from = 0; from < bytes.byteLength; from += SLICE_BYTES) {
      const { raw } = this.#parts
      if (raw.destroyed) return false
      if (!raw.write(bytes.subarray(from, from + SLICE_BYTES)) && !(await this.#drained())) return false
    }
    this.#writing = false
    return true
  }

  #drained(): Promise<boolean> {
    const { raw, limits } = this.#parts
    return new Promise((resolve) => {
      const stuck = setTimeout(() => raw.destroy(), limits.stuckMsMax)
      const settle = (drained: boolean) => {
        clearTimeout(stuck)
        raw.off('drain', onDrain)
        raw.off('close', onClose)
        resolve(drained)
      }
      const onDrain = () => settle(true)
      const onClose = () => settle(false)
      raw.once('drain', onDrain)
      raw.once('close', onClose)
    })
  }

  #finish(farewell: Buffer): void {
    this.#writing = true
    clearInterval(this.#heartbeat)
    this.#parts.raw.end(farewell)
  }
}
