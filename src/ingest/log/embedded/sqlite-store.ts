import type { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { LanewayError } from '../../../model/errors.ts'
import type { TopicSettings } from '../../../ports/log.ts'
import { Turns } from '../../turns.ts'
import type {
  CommitOutcome,
  Fence,
  GroupPosition,
  LogCommit,
  LogStore,
  ReadBounds,
  StoredBatch,
  StoredTopic,
} from '../store.ts'
import { storeFailure } from './failures.ts'
import { FiledRecords } from './records.ts'
import { deleteTopic, type FiledPartition, type FiledTopic, openTopic } from './topics.ts'
import { type StepResult, Upkeep } from './upkeep.ts'

export interface SqliteStoreOptions {
  readonly db: DatabaseSync
  readonly path: string
  readonly topics: readonly TopicSettings[]
  readonly tombstonesKeptMs: number
  readonly newTopicId: () => string
}

/** Records inserted before others get a turn on the event loop; the transaction stays open meanwhile. */
const SLICE_RECORDS = 256

/**
 * The log in one SQLite file. Writers take turns. A large transaction is inserted in slices with pauses between, in
 * which reads go on: they stop at the `end` held in memory, which moves only when the transaction is committed.
 */
export class SqliteStore implements LogStore {
  readonly #options: SqliteStoreOptions
  readonly #db: DatabaseSync
  readonly #turns = new Turns()
  readonly #topics = new Map<string, FiledTopic>()
  readonly #records: FiledRecords
  readonly #upkeep: Upkeep

  constructor(options: SqliteStoreOptions) {
    const { db, path, topics, newTopicId } = options
    this.#options = options
    this.#db = db
    this.#records = new FiledRecords(db, path)
    this.#upkeep = new Upkeep(db)
    db.exec('BEGIN IMMEDIATE')
    for (const settings of topics) this.#topics.set(settings.name, openTopic(db, settings, newTopicId))
    db.exec('COMMIT')
  }

  topics(): Iterable<StoredTopic> {
    return this.#topics.values()
  }

  topic(name: string): StoredTopic | undefined {
    return this.#topics.get(name)
  }

  read(topic: string, partition: number, from: number, bounds: ReadBounds): StoredBatch {
    try {
      return this.#records.read({ topic, partition, filed: this.#filed(topic, partition) }, from, bounds)
    } catch (error) {
      throw storeFailure(error, this.#options.path)
    }
  }

  commit(commit: LogCommit): Promise<CommitOutcome> {
    return this.#turns.take(async () => {
      const newerEpoch = commit.fence && this.#newerEpoch(commit.fence)
      if (newerEpoch !== undefined) return { kind: 'fenced', fence: commit.fence!, newerEpoch }
      const ends = await this.#transaction(() => this.#write(commit))
      for (const [filed, end] of ends) filed.end = end
      // a caller that appends in a loop would keep everybody else off the event loop
      await setImmediate()
      return { kind: 'committed' }
    })
  }

  claim(id: string): Promise<Fence> {
    const claimed =
      'INSERT INTO fences (id, epoch) VALUES (?, 1) ON CONFLICT DO UPDATE SET epoch = epoch + 1 RETURNING epoch'
    return this.#turns.take(() =>
      this.#transaction(() => ({ id, epoch: Number(this.#db.prepare(claimed).get(id)!.epoch) })),
    )
  }

  committed({ group, topic, partition }: GroupPosition): number | undefined {
    const { id } = this.#filed(topic, partition)
    const row = this.#db.prepare('SELECT next FROM group_positions WHERE part = ? AND name = ?').get(id, group)
    return row && Number(row.next)
  }

  addPartitions(name: string, partitions: number): Promise<void> {
    return this.#changeTopic(name, ({ settings }) =>
      openTopic(this.#db, { ...settings, partitions }, this.#options.newTopicId),
    )
  }

  recreate(name: string): Promise<void> {
    return this.#changeTopic(name, (topic) => {
      deleteTopic(this.#db, topic)
      const partitions = topic.partitions.length
      return openTopic(this.#db, { ...topic.settings, partitions }, this.#options.newTopicId)
    })
  }

  async maintain(nowMs: number): Promise<void> {
    for (const { settings, partitions } of this.#topics.values()) {
      const { cleanup, retentionMs } = settings
      for (const filed of partitions) {
        if (cleanup !== 'compact' && retentionMs !== null) {
          await this.#eachStep(filed, () => this.#upkeep.retain(filed, nowMs - retentionMs))
        }
        if (cleanup === 'delete') continue
        await this.#eachStep(filed, () => this.#upkeep.compact(filed, nowMs))
        await this.#eachStep(filed, () => this.#upkeep.bury(filed, nowMs - this.#options.tombstonesKeptMs))
      }
    }
  }

  bytes(): number {
    const pragma = (name: string) => Number(Object.values(this.#db.prepare(`PRAGMA ${name}`).get()!)[0])
    return pragma('page_count') * pragma('page_size')
  }

  close(): Promise<void> {
    return this.#turns.take(() => {
      if (this.#db.isOpen) this.#db.close()
    })
  }

  /** New ends by partition. */
  async #write({ records, position }: LogCommit): Promise<ReadonlyMap<FiledPartition, number>> {
    const ends = new Map<FiledPartition, number>()
    for (const [i, record] of records.entries()) {
      const filed = this.#filed(record.topic, record.partition)
      const offset = ends.get(filed) ?? filed.end
      this.#records.insert(filed.id, offset, record)
      ends.set(filed, offset + 1)
      if (i % SLICE_RECORDS === SLICE_RECORDS - 1) await setImmediate()
    }
    const putEnd = this.#db.prepare('UPDATE partitions SET next = ? WHERE id = ?')
    for (const [{ id }, end] of ends) putEnd.run(end, id)
    if (position) {
      const { id } = this.#filed(position.topic, position.partition)
      const put = 'INSERT OR REPLACE INTO group_positions (part, name, next) VALUES (?, ?, ?)'
      this.#db.prepare(put).run(id, position.group, position.next)
    }
    return ends
  }

  #newerEpoch({ id, epoch }: Fence): number | undefined {
    const newest = Number(this.#db.prepare('SELECT epoch FROM fences WHERE id = ?').get(id)?.epoch)
    return newest === epoch ? undefined : newest
  }

  #changeTopic(name: string, change: (topic: FiledTopic) => FiledTopic): Promise<void> {
    return this.#turns.take(async () => {
      const changed = await this.#transaction(() => change(this.#topics.get(name)!))
      this.#topics.set(name, changed)
    })
  }

  async #eachStep(filed: FiledPartition, step: () => StepResult): Promise<void> {
    let more = true
    while (more && this.#db.isOpen) {
      more = await this.#turns.take(async () => {
        if (!this.#db.isOpen) return false
        const { start, cleaned, more } = await this.#unforced(() => this.#transaction(step))
        Object.assign(filed, { start, cleaned })
        return more
      })
      await setImmediate()
    }
  }

  /** Without waiting for the disk: a step that a power cut undoes is taken again. */
  async #unforced<T>(work: () => Promise<T>): Promise<T> {
    this.#db.exec('PRAGMA synchronous = NORMAL')
    try {
      return await work()
    } finally {
      this.#db.exec('PRAGMA synchronous = FULL')
    }
  }

  async #transaction<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      const done = await work()
      this.#db.exec('COMMIT')
      return done
    } catch (error) {
      this.#rollBack()
      throw storeFailure(error, this.#options.path)
    }
  }

  /** Some failures have rolled back already; one that cannot shows in the next transaction. */
  #rollBack(): void {
    try {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
    } catch {}
  }

  #filed(topic: string, partition: number): FiledPartition {
    const filed = this.#topics.get(topic)?.partitions[partition]
    if (filed) return filed
    throw new LanewayError('FIELD_INVALID', { detail: `the log has no partition ${partition} of topic "${topic}"` })
  }
}
