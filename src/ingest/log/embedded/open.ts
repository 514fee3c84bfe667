import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../ports/clock.ts'
import type { TopicSettings } from '../../../ports/log.ts'
import { LOG_LIMITS, type LogLimits } from '../limits.ts'
import { type LocalLog, localLog } from '../local-log.ts'
import { openDatabase } from './database.ts'
import { storeFailure } from './failures.ts'
import { SqliteStore } from './sqlite-store.ts'

export type EmbeddedLog = LocalLog

export interface EmbeddedLogOptions {
  /** The file; beside it stands its write-ahead log. */
  readonly path: string
  readonly clock: Clock
  /** Topics that are there already keep their records, and their partitions where these are more. */
  readonly topics: readonly TopicSettings[]
  /** Largest size of the file; appends beyond fail with STORE_UNWRITABLE. Unlimited when left out. */
  readonly bytesMax?: number
  readonly limits?: Partial<LogLimits>
}

/** The log ports on one SQLite file. Errors: DATA_FOLDER_LOCKED, DATA_FOLDER_DAMAGED, STORE_UNWRITABLE. */
export function openEmbeddedLog({ path, clock, topics, bytesMax, limits }: EmbeddedLogOptions): EmbeddedLog {
  const db = openDatabase(path, bytesMax ?? null)
  try {
    const tombstonesKeptMs = limits?.tombstonesKeptMs ?? LOG_LIMITS.tombstonesKeptMs
    return localLog(new SqliteStore({ db, path, topics, tombstonesKeptMs, newTopicId: randomUUID }), clock, limits)
  } catch (error) {
    db.close()
    throw storeFailure(error, path)
  }
}
