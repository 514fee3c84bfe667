import { LanewayError } from '../model/errors.ts'
import { decodeTaskState, type TaskStateRecord } from '../model/task-records.ts'
import type { LogRecord, LogSink, LogTail } from '../ports/log.ts'

export interface StateReaderOptions {
  readonly tail: LogTail
  /** Every record up to the end of the log as it was at the start, then every further one. */
  readonly onRecord: (record: TaskStateRecord) => void
  /** The reader stopped for a reason of its own after it had caught up. */
  readonly onBroken: (error: unknown) => void
  readonly onUnreadable: (error: unknown) => void
}

/** Reads `task-state` from its beginning, and goes on. */
export class StateReader {
  readonly #options: StateReaderOptions
  readonly #ended = new AbortController()
  /** Positions still to be reached, by partition. */
  readonly #ends = new Map<number, bigint>()
  readonly #caughtUp = Promise.withResolvers<void>()

  constructor(options: StateReaderOptions) {
    this.#options = options
  }

  /** Resolves when everything that was there at the call has been handed over. */
  async open(signal: AbortSignal): Promise<void> {
    const { tail, onBroken } = this.#options
    for (const { partition, end } of (await tail.describe()).partitions) this.#ends.set(partition, end)
    const until = AbortSignal.any([signal, this.#ended.signal])
    const stopped = new LanewayError('NOT_READY', { detail: 'the task manager stopped reading its state' })
    tail
      .run(new Map(), this.#sink(), until)
      .then(() => this.#caughtUp.reject(stopped))
      .catch((error: unknown) => {
        this.#caughtUp.reject(error)
        if (this.#ends.size === 0) onBroken(error)
      })
    await this.#caughtUp.promise
  }

  close(): void {
    this.#ended.abort()
  }

  #sink(): LogSink {
    const restart = (what: string) => {
      const error = new LanewayError('NOT_READY', { detail: `${what}; the task manager reads its state again` })
      this.#caughtUp.reject(error)
      if (!this.#ended.signal.aborted) this.#options.onBroken(error)
    }
    return {
      onRecords: (partition, records, next) => {
        if (this.#ended.signal.aborted) return
        for (const record of records) this.#take(record)
        if (next >= (this.#ends.get(partition) ?? next)) this.#ends.delete(partition)
        if (this.#ends.size === 0) this.#caughtUp.resolve()
      },
      onOutOfRange: () => restart('a position of task-state is out of range'),
      onTopicChanged: () => restart('task-state was made again'),
      onPartitionsAdded: () => undefined,
    }
  }

  #take({ key, value }: LogRecord): void {
    const { onRecord, onUnreadable } = this.#options
    try {
      onRecord(decodeTaskState(textOf(key) ?? '', textOf(value)))
    } catch (error) {
      onUnreadable(error)
    }
  }
}

const decoder = new TextDecoder()
const textOf = (bytes: Uint8Array | null): string | null => (bytes === null ? null : decoder.decode(bytes))
