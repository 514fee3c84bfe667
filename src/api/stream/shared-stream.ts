import type { Scope } from '../../model/scope.ts'
import type { Answer, LaneName, QueryRequest, ReadingExits } from '../../planner/engine.ts'
import { ChangingPoints } from './changing-points.ts'
import type { EventIds, Position } from './event-ids.ts'
import { snapshotEvent, upsertEvent } from './event-text.ts'

/** Told when there is something new, or that there will be nothing more. */
export interface Follower {
  onNews(): void
  onFailure(error: unknown): void
}

export interface StreamEvent {
  readonly bytes: Buffer
  /** Where a reader is who has it. */
  readonly revision: number
}

export interface SharedStreamParts {
  /** What makes streams equal. */
  readonly key: string
  /** Names this history among all that the key may have had. */
  readonly history: string
  readonly watch: ReadingExits['watch']
  readonly question: QueryRequest
  readonly scope: Scope
  readonly lane: LaneName | undefined
  /** Further members of a snapshot's `meta`. */
  readonly meta: object
  readonly ids: EventIds
  readonly eventBytesMax: number
}

/** Events that several readers get are encoded once; more different ones than this are not kept. */
const ENCODED_MAX = 4

/** One question for all who stream it: watched while somebody follows, its points kept from then on. */
export class SharedStream {
  readonly #parts: SharedStreamParts
  readonly #points = new ChangingPoints()
  readonly #followers = new Set<Follower>()
  #watching: AbortController | null = null
  #first: Promise<void> = Promise.resolve()
  #answer: Answer | null = null
  /** Of the newest revision, by the revision of who needs it; null: a snapshot. */
  #encoded = new Map<number | null, Buffer>()

  constructor(parts: SharedStreamParts) {
    this.#parts = parts
  }

  get key(): string {
    return this.#parts.key
  }

  get followed(): boolean {
    return this.#followers.size > 0
  }

  get size(): number {
    return this.#points.size
  }

  get revision(): number {
    return this.#points.revision
  }

  /** Only after `ready`. */
  get answer(): Answer {
    return this.#answer!
  }

  /** An answer no older than the first follower; rejects with what the engine refuses. */
  get ready(): Promise<void> {
    return this.#first
  }

  follow(follower: Follower): void {
    this.#followers.add(follower)
    if (!this.#watching) this.#start()
  }

  leave(follower: Follower): void {
    if (!this.#followers.delete(follower) || this.followed) return
    this.#watching?.abort()
    this.#watching = null
  }

  /** Null for a position that is not known here any more. */
  revisionAt(position: Position | null): number | null {
    if (position?.history !== this.#parts.history) return null
    return this.#points.since(position.revision) === null ? null : position.revision
  }

  /** What a reader at this revision lacks, null where it lacks nothing. Error: QUERY_TOO_EXPENSIVE. */
  eventFor(at: number | null): StreamEvent | null {
    const { revision } = this.#points
    if (at === revision) return null
    const bytes = this.#encoded.get(at) ?? this.#encode(at)
    if (this.#encoded.size < ENCODED_MAX) this.#encoded.set(at, bytes)
    return { bytes, revision }
  }

  #encode(at: number | null): Buffer {
    const { ids, key, history, meta, eventBytesMax } = this.#parts
    const { revision } = this.#points
    const head = { id: ids.write(key, { history, revision }), revision }
    const changes = at === null ? null : this.#points.since(at)
    return changes
      ? upsertEvent(head, { changes, answer: this.answer }, eventBytesMax)
      : snapshotEvent(head, { changes: this.#points.all(), answer: this.answer }, meta, eventBytesMax)
  }

  #start(): void {
    const watching = new AbortController()
    const first = Promise.withResolvers<void>()
    this.#watching = watching
    this.#first = first.promise
    first.promise.catch(() => undefined)
    void this.#run(watching, first)
  }

  async #run(watching: AbortController, first: PromiseWithResolvers<void>): Promise<void> {
    const { watch, question, scope, lane } = this.#parts
    const { signal } = watching
    const options = lane === undefined ? { scope, signal } : { scope, signal, lane }
    try {
      for await (const { answer } of watch(question, options)) {
        if (signal.aborted) break
        this.#take(answer)
        first.resolve()
      }
      first.reject(signal.reason)
    } catch (error) {
      first.reject(error)
      if (!signal.aborted) this.#fail(error)
    }
  }

  #take(answer: Answer): void {
    this.#answer = answer
    if (!this.#points.take(answer)) return
    this.#encoded = new Map()
    for (const follower of [...this.#followers]) follower.onNews()
  }

  #fail(error: unknown): void {
    this.#watching = null
    for (const follower of [...this.#followers]) follower.onFailure(error)
  }
}
