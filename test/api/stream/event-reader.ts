import assert from 'node:assert/strict'

/** What any of the events may say; each says its part. */
export interface SentData {
  readonly revision: number
  readonly data: readonly SentRow[]
  readonly removed?: readonly SentRow[]
  readonly meta: {
    readonly freshness: { readonly completeThrough: string; readonly state: string }
    readonly plan?: { readonly slices: readonly object[] }
    readonly truncated: boolean
    readonly groupsTotal: number
    readonly [further: string]: unknown
  }
  readonly errors: readonly { readonly code: string }[]
}

export interface SentEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: SentData
}

export interface SentRow {
  readonly timestamp: string
  readonly revision: number
  readonly complete: boolean
  readonly value?: number
  readonly [label: string]: unknown
}

/** One connection to a stream, read event by event. */
export class EventReader {
  readonly response: Response
  readonly #leaving: AbortController
  readonly #chunks: AsyncIterator<string>
  #text = ''
  #isOver = false
  /** What stood before the first event. */
  retry: string | undefined

  private constructor(response: Response, leaving: AbortController) {
    this.response = response
    this.#leaving = leaving
    this.#chunks = response.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
  }

  static async open(url: string, init: RequestInit = {}): Promise<EventReader> {
    const leaving = new AbortController()
    const response = await fetch(url, { ...init, signal: leaving.signal })
    if (response.status !== 200) {
      const text = await response.text()
      assert.fail(`${response.status} ${text}`)
    }
    return new EventReader(response, leaving)
  }

  /** The next event, heartbeats left out unless asked for; null at the end. */
  async next(name?: string): Promise<SentEvent | null> {
    for (;;) {
      const block = await this.#block()
      if (block === null) return null
      const event = this.#read(block)
      if (event && (event.event !== 'heartbeat' || name === 'heartbeat')) return event
    }
  }

  leave(): void {
    this.#leaving.abort()
  }

  #read(block: string): SentEvent | null {
    const fields = new Map(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.replace(/^\w*: ?/, '')]),
    )
    this.retry ??= fields.get('retry')
    const data = fields.get('data')
    return data === undefined ? null : { event: fields.get('event')!, id: fields.get('id'), data: JSON.parse(data) }
  }

  async #block(): Promise<string | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end >= 0) {
        const block = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        return block
      }
      if (this.#isOver) return null
      const { done, value } = await this.#chunks.next()
      if (done) this.#isOver = true
      else this.#text += value
    }
  }
}

/** What a client has after the events it was sent. */
export class ClientState {
  readonly rows = new Map<string, SentRow>()
  readonly #labels: readonly string[]
  lastId: string | undefined

  constructor(labels: readonly string[]) {
    this.#labels = labels
  }

  apply({ event, id, data }: SentEvent): void {
    if (event !== 'snapshot' && event !== 'upsert') return
    if (event === 'snapshot') this.rows.clear()
    for (const row of data.removed ?? []) this.rows.delete(this.#keyOf(row))
    for (const row of data.data) this.rows.set(this.#keyOf(row), row)
    this.lastId = id
  }

  /** `10:00 a 7`, sorted. */
  texts(): string[] {
    return [...this.rows].map(([key, { value }]) => `${key} ${value}`).sort()
  }

  #keyOf(row: SentRow): string {
    return [row.timestamp, ...this.#labels.map((label) => JSON.stringify(row[label]))].join(' ')
  }
}
