import { LanewayError } from '../../model/errors.ts'
import type { LogRecord } from '../../ports/log.ts'
import type { LogLimits } from './limits.ts'
import type { LogStore } from './store.ts'

export const bytesOf = ({ key, value }: LogRecord): number => (key?.byteLength ?? 0) + (value?.byteLength ?? 0)

/** Refuses what a broker would refuse, before anything is written. Error: FIELD_INVALID, naming the record. */
export function checkBatch(records: readonly LogRecord[], store: LogStore, limits: LogLimits): void {
  let bytes = 0
  for (const [i, record] of records.entries()) {
    checkPlace(record, i, store)
    const own = bytesOf(record)
    if (own > limits.recordBytesMax) throw tooLarge(`record ${i}`, own, limits.recordBytesMax)
    bytes += own
  }
  if (bytes > limits.commitBytesMax) throw tooLarge('the batch', bytes, limits.commitBytesMax)
}

function checkPlace({ topic, partition, key, timestampMs }: LogRecord, i: number, store: LogStore): void {
  const stored = store.topic(topic)
  if (!stored) throw invalid(`record ${i} names topic "${topic}", which the log does not have`)
  if (!(partition in stored.partitions)) {
    throw invalid(`record ${i} names partition ${partition} of "${topic}", which has ${stored.partitions.length}`)
  }
  if (key === null && stored.settings.cleanup !== 'delete') {
    throw invalid(`record ${i} has no key, but topic "${topic}" is compacted by key`)
  }
  if (!Number.isSafeInteger(timestampMs)) throw invalid(`record ${i} has the timestamp ${timestampMs}, not whole ms`)
}

const invalid = (what: string): LanewayError => new LanewayError('FIELD_INVALID', { detail: `log append: ${what}` })

const tooLarge = (what: string, actual: number, limit: number): LanewayError =>
  new LanewayError('FIELD_INVALID', {
    detail: `log append: ${what} has ${actual} bytes, the limit is ${limit}`,
    limit,
    actual,
  })
