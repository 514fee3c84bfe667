import { LanewayError } from '../model/errors.ts'
import type { Interval } from '../model/interval.ts'
import { TASK_CAUSES, type TaskCause } from '../model/task.ts'
import type { TaskStateRecord } from '../model/task-records.ts'
import type { TopicNames } from '../model/topics.ts'
import type { CatalogView } from '../ports/catalog.ts'
import type { Clock } from '../ports/clock.ts'
import type { HealthPart } from '../ports/health.ts'
import type { LogTail, LogWriter } from '../ports/log.ts'
import type { RawChunks } from '../ports/raw.ts'
import { granted, type ManualRequest, type Wish } from './asked-by-hand.ts'
import { Books } from './books.ts'
import { BOUNDS } from './bounds.ts'
import { expire, isTimeToExpire } from './expire.ts'
import { findFirstData } from './first-data.ts'
import { isAnythingDue, issueDue } from './issue.ts'
import { TaskManagerHealth } from './manager-health.ts'
import { chunkOf } from './raw-book.ts'
import { reconcile } from './reconcile.ts'
import { StateReader } from './state-reader.ts'
import { marksLimit, readMarks, takeMarks } from './take-marks.ts'
import { type ManagerStats, statsOf } from './task-stats.ts'
import { Transaction } from './transaction.ts'
import type { Wake } from './unit-book.ts'

export interface TaskManagerOptions {
  readonly catalog: CatalogView
  readonly chunks: RawChunks
  readonly writer: LogWriter
  /** Of `task-state`. */
  readonly stateTail: LogTail
  readonly topics: TopicNames
  readonly partitions: { readonly tasks: number; readonly aggregates: number }
  readonly clock: Clock
}

/** The one that decides what is rolled up, and when; docs/pipeline.md. */
export interface TaskManager {
  /** Shuts an older owner out, restores what was known, then ticks on a timer, on late marks and on done tasks. */
  start(signal: AbortSignal): Promise<void>
  /** Takes in what is new and issues what is due at the clock's moment. Rejects when it could not; nothing is lost. */
  tick(): Promise<void>
  /** Tasks issued and not done. */
  outstanding(): number
  /** Whether a tick now would find something to do. */
  due(): boolean
  /** Windows of one rollup that touch the interval, again, even frozen ones; how many. */
  rollUpAgain(rollup: string, interval: Interval): Promise<number>
  /** Parked tasks of one rollup, or of all, again; how many. */
  retryParked(rollup?: string): Promise<number>
  readonly health: HealthPart
  stats(): ManagerStats
}

/** Transactional id of the one active task manager. */
const FENCE = { id: 'tasks-0' }

export const openTaskManager = (options: TaskManagerOptions): TaskManager => new LogTaskManager(options)

class LogTaskManager implements TaskManager {
  readonly health: HealthPart
  readonly #options: TaskManagerOptions
  /** Null until the log was read, and again after a failure: then memory and log may differ. */
  #books: Books | null = null
  #reader: StateReader | null = null
  #signal: AbortSignal = AbortSignal.abort()
  #arrived: TaskStateRecord[] = []
  #requests: ManualRequest[] = []
  #marksKnown = false
  #expiredMs = Number.NEGATIVE_INFINITY
  #failure: unknown = null
  #unreadable = 0
  readonly #tasks = new Map<TaskCause, number>(TASK_CAUSES.map((cause) => [cause, 0]))
  #waiting: Promise<void> | null = null
  #last: Promise<void> = Promise.resolve()
  #passes = 0

  constructor(options: TaskManagerOptions) {
    this.#options = options
    this.health = new TaskManagerHealth(() => ({ stats: this.stats(), failure: this.#failure }))
  }

  async start(signal: AbortSignal): Promise<void> {
    const { writer, chunks } = this.#options
    this.#signal = signal
    await writer.append([], FENCE)
    await this.#restore()
    const unsubscribe = chunks.onMarks(() => {
      this.#marksKnown = true
      this.#poke()
    })
    const timer = setInterval(() => this.#poke(), BOUNDS.tickPeriodMs)
    const end = () => {
      clearInterval(timer)
      unsubscribe()
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
    this.#poke()
  }

  /** One at a time; calls that come while one runs share the next, which begins after them. */
  tick(): Promise<void> {
    if (this.#waiting) return this.#waiting
    this.#passes++
    const pass = this.#last
      .then(() => {
        this.#waiting = null
        return this.#pass()
      })
      .finally(() => this.#passes--)
    this.#waiting = pass
    this.#last = pass.catch(() => undefined)
    return pass
  }

  outstanding(): number {
    return this.#books?.outstanding() ?? 0
  }

  due(): boolean {
    if (this.#passes > 0 || this.#arrived.length > 0 || this.#requests.length > 0 || this.#marksKnown) return true
    const books = this.#books
    if (!books) return false
    return books.catalogVersion !== this.#options.catalog.current().version || isAnythingDue(books, this.#moment())
  }

  rollUpAgain(rollup: string, interval: Interval): Promise<number> {
    return this.#request({ kind: 'again', rollup, interval })
  }

  retryParked(rollup?: string): Promise<number> {
    return this.#request({ kind: 'retry', rollup: rollup ?? null })
  }

  stats(): ManagerStats {
    return statsOf(this.#books, { tasks: this.#tasks, unreadable: this.#unreadable, now: this.#options.clock() })
  }

  #moment(): Wake {
    return { asOf: Math.floor(this.#options.chunks.asOf()), now: this.#options.clock() }
  }

  #poke(): void {
    if (!this.#signal.aborted) this.tick().catch(() => undefined)
  }

  async #request(wish: Wish): Promise<number> {
    if (this.#signal.aborted) throw new LanewayError('NOT_READY', { detail: 'the task manager does not run' })
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    this.#requests.push({ wish, answer: { resolve, reject } })
    this.#poke()
    return await promise
  }

  async #pass(): Promise<void> {
    if (this.#signal.aborted) return
    try {
      if (!this.#books) await this.#restore()
      await this.#passWith(this.#books!)
      this.#failure = null
    } catch (error) {
      this.#failure = error
      for (const { answer } of this.#requests.splice(0)) answer.reject(error)
      throw error
    }
  }

  /**
   * marks read ▸ done tasks ▸ catalog ▸ marks taken ▸ what is due ▸ one transaction
   *
   * Reading comes first: from then on the books change without a pause, and what they say is written as a whole.
   */
  async #passWith(books: Books): Promise<void> {
    const { chunks, topics, partitions, clock } = this.#options
    const moment = this.#moment()
    this.#marksKnown = false
    const catalog = this.#options.catalog.current()
    const { marks, more } = await readMarks(chunks, books.marks, marksLimit(books))
    await findFirstData(books, { chunks, catalog, asOf: moment.asOf, marks })
    const tx = new Transaction({ topics, tasks: partitions.tasks, timestampMs: clock() })
    await this.#write(books, { tx, moment, catalog, marks })
    if (!more) return
    this.#marksKnown = true
    this.#poke()
  }

  async #write(books: Books, news: News): Promise<void> {
    const requests = this.#requests.splice(0)
    try {
      const answers = this.#change(books, news, requests)
      const records = news.tx.records(books)
      if (records.length > 0) await this.#options.writer.append(records, FENCE)
      for (const [i, { answer }] of requests.entries()) settle(answer, answers[i]!)
    } catch (error) {
      this.#books = null
      for (const { answer } of requests) answer.reject(error)
      throw error
    }
  }

  #change(
    books: Books,
    { tx, moment, catalog, marks }: News,
    requests: readonly ManualRequest[],
  ): (number | LanewayError)[] {
    this.#takeDones(books, moment)
    reconcile(books, catalog, { tx, moment })
    takeMarks(books, marks, { catalog, tx, moment })
    for (const book of books.rollups.values()) book.extend(moment.asOf)
    const answers = requests.map(({ wish }) => granted(books, wish, tx))
    for (const cause of issueDue(books, { tx, moment })) this.#tasks.set(cause, this.#tasks.get(cause)! + 1)
    if (isTimeToExpire(moment.asOf, this.#expiredMs)) {
      this.#expiredMs = chunkOf(moment.asOf)
      expire(books, { catalog, asOf: moment.asOf, tx })
    }
    return answers
  }

  #takeDones(books: Books, { now }: Wake): void {
    for (const record of this.#arrived.splice(0)) {
      if (record.kind !== 'done' || !record.done) continue
      const book = books.rollups.get(record.rollup)
      const unit = book?.units.get(record.chunkStart)
      unit?.done(record.done, book!.version, now)
    }
  }

  /** Reads the log from its beginning; from then on what workers say is done arrives. */
  async #restore(): Promise<void> {
    this.#reader?.close()
    this.#arrived = []
    const books = new Books()
    let restored = false
    this.#reader = new StateReader({
      tail: this.#options.stateTail,
      onRecord: (record) => {
        if (!restored) return books.restore(record, this.#options.clock())
        if (record.kind !== 'done') return
        this.#arrived.push(record)
        this.#poke()
      },
      onBroken: (error) => {
        this.#books = null
        this.#failure = error
      },
      onUnreadable: () => this.#unreadable++,
    })
    await this.#reader.open(this.#signal)
    restored = true
    this.#books = books
  }
}

function settle(answer: ManualRequest['answer'], result: number | LanewayError): void {
  if (typeof result === 'number') answer.resolve(result)
  else answer.reject(result)
}

/** What one pass takes in, and where it writes to. */
interface News {
  readonly tx: Transaction
  readonly moment: Wake
  readonly catalog: ReturnType<CatalogView['current']>
  readonly marks: Awaited<ReturnType<typeof readMarks>>['marks']
}
