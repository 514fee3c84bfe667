import { channel } from 'node:diagnostics_channel'
import { CHANNELS } from '../model/channels.ts'
import { LanewayError } from '../model/errors.ts'
import { encodeRecord } from '../model/records.ts'
import type { RollupTask, TaskDone } from '../model/task.ts'
import { decodeTask, encodeTaskState } from '../model/task-records.ts'
import type { TopicNames } from '../model/topics.ts'
import type { Engine } from '../planner/engine.ts'
import type { CatalogView } from '../ports/catalog.ts'
import type { Clock } from '../ports/clock.ts'
import type { GroupHandler, GroupTransaction, LogGroup, LogRecord } from '../ports/log.ts'
import { GroupCounts, rollUp } from './roll-up.ts'
import { RollupIndex } from './rollup-index.ts'
import { logRecord, STATE_PARTITION } from './transaction.ts'

export interface WorkerOptions {
  readonly group: LogGroup
  readonly engine: Pick<Engine, 'states'>
  readonly catalog: CatalogView
  readonly topics: TopicNames
  readonly partitions: { readonly tasks: number; readonly aggregates: number }
  readonly clock: Clock
}

const taskChannel = channel(CHANNELS.rollupTask)

/** Takes tasks until the signal, together with other workers of the group; keeps nothing of its own. */
export async function runWorker(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  const { group, topics } = options
  const handler = new Worker(options, signal)
  await group.run({ group: 'workers', topic: topics.tasks, transactionalIdPrefix: 'worker' }, handler, signal)
}

/**
 * task ▸ question to the engine ▸ aggregates, seals and `done` in the transaction that commits the task's offset.
 *
 * A task that cannot be done is done with an error; only when the worker is being stopped is nothing said, so that
 * the group hands the task out again.
 */
class Worker implements GroupHandler {
  readonly #options: WorkerOptions
  readonly #signal: AbortSignal
  readonly #rollups: RollupIndex
  readonly #counts = new GroupCounts()

  constructor(options: WorkerOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
    this.#rollups = new RollupIndex(options.catalog)
  }

  async assigned(): Promise<void> {}

  async handle(_partition: number, records: readonly LogRecord[], txn: GroupTransaction): Promise<void> {
    for (const record of records) {
      const task = taskIn(record)
      if (task) txn.append(await this.#work(task))
    }
  }

  async #work(task: RollupTask): Promise<LogRecord[]> {
    const { rollup, epoch } = task
    taskChannel.publish({ phase: 'asked', rollup, epoch })
    const { records, done } = await this.#outcome(task)
    taskChannel.publish({ phase: 'appended', rollup, epoch, records: records.length })
    const written = encodeTaskState({ kind: 'done', rollup, chunkStart: task.chunkStart, done })
    const timestampMs = this.#options.clock()
    const { taskState } = this.#options.topics
    return [...records, logRecord(written, { topic: taskState, partition: STATE_PARTITION, timestampMs })]
  }

  async #outcome(task: RollupTask): Promise<{ records: LogRecord[]; done: TaskDone }> {
    const { epoch } = task
    try {
      return await this.#rolledUp(task)
    } catch (error) {
      if (this.#signal.aborted) throw error
      return { records: [], done: { kind: 'failed', epoch, ...failureOf(error) } }
    }
  }

  async #rolledUp(task: RollupTask): Promise<{ records: LogRecord[]; done: TaskDone }> {
    const { engine, topics, partitions, clock } = this.#options
    const version = this.#rollups.find(task.rollup)
    if (version?.defHash !== task.defHash) throw stale(task)
    const { records, raw, through, to } = await rollUp(task, {
      rollup: version,
      partitions: partitions.aggregates,
      counts: this.#counts,
      asker: { engine, rollups: this.#rollups, signal: this.#signal },
    })
    taskChannel.publish({ phase: 'read', rollup: task.rollup, epoch: task.epoch })
    const timestampMs = clock()
    const written = records.map(({ partition, record }) =>
      logRecord(encodeRecord(record), { topic: topics.aggregates, partition, timestampMs }),
    )
    return { records: written, done: { kind: 'sealed', epoch: task.epoch, raw, through, to } }
  }
}

const decoder = new TextDecoder()

/** Null for what is no task: that is told to who listens, and the next record must not wait. */
function taskIn({ key, value }: LogRecord): RollupTask | null {
  try {
    return decodeTask(key ? decoder.decode(key) : '', value ? decoder.decode(value) : '')
  } catch (error) {
    taskChannel.publish({ phase: 'unreadable', rollup: '', epoch: 0, error })
    return null
  }
}

const stale = ({ rollup, defHash }: RollupTask): LanewayError =>
  new LanewayError('RECORD_UNREADABLE', {
    detail: `the catalog has no version ${defHash} of ${rollup} any more; the task is not tried again`,
  })

/** What went wrong, for the task manager and for people. Only a task that can never be done is not worth a retry. */
function failureOf(error: unknown): { error: string; retriable: boolean } {
  if (!(error instanceof LanewayError))
    return { error: error instanceof Error ? error.message : String(error), retriable: true }
  return { error: `${error.code}: ${error.message}`, retriable: error.code !== 'RECORD_UNREADABLE' }
}
