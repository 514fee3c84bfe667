import type { TaskCause } from '../model/task.ts'
import type { Books } from './books.ts'
import { BOUNDS } from './bounds.ts'

export interface ParkedTask {
  readonly rollup: string
  readonly chunkStart: number
  readonly error: string
}

export interface ManagerStats {
  /** Whether what the log holds has been read. */
  readonly restored: boolean
  readonly outstanding: number
  readonly parked: number
  /** A bounded number of them. */
  readonly parkedTasks: readonly ParkedTask[]
  /** Since when the oldest roll-up is due and not done, ms; 0 when none is. */
  readonly oldestDueMs: number
  /** Tasks issued since the start, by cause; one with two causes counts under both. */
  readonly tasks: Readonly<Record<TaskCause, number>>
  /** Records of `task-state` that could not be read. */
  readonly unreadable: number
  readonly chunks: number
  readonly epoch: number
  /** Sequence of the last late mark that was handled. */
  readonly marks: number
}

interface Counted {
  readonly tasks: ReadonlyMap<TaskCause, number>
  readonly unreadable: number
  readonly now: number
}

export function statsOf(books: Books | null, { tasks, unreadable, now }: Counted): ManagerStats {
  const parked: ParkedTask[] = []
  let [outstanding, chunks, dueSinceMs] = [0, 0, now]
  for (const { book, unit } of books?.units() ?? []) {
    chunks++
    if (unit.task) outstanding++
    dueSinceMs = Math.min(dueSinceMs, unit.dueSinceMs ?? now)
    if (unit.parked) parked.push({ rollup: book.version.id, chunkStart: unit.chunkStart, error: unit.parked.error })
  }
  return {
    restored: books !== null,
    outstanding,
    parked: parked.length,
    parkedTasks: parked.slice(0, BOUNDS.parkedShownMax),
    oldestDueMs: now - dueSinceMs,
    tasks: Object.fromEntries(tasks) as Record<TaskCause, number>,
    unreadable,
    chunks,
    epoch: books?.epoch ?? 0,
    marks: books?.marks ?? 0,
  }
}
