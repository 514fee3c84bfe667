import type { LogLimits } from '../../../src/ingest/log/limits.ts'
import type { LocalLog } from '../../../src/ingest/log/local-log.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { LogRecord, LogSink, LogTail, TopicSettings } from '../../../src/ports/log.ts'

/** What an adapter gives the suite: logs with these topics, closed and removed by the suite. */
export type OpenLog = (options: {
  readonly clock: Clock
  readonly topics: readonly TopicSettings[]
  readonly limits: Partial<LogLimits>
}) => Promise<{ readonly log: LocalLog; remove(): void }>

export const HOUR = 3_600_000
export const T0 = Date.UTC(2026, 10, 21, 10)

/** Topics of every case: three partitions where order between partitions must not matter. */
export const TOPICS: readonly TopicSettings[] = [
  { name: 'events', partitions: 3, cleanup: 'delete', retentionMs: HOUR },
  { name: 'results', partitions: 1, cleanup: 'delete', retentionMs: null },
  { name: 'state', partitions: 2, cleanup: 'compact', retentionMs: null },
  { name: 'both', partitions: 1, cleanup: 'compact,delete', retentionMs: HOUR },
]

/** Small, so that cases reach them. */
export const LIMITS: Partial<LogLimits> = {
  recordBytesMax: 10_000,
  commitBytesMax: 100_000,
  tailBatch: { recordsMax: 10, bytesMax: 5_000 },
  groupBatch: { recordsMax: 4, bytesMax: 5_000 },
  tombstonesKeptMs: HOUR,
}

export interface RecordParts {
  readonly key?: string | null
  readonly value?: string | null
  readonly partition?: number
  readonly timestampMs?: number
}

const bytes = (text: string | null): Uint8Array | null => (text === null ? null : Buffer.from(text))

export const recordOf = (
  topic: string,
  { key = 'k', value = 'v', partition = 0, timestampMs = T0 }: RecordParts,
): LogRecord => ({
  topic,
  partition,
  key: bytes(key),
  value: bytes(value),
  timestampMs,
})

export const textOf = (value: Uint8Array | null): string | null => value && Buffer.from(value).toString()

/** `n` records with the values `name-0`, `name-1`, … */
export const numbered = (topic: string, name: string, n: number, parts: RecordParts = {}): LogRecord[] =>
  Array.from({ length: n }, (_, i) => recordOf(topic, { ...parts, value: `${name}-${i}` }))

export interface Delivery {
  readonly partition: number
  readonly values: readonly (string | null)[]
  readonly next: bigint
}

/** A sink that remembers, and a run of a tail into it. */
export class Reading implements LogSink {
  readonly deliveries: Delivery[] = []
  readonly records: LogRecord[] = []
  readonly outOfRange: (readonly [number, bigint])[] = []
  readonly topicChanges: (readonly [string, string])[] = []
  readonly added: number[] = []
  /** Called before a delivery is remembered; may hold it up or throw. */
  onDelivery: (partition: number) => void | Promise<void> = () => undefined
  readonly done: Promise<void>
  readonly #ended = new AbortController()
  readonly #watchers = new Set<() => void>()

  constructor(
    tail: LogTail,
    from: Readonly<Record<number, number>> = {},
    change: (reading: Reading) => void = () => undefined,
  ) {
    change(this)
    const positions = new Map(
      Object.entries(from).map(([partition, position]) => [Number(partition), BigInt(position)]),
    )
    this.done = tail.run(positions, this, this.#ended.signal)
    this.done.catch(() => undefined)
  }

  async onRecords(partition: number, records: readonly LogRecord[], next: bigint): Promise<void> {
    await this.onDelivery(partition)
    this.deliveries.push({ partition, values: records.map(({ value }) => textOf(value)), next })
    this.records.push(...records)
    this.#tell()
  }

  onOutOfRange(partition: number, start: bigint): void {
    this.outOfRange.push([partition, start])
    this.#tell()
  }

  onTopicChanged(oldId: string, newId: string): void {
    this.topicChanges.push([oldId, newId])
    this.#tell()
  }

  onPartitionsAdded(partitions: readonly number[]): void {
    this.added.push(...partitions)
    this.#tell()
  }

  valuesOf(partition: number): readonly (string | null)[] {
    return this.deliveries.filter((each) => each.partition === partition).flatMap(({ values }) => values)
  }

  positionOf(partition: number): bigint | undefined {
    return this.deliveries.findLast((each) => each.partition === partition)?.next
  }

  /** Resolves when the condition holds after some event; the runner's time-out ends a test that waits in vain. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#watchers.add(resolve))
    }
  }

  atPosition(partition: number, position: number): Promise<void> {
    return this.until(() => this.positionOf(partition) === BigInt(position))
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    await this.done
  }

  #tell(): void {
    const watchers = [...this.#watchers]
    this.#watchers.clear()
    for (const resolve of watchers) resolve()
  }
}

/** Everything a partition holds now; rejects with what ended the tail. */
export async function contentOf(log: LocalLog, topic: string, partition = 0): Promise<readonly (string | null)[]> {
  const { partitions } = await log.tail(topic).describe()
  const reading = new Reading(log.tail(topic))
  await Promise.race([reading.atPosition(partition, Number(partitions[partition]!.end)), reading.done])
  await reading.stop()
  return reading.valuesOf(partition)
}

export async function boundsOf(log: LocalLog, topic: string, partition = 0): Promise<readonly [number, number]> {
  const { start, end } = (await log.tail(topic).describe()).partitions[partition]!
  return [Number(start), Number(end)]
}
