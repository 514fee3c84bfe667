import { setImmediate as nextTurn } from 'node:timers/promises'
import { PushTable } from '../../src/cache/push/push-table.ts'
import { openMemoryLog } from '../../src/ingest/log/memory.ts'
import type { CatalogVersion, DatasetDefinition, RollupVersion } from '../../src/model/definition.ts'
import { decodeRecord } from '../../src/model/records.ts'
import type { RollupTask } from '../../src/model/task.ts'
import { decodeTask, decodeTaskState, type TaskStateRecord } from '../../src/model/task-records.ts'
import { topicNames } from '../../src/model/topics.ts'
import type { CatalogView } from '../../src/ports/catalog.ts'
import type { LogRecord, LogWriter } from '../../src/ports/log.ts'
import { openTaskManager, type TaskManager } from '../../src/rollup/task-manager.ts'
import { runWorker } from '../../src/rollup/worker.ts'
import { rollupOf } from '../cache/push/push-fixture.ts'
import { type HandClock, handClock } from '../hand-clock.ts'
import { datasetOf } from '../ingest/otlp/memory-catalog.ts'
import { FakeEngine } from './fake-engine.ts'
import { RawWorld } from './raw-world.ts'

export const TOPICS = topicNames('t.')
export const PARTITIONS = { tasks: 3, aggregates: 2 }
const TURNS_MAX = 20_000

/** 2026-11-21T10:00:00Z */
export const T0 = Date.UTC(2026, 10, 21, 10)
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

export const MINUTES = rollupOf({ keep: { pushMs: 48 * HOUR, druidMs: null } })
export const HOURS = rollupOf({
  name: 'topic_1h',
  id: 'cloud/topic_1h',
  defHash: 'bbbbbbbbbbbbbbbb',
  grain: 'PT1H',
  keep: { pushMs: 30 * 24 * HOUR, druidMs: null },
})
export const DAYS = rollupOf({
  name: 'topic_1d',
  id: 'cloud/topic_1d',
  defHash: 'cccccccccccccccc',
  grain: 'P1D',
  keep: { pushMs: 90 * 24 * HOUR, druidMs: null },
})

/** A catalog that a test changes. */
export class HandCatalog implements CatalogView {
  #version: CatalogVersion

  constructor(rollups: readonly RollupVersion[], dataset: Partial<DatasetDefinition> = {}) {
    this.#version = { version: 0, datasets: new Map() }
    this.set(rollups, dataset)
  }

  set(rollups: readonly RollupVersion[], dataset: Partial<DatasetDefinition> = {}): void {
    const cloud = datasetOf('cloud', { ...dataset, rollups: new Map(rollups.map((each) => [each.name, each])) })
    this.#version = { version: this.#version.version + 1, datasets: new Map([['cloud', cloud]]) }
  }

  current(): CatalogVersion {
    return this.#version
  }

  rollups(): RollupVersion[] {
    return [...this.#version.datasets.values()].flatMap(({ rollups }) => [...rollups.values()])
  }
}

export interface WorldOptions {
  readonly rollups?: readonly RollupVersion[]
  readonly dataset?: Partial<DatasetDefinition>
  readonly startMs?: number
  /** Leaves records out of what the push table is fed with. */
  readonly dropped?: (record: ReturnType<typeof decodeRecord>) => boolean
}

/** A whole pipeline in memory: raw, log, task manager, workers, push table; the clock stands until it is set. */
export class PipelineWorld {
  readonly clock: HandClock
  readonly raw: RawWorld
  readonly catalog: HandCatalog
  readonly table = new PushTable({ bytesMax: 256 * 1024 * 1024 })
  readonly engine: FakeEngine
  readonly log: ReturnType<typeof openMemoryLog>
  /** What was written, in the order of writing. */
  readonly tasks: RollupTask[] = []
  /** Why records on the tasks topic were no tasks. */
  readonly unreadable: unknown[] = []
  readonly aggregates: ReturnType<typeof decodeRecord>[] = []
  readonly state: TaskStateRecord[] = []
  manager!: TaskManager
  /** Before and after each append of the manager; may throw. */
  onAppend: (phase: 'before' | 'after', records: readonly LogRecord[]) => void = () => undefined
  readonly #ended = new AbortController()
  readonly #reading: Promise<void>[] = []
  readonly #positions = new Map<string, bigint>()
  readonly #dropped: NonNullable<WorldOptions['dropped']>
  /** The newest last; those before are only forgotten, their timers end with the world. */
  readonly #managers: AbortController[] = []
  readonly #workers: { readonly end: AbortController; readonly done: Promise<void> }[] = []
  readonly #delivered: { readonly partition: number; readonly record: ReturnType<typeof decodeRecord> }[] = []
  #definedVersion = 0
  #definedHashes: ReadonlySet<string> = new Set()

  constructor({ rollups = [MINUTES], dataset = {}, startMs = T0, dropped = () => false }: WorldOptions = {}) {
    this.clock = handClock(startMs)
    this.raw = new RawWorld(this.clock)
    this.catalog = new HandCatalog(rollups, dataset)
    this.engine = new FakeEngine({ raw: this.raw, table: this.table, catalog: this.catalog, clock: this.clock })
    this.#dropped = dropped
    const topic = (name: string, partitions: number, cleanup: 'delete' | 'compact') =>
      ({ name, partitions, cleanup, retentionMs: cleanup === 'delete' ? 24 * HOUR : null }) as const
    this.log = openMemoryLog({
      clock: this.clock,
      topics: [
        topic(TOPICS.aggregates, PARTITIONS.aggregates, 'compact'),
        topic(TOPICS.tasks, PARTITIONS.tasks, 'delete'),
        topic(TOPICS.taskState, 1, 'compact'),
      ],
    })
    this.#follow(TOPICS.tasks, (key, value) => this.#takeTask(key, value))
    this.#follow(TOPICS.taskState, (key, value) => this.state.push(decodeTaskState(key, value)))
    this.#follow(TOPICS.aggregates, (key, value, partition) => this.#apply(partition, decodeRecord(key, value!)))
  }

  /** A new task manager; the one before, if any, is only forgotten: nothing tells it to stop but the fence. */
  async startManager(): Promise<TaskManager> {
    const end = new AbortController()
    this.#managers.push(end)
    const { writer } = this.log
    const chaotic: LogWriter = {
      append: async (records, fence) => {
        if (end.signal.aborted) throw new Error('this manager is dead')
        if (records.length > 0) this.onAppend('before', records)
        await writer.append(records, fence)
        if (records.length > 0) this.onAppend('after', records)
      },
    }
    this.manager = openTaskManager({
      catalog: this.catalog,
      chunks: this.raw,
      writer: chaotic,
      stateTail: this.log.tail(TOPICS.taskState),
      topics: TOPICS,
      partitions: PARTITIONS,
      clock: this.clock,
    })
    await this.manager.start(end.signal)
    return this.manager
  }

  killManager(): void {
    this.#managers.at(-1)?.abort()
  }

  startWorker(): void {
    const end = new AbortController()
    const { group } = this.log
    const options = {
      group,
      engine: this.engine,
      catalog: this.catalog,
      topics: TOPICS,
      partitions: PARTITIONS,
      clock: this.clock,
    }
    this.#workers.push({ end, done: runWorker(options, end.signal) })
  }

  /** Ends a worker wherever it is: what it did not commit is handed out again. */
  async killWorker(): Promise<void> {
    const worker = this.#workers.shift()
    worker?.end.abort()
    await worker?.done
  }

  async start(): Promise<void> {
    await this.startManager()
    this.startWorker()
  }

  /** Everything that is due at the clock's moment is done and in the push table. */
  async idle(): Promise<void> {
    do {
      await this.manager.tick()
      await this.until(() => this.manager.outstanding() === 0)
      await this.caughtUp()
    } while (this.manager.due())
  }

  async until(holds: () => boolean): Promise<void> {
    for (let turn = 0; !holds(); turn++) {
      if (turn > TURNS_MAX) throw new Error(`it never came to be: ${holds}`)
      await nextTurn()
    }
  }

  /** What was written before the call has been read here. */
  async caughtUp(): Promise<void> {
    for (const topic of [TOPICS.aggregates, TOPICS.tasks, TOPICS.taskState]) {
      const ends = this.log.tail(topic).ends()
      await this.until(() =>
        [...ends].every(([partition, end]) => (this.#positions.get(`${topic} ${partition}`) ?? 0n) >= end),
      )
    }
  }

  async close(): Promise<void> {
    for (const manager of this.#managers) manager.abort()
    while (this.#workers.length > 0) await this.killWorker()
    this.#ended.abort()
    await this.log.close()
    await Promise.all(this.#reading)
  }

  #takeTask(key: string, value: string | null): void {
    try {
      this.tasks.push(decodeTask(key, value!))
    } catch (error) {
      this.unreadable.push(error)
    }
  }

  #apply(partition: number, record: ReturnType<typeof decodeRecord>): void {
    this.aggregates.push(record)
    if (this.#dropped(record)) return
    this.#define()
    this.#delivered.push({ partition, record })
    this.table.apply(partition, record)
  }

  /** A version that is new to the table is read from the start of the log, as after a restart. */
  #define(): void {
    const { version } = this.catalog.current()
    if (this.#definedVersion === version) return
    this.#definedVersion = version
    const rollups = this.catalog.rollups()
    const isNew = rollups.some(({ defHash }) => !this.#definedHashes.has(defHash))
    this.#definedHashes = new Set(rollups.map(({ defHash }) => defHash))
    this.table.define(rollups)
    if (isNew) for (const { partition, record } of this.#delivered) this.table.apply(partition, record)
  }

  #follow(topic: string, take: (key: string, value: string | null, partition: number) => void): void {
    const text = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString()
    const sink = {
      onRecords: (partition: number, records: readonly LogRecord[], next: bigint) => {
        for (const { key, value } of records) take(text(key)!, text(value), partition)
        this.#positions.set(`${topic} ${partition}`, next)
      },
      onOutOfRange: () => undefined,
      onTopicChanged: () => undefined,
      onPartitionsAdded: () => undefined,
    }
    this.#reading.push(this.log.tail(topic).run(new Map(), sink, this.#ended.signal))
  }
}

/** The whole windows that a table covers settled and clean, as `[start, end]`. */
export const settledIn = (world: PipelineWorld, rollup: RollupVersion): [number, number][] => {
  const { runs } = world.table.coverage(rollup.defHash, [], world.clock())
  const spans: [number, number][] = []
  for (const { interval, settled, dirty } of runs) {
    if (!settled || dirty) continue
    const last = spans.at(-1)
    if (last && last[1] === interval.start) last[1] = interval.end
    else spans.push([interval.start, interval.end])
  }
  return spans
}
