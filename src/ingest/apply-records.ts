import { setImmediate } from 'node:timers/promises'
import type { PushWriter } from '../cache/push/contract.ts'
import { LanewayError } from '../model/errors.ts'
import { decodeRecord } from '../model/records.ts'
import type { LogRecord } from '../ports/log.ts'
import { AsideList, type Delivered, offsetOf } from './kept-aside.ts'

/** Records decoded and applied before others get a turn on the event loop: about a millisecond. */
const SLICE_RECORDS = 256

/** Records of the log ▸ push table. A strange record is counted and passed over; it never stops the others. */
export class RecordApplier {
  readonly aside = new AsideList()
  readonly #table: PushWriter
  readonly #text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  readonly #counts = { records: 0, nullKeys: 0, tombstones: 0 }

  constructor(table: PushWriter) {
    this.#table = table
  }

  get counts(): { readonly records: number; readonly nullKeys: number; readonly tombstones: number } {
    return this.#counts
  }

  async apply(partition: number, records: readonly LogRecord[], delivered: Delivered): Promise<void> {
    for (let i = 0; i < records.length; i++) {
      if (i > 0 && i % SLICE_RECORDS === 0) await setImmediate()
      this.#counts.records++
      this.#applyOne(partition, records[i]!, () => offsetOf(i, delivered))
    }
  }

  /** Nothing is deleted by tombstones (docs/aggregates-topic.md): windows expire and groups vanish by epoch. */
  #applyOne(partition: number, { topic, key, value }: LogRecord, offset: () => ReturnType<typeof offsetOf>): void {
    if (key === null) this.#counts.nullKeys++
    else if (value === null) this.#counts.tombstones++
    else {
      try {
        this.#table.apply(partition, decodeRecord(this.#textOf(key), this.#textOf(value)))
      } catch (error) {
        this.aside.add({ topic, partition, ...offset(), reason: messageOf(error) })
      }
    }
  }

  #textOf(bytes: Uint8Array): string {
    try {
      return this.#text.decode(bytes)
    } catch (cause) {
      throw new LanewayError('RECORD_UNREADABLE', { detail: 'aggregates record: it is not UTF-8', cause })
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
