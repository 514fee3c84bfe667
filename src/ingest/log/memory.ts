import { LanewayError } from '../../model/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { LogRecord, TopicSettings } from '../../ports/log.ts'
import { bytesOf } from './check-batch.ts'
import { LOG_LIMITS, type LogLimits } from './limits.ts'
import { type LocalLog, localLog } from './local-log.ts'
import type {
  CommitOutcome,
  Fence,
  GroupPosition,
  LogCommit,
  LogStore,
  ReadBounds,
  StoredBatch,
  StoredTopic,
} from './store.ts'

interface KeptRecord {
  readonly offset: number
  readonly record: LogRecord
  /** Since when compaction knows it as a tombstone. */
  tombstoneSince: number | null
}

interface KeptPartition {
  start: number
  end: number
  kept: KeptRecord[]
}

interface KeptTopic extends StoredTopic {
  readonly partitions: KeptPartition[]
}

/** The log ports in memory, for tests: what the conformance suite asks of the embedded log holds here too. */
export function openMemoryLog(options: {
  readonly clock: Clock
  readonly topics: readonly TopicSettings[]
  readonly limits?: Partial<LogLimits>
}): LocalLog {
  const { clock, topics, limits } = options
  const store = new MemoryStore(topics, limits?.tombstonesKeptMs ?? LOG_LIMITS.tombstonesKeptMs)
  return localLog(store, clock, limits)
}

class MemoryStore implements LogStore {
  readonly #topics = new Map<string, KeptTopic>()
  readonly #epochs = new Map<string, number>()
  readonly #positions = new Map<string, number>()
  readonly #tombstonesKeptMs: number
  #topicsMade = 0

  constructor(topics: readonly TopicSettings[], tombstonesKeptMs: number) {
    this.#tombstonesKeptMs = tombstonesKeptMs
    for (const settings of topics) this.#make(settings)
  }

  topics(): Iterable<StoredTopic> {
    return this.#topics.values()
  }

  topic(name: string): StoredTopic | undefined {
    return this.#topics.get(name)
  }

  read(topic: string, partition: number, from: number, { recordsMax, bytesMax }: ReadBounds): StoredBatch {
    const { kept, end } = this.#partition(topic, partition)
    const records: LogRecord[] = []
    let bytes = 0
    for (const { offset, record } of kept.slice(firstAtLeast(kept, from))) {
      records.push(record)
      bytes += bytesOf(record)
      if (records.length >= recordsMax || bytes >= bytesMax) return { records, next: offset + 1 }
    }
    return { records, next: end }
  }

  async commit({ records, fence, position }: LogCommit): Promise<CommitOutcome> {
    const newerEpoch = fence ? this.#epochs.get(fence.id)! : 0
    if (fence && newerEpoch !== fence.epoch) return { kind: 'fenced', fence, newerEpoch }
    for (const record of records) {
      const partition = this.#partition(record.topic, record.partition)
      partition.kept.push({ offset: partition.end++, record, tombstoneSince: null })
    }
    if (position) this.#positions.set(nameOf(position), position.next)
    return { kind: 'committed' }
  }

  async claim(id: string): Promise<Fence> {
    const epoch = (this.#epochs.get(id) ?? 0) + 1
    this.#epochs.set(id, epoch)
    return { id, epoch }
  }

  committed(position: GroupPosition): number | undefined {
    return this.#positions.get(nameOf(position))
  }

  async addPartitions(name: string, partitions: number): Promise<void> {
    const topic = this.#topics.get(name)!
    while (topic.partitions.length < partitions) topic.partitions.push(emptyPartition())
  }

  async recreate(name: string): Promise<void> {
    const { settings, partitions } = this.#topics.get(name)!
    for (const key of this.#positions.keys()) {
      if ((JSON.parse(key) as [string, string])[1] === name) this.#positions.delete(key)
    }
    this.#make({ ...settings, partitions: partitions.length })
  }

  async maintain(nowMs: number): Promise<void> {
    for (const { settings, partitions } of this.#topics.values()) {
      const { cleanup, retentionMs } = settings
      for (const partition of partitions) {
        if (cleanup !== 'compact' && retentionMs !== null) retain(partition, nowMs - retentionMs)
        if (cleanup !== 'delete') compact(partition, nowMs, this.#tombstonesKeptMs)
      }
    }
  }

  bytes(): number {
    const partitions = [...this.#topics.values()].flatMap((topic) => topic.partitions)
    return partitions.reduce((sum, { kept }) => kept.reduce((own, { record }) => own + bytesOf(record), sum), 0)
  }

  async close(): Promise<void> {}

  #make(settings: TopicSettings): void {
    const partitions = Array.from({ length: settings.partitions }, emptyPartition)
    this.#topics.set(settings.name, { settings, topicId: `memory-${++this.#topicsMade}`, partitions })
  }

  #partition(topic: string, partition: number): KeptPartition {
    const found = this.#topics.get(topic)?.partitions[partition]
    if (found) return found
    throw new LanewayError('FIELD_INVALID', { detail: `the log has no partition ${partition} of topic "${topic}"` })
  }
}

const emptyPartition = (): KeptPartition => ({ start: 0, end: 0, kept: [] })

const nameOf = ({ group, topic, partition }: GroupPosition): string => JSON.stringify([group, topic, partition])

function firstAtLeast(kept: readonly KeptRecord[], offset: number): number {
  const index = kept.findIndex((each) => each.offset >= offset)
  return index < 0 ? kept.length : index
}

function retain(partition: KeptPartition, before: number): void {
  const index = partition.kept.findIndex(({ record }) => record.timestampMs >= before)
  const gone = partition.kept.splice(0, index < 0 ? partition.kept.length : index)
  partition.start = gone.length > 0 ? gone.at(-1)!.offset + 1 : partition.start
}

function compact(partition: KeptPartition, nowMs: number, tombstonesKeptMs: number): void {
  const newest = new Map<string, KeptRecord>()
  for (const each of partition.kept) {
    if (each.record.key) newest.set(Buffer.from(each.record.key).toString('latin1'), each)
  }
  for (const each of newest.values()) if (each.record.value === null) each.tombstoneSince ??= nowMs
  const stays = ({ tombstoneSince }: KeptRecord) =>
    tombstoneSince === null || tombstoneSince >= nowMs - tombstonesKeptMs
  partition.kept = [...newest.values()].filter(stays).sort((a, b) => a.offset - b.offset)
}
