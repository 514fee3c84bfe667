import { murmur2 } from '../model/murmur2.ts'
import { type AggregateRecord, encodeRecord } from '../model/records.ts'
import type { RollupTask } from '../model/task.ts'
import { encodeTask, encodeTaskState, type TaskStateRecord } from '../model/task-records.ts'
import type { TopicNames } from '../model/topics.ts'
import type { LogRecord } from '../ports/log.ts'
import type { Books, KnownVersion } from './books.ts'
import type { RollupBook } from './rollup-book.ts'
import type { UnitBook } from './unit-book.ts'

/** Everything on `task-state`, and marks and versions on `aggregates`, lie in one partition, in order. */
export const STATE_PARTITION = 0

export interface TransactionPlace {
  readonly topics: TopicNames
  /** Partitions of the tasks topic. */
  readonly tasks: number
  readonly timestampMs: number
}

const encoder = new TextEncoder()

export function logRecord(
  written: { readonly key: string; readonly value: string | null },
  place: { readonly topic: string; readonly partition: number; readonly timestampMs: number },
): LogRecord {
  const { key, value } = written
  return { ...place, key: encoder.encode(key), value: value === null ? null : encoder.encode(value) }
}

/** What one tick of the task manager writes: all of it in one transaction, or nothing. */
export class Transaction {
  readonly #place: TransactionPlace
  readonly #tasks: RollupTask[] = []
  readonly #units = new Map<UnitBook, RollupBook>()
  readonly #dirty = new Map<string, AggregateRecord>()
  readonly #raised = new Map<string, AggregateRecord & { readonly kind: 'rawVersion' }>()
  readonly #state: TaskStateRecord[] = []
  /** Something rose that only the manager's own record says. */
  #moved = false

  constructor(place: TransactionPlace) {
    this.#place = place
  }

  issue(book: RollupBook, unit: UnitBook, task: RollupTask): void {
    this.#tasks.push(task)
    this.touch(book, unit)
  }

  /** Its state is written as it is when the transaction is. */
  touch(book: RollupBook, unit: UnitBook): void {
    this.#units.set(unit, book)
  }

  /** Data is known that the window lacks. */
  dirty({ version }: RollupBook, bucket: number, raw: number): void {
    const { id: rollup, defHash } = version
    const record = { kind: 'dirty', rollup, defHash, place: 'push', bucket, raw } as const
    const key = `${bucket} ${rollup}`
    const have = this.#dirty.get(key)
    if (have?.kind !== 'dirty' || have.raw < raw) this.#dirty.set(key, record)
  }

  raised(dataset: string, chunkStart: number, version: number): void {
    this.#raised.set(`${chunkStart} ${dataset}`, { kind: 'rawVersion', dataset, chunkStart, version })
  }

  know(version: KnownVersion): void {
    this.#state.push({ kind: 'version', ...version })
  }

  forget(rollup: string, defHash: string, chunkStart: number): void {
    this.#state.push({ kind: 'unit', rollup, defHash, chunkStart, state: null })
    this.#state.push({ kind: 'done', rollup, chunkStart, done: null })
  }

  forgetRaw(dataset: string, chunkStart: number): void {
    this.#state.push({ kind: 'raw', dataset, chunkStart, version: null })
  }

  moved(): void {
    this.#moved = true
  }

  /** Marks first, so that a reader of the log's order sees a window dirty before anything comes of it. */
  records(books: Books): LogRecord[] {
    const { topics, timestampMs } = this.#place
    const marks = [...this.#raised.values(), ...this.#dirty.values()].map((record) =>
      logRecord(encodeRecord(record), { topic: topics.aggregates, partition: STATE_PARTITION, timestampMs }),
    )
    const states = this.#stateRecords()
    if (marks.length + states.length + this.#tasks.length === 0 && !this.#moved) return []
    const manager: TaskStateRecord = { kind: 'manager', epoch: books.epoch, marks: books.marks }
    return [
      ...marks,
      ...[...states, manager].map((record) =>
        logRecord(encodeTaskState(record), { topic: topics.taskState, partition: STATE_PARTITION, timestampMs }),
      ),
      ...this.#tasks.map((task) => this.#taskRecord(task)),
    ]
  }

  #stateRecords(): TaskStateRecord[] {
    const raised = [...this.#raised.values()].map(
      ({ dataset, chunkStart, version }): TaskStateRecord => ({ kind: 'raw', dataset, chunkStart, version }),
    )
    const units = [...this.#units].map(([unit, { version }]): TaskStateRecord => {
      const { id: rollup, defHash } = version
      return { kind: 'unit', rollup, defHash, chunkStart: unit.chunkStart, state: unit.state(version) }
    })
    return [...this.#state, ...raised, ...units]
  }

  /** All tasks of one rollup and chunk lie in one partition, so in the order of their epochs. */
  #taskRecord(task: RollupTask): LogRecord {
    const written = encodeTask(task)
    const partition = murmur2(encoder.encode(written.key)) % this.#place.tasks
    return logRecord(written, { topic: this.#place.topics.tasks, partition, timestampMs: this.#place.timestampMs })
  }
}
