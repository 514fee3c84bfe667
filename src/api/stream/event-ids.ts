import { createHmac, timingSafeEqual } from 'node:crypto'

/** Where in which history of a stream a reader is. */
export interface Position {
  readonly history: string
  readonly revision: number
}

const FORM = /^([\w-]{1,64})\.(\d{1,15})\.([\w-]{22})$/
const MAC_BYTES = 16

/**
 * Ids of events: `<history>.<revision>.<mac>`. The mac binds them to the stream (question and rights) they were given
 * out for, so that an id of somebody else, or one that was made up, is worth as much as none.
 */
export class EventIds {
  readonly #secret: Uint8Array

  /** The histories are in memory, so the secret need not outlive the process. */
  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  write(stream: string, { history, revision }: Position): string {
    return `${history}.${revision}.${this.#mac(stream, history, revision).toString('base64url')}`
  }

  /** Null for whatever was not given out for this stream. */
  read(stream: string, id: string | undefined): Position | null {
    const [, history, digits, mac] = FORM.exec(id ?? '') ?? []
    if (history === undefined || digits === undefined || mac === undefined) return null
    const revision = Number(digits)
    const sent = Buffer.from(mac, 'base64url')
    return timingSafeEqual(sent, this.#mac(stream, history, revision)) ? { history, revision } : null
  }

  #mac(stream: string, history: string, revision: number): Buffer {
    const mac = createHmac('sha256', this.#secret).update(`${history}.${revision}\n${stream}`).digest()
    return mac.subarray(0, MAC_BYTES)
  }
}
