import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { LogRecord } from '../../../ports/log.ts'
import { bytesOf } from '../check-batch.ts'
import type { ReadBounds, StoredBatch } from '../store.ts'
import { damaged } from './failures.ts'
import type { FiledPartition } from './topics.ts'

type Row = [offset: number, time: number, key: Uint8Array | null, value: Uint8Array | null, checksum: number]

/** Where a batch is read from, for the record and for what is said about damage. */
export interface ReadPlace {
  readonly topic: string
  readonly partition: number
  readonly filed: FiledPartition
}

const NULL_KEY = 1
const NULL_VALUE = 2

/** Records in and out of the file; each carries a checksum over what it holds and where it lies. */
export class FiledRecords {
  readonly #path: string
  readonly #insert: StatementSync
  readonly #select: StatementSync
  readonly #head = new Float64Array(4)
  readonly #headBytes = new Uint8Array(this.#head.buffer)

  constructor(db: DatabaseSync, path: string) {
    this.#path = path
    this.#insert = db.prepare(
      'INSERT INTO records (part, offset, time, key, value, checksum) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#select = db.prepare(
      'SELECT offset, time, key, value, checksum FROM records WHERE part = ? AND offset >= ? AND offset < ? ORDER BY offset LIMIT ?',
    )
    this.#select.setReturnArrays(true)
  }

  insert(part: number, offset: number, { timestampMs, key, value }: LogRecord): void {
    this.#insert.run(part, offset, timestampMs, key, value, this.#checksum(part, [offset, timestampMs, key, value]))
  }

  /** Error: DATA_FOLDER_DAMAGED, naming file and record, when a record is not what was written. */
  read({ topic, partition, filed }: ReadPlace, from: number, { recordsMax, bytesMax }: ReadBounds): StoredBatch {
    const records: LogRecord[] = []
    let bytes = 0
    let next = filed.end
    for (const each of this.#select.iterate(filed.id, from, filed.end, recordsMax)) {
      const [offset, timestampMs, key, value, checksum] = each as unknown as Row
      if (checksum !== this.#checksum(filed.id, [offset, timestampMs, key, value])) {
        throw damaged(this.#path, `record ${offset} of ${topic}, partition ${partition}, fails its checksum`)
      }
      const record = { topic, partition, key, value, timestampMs }
      records.push(record)
      bytes += bytesOf(record)
      if (records.length < recordsMax && bytes < bytesMax) continue
      next = offset + 1
      break
    }
    return { records, next }
  }

  #checksum(part: number, [offset, time, key, value]: readonly [number, number, ...(Uint8Array | null)[]]): number {
    this.#head.set([part, offset, time, (key ? 0 : NULL_KEY) + (value ? 0 : NULL_VALUE)])
    let sum = crc32(this.#headBytes)
    if (key) sum = crc32(key, sum)
    if (value) sum = crc32(value, sum)
    return sum
  }
}
