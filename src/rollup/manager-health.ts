import { formatTime } from '../model/interval.ts'
import type { HealthPart, PartStatus } from '../ports/health.ts'
import type { ManagerStats } from './task-stats.ts'

interface Seen {
  readonly stats: ManagerStats
  /** Why the last tick failed; null when it did not. */
  readonly failure: unknown
}

/** The task manager as people see it. Answers do not wait for it: what is not rolled up is read from raw. */
export class TaskManagerHealth implements HealthPart {
  readonly name = 'rollup'
  readonly gate = false
  readonly #see: () => Seen

  constructor(see: () => Seen) {
    this.#see = see
  }

  ready(): boolean {
    return this.#see().stats.restored
  }

  status(): PartStatus {
    const { stats, failure } = this.#see()
    const { outstanding, parked, oldestDueMs, chunks, unreadable } = stats
    return { ...sentence(stats, failure), facts: { outstanding, parked, oldestDueMs, chunks, unreadable } }
  }
}

function sentence(stats: ManagerStats, failure: unknown): Pick<PartStatus, 'state' | 'detail'> {
  if (failure !== null) {
    const why = failure instanceof Error ? failure.message : String(failure)
    return { state: 'down', detail: `The last tick of the task manager failed: ${why}` }
  }
  if (!stats.restored) return { state: 'down', detail: 'The task manager has not read its state yet.' }
  const [first] = stats.parkedTasks
  if (first) {
    const where = `${first.rollup}, chunk ${formatTime(first.chunkStart)}`
    return { state: 'degraded', detail: `${stats.parked} roll-ups are parked; ${where}: ${first.error}` }
  }
  return { state: 'ok', detail: `${stats.outstanding} roll-ups are under way.` }
}
