import { randomBytes, randomUUID } from 'node:crypto'
import { type Scope, scopeKey } from '../../model/scope.ts'
import type { LaneName, QueryRequest, ReadingExits } from '../../planner/engine.ts'
import { EventIds, type Position } from './event-ids.ts'
import { type Follower, SharedStream } from './shared-stream.ts'
import type { StreamLimits } from './stream-limits.ts'

export interface StreamAsked {
  readonly question: QueryRequest
  readonly scope: Scope
  readonly lane?: LaneName
  /** Further members of a snapshot's `meta`. */
  readonly meta: object
}

const SECRET_BYTES = 32

/**
 * All streams by what makes them equal: question and rights. One that loses its last reader is kept for a while, so
 * that a reader whose connection broke finds what it missed; the longest unread goes first when they are too many.
 */
export class SharedStreams {
  readonly #watch: ReadingExits['watch']
  readonly #limits: StreamLimits
  readonly #ids = new EventIds(randomBytes(SECRET_BYTES))
  readonly #streams = new Map<string, SharedStream>()
  /** Without a reader, in the order in which they lost the last; each with the timer of its end. */
  readonly #unread = new Map<SharedStream, NodeJS.Timeout>()

  constructor(watch: ReadingExits['watch'], limits: StreamLimits) {
    this.#watch = watch
    this.#limits = limits
  }

  get count(): number {
    return this.#streams.size
  }

  join(asked: StreamAsked, follower: Follower): SharedStream {
    const { question, scope, lane, meta } = asked
    const key = JSON.stringify([scopeKey(scope), lane ?? null, question, meta])
    const stream = this.#streams.get(key) ?? this.#open(key, asked)
    clearTimeout(this.#unread.get(stream))
    this.#unread.delete(stream)
    stream.follow(follower)
    return stream
  }

  leave(stream: SharedStream, follower: Follower): void {
    stream.leave(follower)
    if (stream.followed || this.#unread.has(stream)) return
    if (stream.revision === 0) this.#drop(stream)
    else this.#keep(stream)
  }

  close(): void {
    for (const stream of [...this.#unread.keys()]) this.#drop(stream)
  }

  /** Null for an id that is not of this stream. */
  positionOf(stream: SharedStream, lastEventId: string | undefined): Position | null {
    return this.#ids.read(stream.key, lastEventId)
  }

  #open(key: string, { question, scope, lane, meta }: StreamAsked): SharedStream {
    const stream = new SharedStream({
      key,
      history: randomUUID(),
      watch: this.#watch,
      question,
      scope,
      lane,
      meta,
      ids: this.#ids,
      eventBytesMax: this.#limits.eventBytesMax,
    })
    this.#streams.set(key, stream)
    return stream
  }

  #keep(stream: SharedStream): void {
    const timer = setTimeout(() => this.#drop(stream), this.#limits.resumeMs)
    timer.unref()
    this.#unread.set(stream, timer)
    let points = 0
    for (const each of this.#unread.keys()) points += 1 + each.size
    for (const each of [...this.#unread.keys()]) {
      if (points <= this.#limits.resumePointsMax) return
      points -= 1 + each.size
      this.#drop(each)
    }
  }

  #drop(stream: SharedStream): void {
    clearTimeout(this.#unread.get(stream))
    this.#unread.delete(stream)
    this.#streams.delete(stream.key)
  }
}
