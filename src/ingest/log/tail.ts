import { setImmediate } from 'node:timers/promises'
import { LanewayError } from '../../model/errors.ts'
import type { LogDescription, LogSink, LogTail } from '../../ports/log.ts'
import type { LogCore } from './core.ts'
import type { KnownEnds } from './known-ends.ts'
import type { StoredTopic } from './store.ts'

/** Reads a topic of a local log: woken by commits, in bounded batches, each partition on its own. */
export class StoreTail implements LogTail, KnownEnds {
  readonly #core: LogCore
  readonly #topic: string

  /** Error: FIELD_INVALID when the log has no such topic. */
  constructor(core: LogCore, topic: string) {
    this.#core = core
    this.#topic = topic
    this.#stored()
  }

  async describe(): Promise<LogDescription> {
    const { topicId, partitions } = this.#stored()
    const bounds = partitions.map(({ start, end }, partition) => ({
      partition,
      start: BigInt(start),
      end: BigInt(end),
    }))
    return { topicId, partitions: bounds }
  }

  ends(): ReadonlyMap<number, bigint> {
    return new Map(this.#stored().partitions.map(({ end }, partition) => [partition, BigInt(end)]))
  }

  async run(from: ReadonlyMap<number, bigint>, sink: LogSink, signal: AbortSignal): Promise<void> {
    await new TailRun(this.#core, this.#topic, sink, signal).run(from)
  }

  #stored(): StoredTopic {
    const stored = this.#core.store.topic(this.#topic)
    if (!stored) throw new LanewayError('FIELD_INVALID', { detail: `the log has no topic "${this.#topic}"` })
    return stored
  }
}

class TailRun {
  readonly #core: LogCore
  readonly #topic: string
  readonly #topicId: string
  readonly #sink: LogSink
  readonly #ended = new AbortController()
  /** The caller's signal, the log's closing, or a failure here. */
  readonly #until: AbortSignal
  readonly #readers: Promise<void>[] = []
  #topicTold = false
  #failure: { readonly error: unknown } | null = null

  constructor(core: LogCore, topic: string, sink: LogSink, signal: AbortSignal) {
    this.#core = core
    this.#topic = topic
    this.#topicId = core.store.topic(topic)!.topicId
    this.#sink = sink
    this.#until = AbortSignal.any([signal, core.closing, this.#ended.signal])
  }

  /** Resolves after the sink's last call has ended; rejects with what the sink or the store threw. */
  async run(from: ReadonlyMap<number, bigint>): Promise<void> {
    if (this.#until.aborted) return
    this.#startReaders(from)
    while (!this.#until.aborted) {
      await this.#core.bells.next(this.#topic, this.#until)
      if (!this.#until.aborted) this.#guarded(() => this.#lookAtTopic())
    }
    await Promise.all(this.#readers)
    if (this.#failure) throw this.#failure.error
  }

  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#ended.abort()
  }

  #startReaders(from: ReadonlyMap<number, bigint>): void {
    const { partitions } = this.#current()
    for (let partition = this.#readers.length; partition < partitions.length; partition++) {
      this.#readers.push(this.#read(partition, from.get(partition)).catch((error) => this.#fail(error)))
    }
  }

  #lookAtTopic(): void {
    const { topicId, partitions } = this.#current()
    if (topicId !== this.#topicId) {
      if (!this.#topicTold) this.#sink.onTopicChanged(this.#topicId, topicId)
      this.#topicTold = true
      return
    }
    if (partitions.length <= this.#readers.length) return
    const known = this.#readers.length
    this.#sink.onPartitionsAdded(Array.from({ length: partitions.length - known }, (_, i) => known + i))
    this.#startReaders(new Map())
  }

  async #read(partition: number, from: bigint | undefined): Promise<void> {
    let position = from === undefined ? await this.#begin(partition) : Number(from)
    while (!this.#until.aborted && this.#current().topicId === this.#topicId) {
      const { start, end } = this.#current().partitions[partition]!
      if (position < start || position > end) return this.#sink.onOutOfRange(partition, BigInt(start))
      if (position === end) {
        await this.#core.bells.next(this.#topic, this.#until)
        continue
      }
      position = await this.#deliver(partition, position)
      await setImmediate()
    }
  }

  /** Tells where the partition begins, so that an empty one has a position too. */
  async #begin(partition: number): Promise<number> {
    const { start } = this.#current().partitions[partition]!
    await this.#sink.onRecords(partition, [], BigInt(start))
    return start
  }

  async #deliver(partition: number, position: number): Promise<number> {
    const { records, next } = this.#core.read(this.#topic, partition, position, 'tailBatch')
    await this.#sink.onRecords(partition, records, BigInt(next))
    return next
  }

  #current(): StoredTopic {
    return this.#core.store.topic(this.#topic)!
  }
}
