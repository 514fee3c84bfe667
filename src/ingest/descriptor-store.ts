import type { MetricDescriptor } from '../model/definition.ts'
import type { DescriptorStore } from '../ports/catalog.ts'
import type { Clock } from '../ports/clock.ts'
import type { LogRecord, LogTail, LogWriter } from '../ports/log.ts'
import { decodeDescriptor, encodeDescriptor } from './descriptor-record.ts'
import { AsideList, type Delivered, offsetOf } from './kept-aside.ts'

export interface DescriptorStoreOptions {
  readonly tail: LogTail
  readonly writer: LogWriter
  readonly topic: string
  readonly clock?: Clock
}

/** Self-registered metrics on a topic that is compacted by `[dataset, metric]`: the newest record is the metric. */
export class LogDescriptorStore implements DescriptorStore {
  /** Records that `load` could not read; the metrics of the others are there. */
  readonly aside = new AsideList()
  readonly #tail: LogTail
  readonly #writer: LogWriter
  readonly #topic: string
  readonly #clock: Clock

  constructor({ tail, writer, topic, clock = Date.now }: DescriptorStoreOptions) {
    this.#tail = tail
    this.#writer = writer
    this.#topic = topic
    this.#clock = clock
  }

  /** Everything up to the end that the topic has at the call, in the order of first registration. */
  async load(): Promise<readonly MetricDescriptor[]> {
    const found = new Map<string, MetricDescriptor>()
    await readToEnd(this.#tail, (records, delivered) => {
      for (const [i, record] of records.entries()) this.#take(record, found, () => offsetOf(i, delivered))
    })
    return [...found.values()]
  }

  /** All of them or none. Errors: as of the writer. */
  async save(descriptors: readonly MetricDescriptor[]): Promise<void> {
    const { partitions } = await this.#tail.describe()
    const place = { topic: this.#topic, partitions: partitions.length, timestampMs: this.#clock() }
    await this.#writer.append(descriptors.map((descriptor) => encodeDescriptor(descriptor, place)))
  }

  #take(
    { topic, partition, key, value }: LogRecord,
    found: Map<string, MetricDescriptor>,
    offset: () => ReturnType<typeof offsetOf>,
  ): void {
    const name = key && Buffer.from(key).toString()
    if (key && !value) found.delete(name!)
    if (!key || !value) return
    try {
      found.set(name!, decodeDescriptor(key, value))
    } catch (error) {
      this.aside.add({ topic, partition, ...offset(), reason: error instanceof Error ? error.message : String(error) })
    }
  }
}

type Take = (records: readonly LogRecord[], delivered: Delivered) => void

/** Reads all partitions from their start to the ends they have now. */
async function readToEnd(tail: LogTail, take: Take): Promise<void> {
  const { partitions } = await tail.describe()
  const positions = new Map(partitions.map(({ partition, start }) => [partition, start]))
  const done = new AbortController()
  const stopAtEnd = () => {
    if (partitions.every(({ partition, end }) => positions.get(partition)! >= end)) done.abort()
  }
  stopAtEnd()
  await tail.run(
    new Map(),
    {
      onRecords(partition, records, next) {
        take(records, { from: positions.get(partition) ?? 0n, next, count: records.length })
        positions.set(partition, next)
        stopAtEnd()
      },
      // what is not there any more needs no reading; what came later is after the end
      onOutOfRange: () => done.abort(),
      onTopicChanged: () => done.abort(),
      onPartitionsAdded: () => undefined,
    },
    done.signal,
  )
}
