import { channel } from 'node:diagnostics_channel'
import { CHANNELS } from '../../model/channels.ts'
import { LanewayError } from '../../model/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { Bells } from './bells.ts'
import { checkBatch } from './check-batch.ts'
import type { LogLimits } from './limits.ts'
import type { CommitOutcome, Fence, LogCommit, LogStore, StoredBatch } from './store.ts'

const appendChannel = channel(CHANNELS.logAppend)

/** What can go wrong in a log; each activity is in trouble from a failure to its next success. */
export type Activity = 'write' | 'read' | 'maintenance' | 'handling'

/** What writers, tails and groups of one log share: the store, who waits, and what went wrong. */
export class LogCore {
  readonly store: LogStore
  readonly limits: LogLimits
  readonly bells = new Bells()
  readonly #closing = new AbortController()
  readonly #troubles = new Map<Activity, unknown>()
  readonly #clock: Clock
  readonly #counts = { commits: 0, records: 0, failures: 0 }
  #lastCommitMs: number | null = null
  #waiting = 0

  constructor(store: LogStore, limits: LogLimits, clock: Clock) {
    this.store = store
    this.limits = limits
    this.#clock = clock
  }

  /** Aborts when the log closes. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  get facts(): Readonly<Record<string, number | null>> {
    return { ...this.#counts, lastCommitMs: this.#lastCommitMs }
  }

  get troubles(): ReadonlyMap<Activity, unknown> {
    return this.#troubles
  }

  failed(activity: Activity, error: unknown): void {
    this.#counts.failures++
    this.#troubles.set(activity, error)
  }

  succeeded(activity: Activity): void {
    this.#troubles.delete(activity)
  }

  /** One transaction: checked, announced, committed, and told to whoever waits. */
  async commit(commit: LogCommit): Promise<CommitOutcome> {
    const { records } = commit
    checkBatch(records, this.store, this.limits)
    const topics = [...new Set(records.map(({ topic }) => topic))]
    const announce = (phase: 'before' | 'after') => appendChannel.publish({ phase, topics, records: records.length })
    return await this.#write(async () => {
      announce('before')
      const outcome = await this.store.commit(commit)
      if (outcome.kind === 'fenced') return outcome
      this.#counts.commits++
      this.#counts.records += records.length
      this.#lastCommitMs = this.#clock()
      announce('after')
      this.bells.ring(topics)
      return outcome
    })
  }

  claim(fenceId: string): Promise<Fence> {
    return this.#write(() => this.store.claim(fenceId))
  }

  read(topic: string, partition: number, from: number, bounds: keyof LogLimits & `${string}Batch`): StoredBatch {
    try {
      const batch = this.store.read(topic, partition, from, this.limits[bounds])
      this.succeeded('read')
      return batch
    } catch (error) {
      this.failed('read', error)
      throw error
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.store.close()
  }

  async #write<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen()
    this.#waiting++
    try {
      const done = await work()
      this.succeeded('write')
      return done
    } catch (error) {
      this.failed('write', error)
      throw error
    } finally {
      this.#waiting--
    }
  }

  #checkOpen(): void {
    if (this.closing.aborted) throw new LanewayError('NOT_READY', { detail: 'the log is closed' })
    const { commitsWaitingMax } = this.limits
    if (this.#waiting < commitsWaitingMax) return
    throw new LanewayError('STORE_UNWRITABLE', {
      detail: `${this.#waiting} log transactions already wait, the limit is ${commitsWaitingMax}`,
      limit: commitsWaitingMax,
      actual: this.#waiting,
    })
  }
}
