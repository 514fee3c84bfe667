import type { Clock } from '../../ports/clock.ts'
import type { HealthPart } from '../../ports/health.ts'
import type { LogGroup, LogWriter } from '../../ports/log.ts'
import { LogCore } from './core.ts'
import { StoreGroup } from './group.ts'
import { LogHealth } from './health.ts'
import { LOG_LIMITS, type LogLimits } from './limits.ts'
import type { LogStore } from './store.ts'
import { StoreTail } from './tail.ts'
import { StoreWriter } from './writer.ts'

/** What an operator does to topics. */
export interface LogAdmin {
  /** Grows a topic; fewer partitions than there are change nothing. */
  addPartitions(topic: string, partitions: number): Promise<void>
  /** Deletes the topic and makes it again, empty, under a new topic id. */
  recreate(topic: string): Promise<void>
}

/** The log ports in this process. */
export interface LocalLog {
  /** Error: FIELD_INVALID when the log has no such topic. */
  tail(topic: string): StoreTail
  /** A new handle at each reading of the property: fences belong to handles, so each owner takes its own. */
  readonly writer: LogWriter
  readonly group: LogGroup
  readonly admin: LogAdmin
  readonly health: HealthPart
  /** Compaction and retention, what is due at `nowMs`; failures are shown by the health part. Never rejects. */
  maintain(nowMs: number): Promise<void>
  /** Ends tails and groups, lets what was begun finish, and closes the file. */
  close(): Promise<void>
}

export function localLog(store: LogStore, clock: Clock, limits: Partial<LogLimits> = {}): LocalLog {
  const core = new LogCore(store, { ...LOG_LIMITS, ...limits }, clock)
  let maintenance: Promise<void> | null = null
  const changed = async (topic: string, change: Promise<void>) => {
    await change
    core.bells.ring([topic])
  }
  return {
    tail: (topic) => new StoreTail(core, topic),
    get writer() {
      return new StoreWriter(core)
    },
    group: new StoreGroup(core),
    admin: {
      addPartitions: (topic, partitions) => changed(topic, store.addPartitions(topic, partitions)),
      recreate: (topic) => changed(topic, store.recreate(topic)),
    },
    health: new LogHealth(core),
    maintain(nowMs) {
      if (core.closing.aborted) return Promise.resolve()
      maintenance ??= maintained(core, nowMs).finally(() => (maintenance = null))
      return maintenance
    },
    close: () => core.close(),
  }
}

async function maintained(core: LogCore, nowMs: number): Promise<void> {
  try {
    await core.store.maintain(nowMs)
    core.succeeded('maintenance')
    core.bells.ring([...core.store.topics()].map(({ settings }) => settings.name))
  } catch (error) {
    core.failed('maintenance', error)
  }
}
