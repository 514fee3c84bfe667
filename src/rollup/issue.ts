import { roughMs } from '../model/granularity.ts'
import type { Interval } from '../model/interval.ts'
import type { RollupTask, TaskCause } from '../model/task.ts'
import type { Books } from './books.ts'
import { BOUNDS } from './bounds.ts'
import { type Due, dueOf } from './due.ts'
import type { RollupBook } from './rollup-book.ts'
import type { Transaction } from './transaction.ts'
import type { UnitBook, Wake } from './unit-book.ts'

interface Place {
  readonly book: RollupBook
  readonly unit: UnitBook
}

/**
 * Issues what is due, as far as there is room: newest chunks first, so that a long history does not hold up the
 * present, and in a chunk finer rollups first. Returns the causes of what it issued.
 */
export function issueDue(books: Books, { tx, moment }: { tx: Transaction; moment: Wake }): TaskCause[] {
  let room = BOUNDS.outstandingMax - books.outstanding()
  const causes: TaskCause[] = []
  for (const place of awake(books, moment)) {
    if (room <= 0) break
    const due = look(place, moment)
    if (!due) continue
    const task = taskOf(place, due, { epoch: ++books.epoch, asOf: moment.asOf })
    place.unit.issued(task, moment.now)
    tx.issue(place.book, place.unit, task)
    causes.push(...task.causes)
    room--
  }
  return causes
}

/** Whether issueDue would issue something, were there room. */
export function isAnythingDue(books: Books, moment: Wake): boolean {
  for (const { book, unit } of books.units()) {
    if (!unit.task && unit.isAwake(moment) && !(unit.waitsSinceMs !== null && isHeldUp({ book, unit }, moment))) {
      return true
    }
  }
  return false
}

function awake(books: Books, moment: Wake): Place[] {
  const places = [...books.units()].filter(({ unit }) => unit.isAwake(moment))
  return places.sort(
    (a, b) => b.unit.chunkStart - a.unit.chunkStart || roughMs(a.book.version.grain) - roughMs(b.book.version.grain),
  )
}

/** What is due in the unit and may go ahead; otherwise notes when to look again. */
function look(place: Place, moment: Wake): Due | null {
  const { book, unit } = place
  if (unit.task) {
    if (moment.now < unit.issuedMs + BOUNDS.lostAfterMs) {
      unit.wake = { asOf: Number.POSITIVE_INFINITY, now: unit.issuedMs + BOUNDS.lostAfterMs }
      return null
    }
    unit.lost(moment.now)
  }
  const due = dueOf(unit, book.version, book.momentOf(unit, moment))
  unit.throttled = due.throttled
  if (due.intervals.length === 0) {
    unit.wake = due.wake
    unit.dueSinceMs = null
    return null
  }
  unit.dueSinceMs ??= moment.now
  unit.waitsSinceMs ??= moment.now
  return isHeldUp(place, moment, due.intervals) ? null : due
}

/**
 * A coarse roll-up goes after the finer ones of its time, so that it can be computed from them. A parked one, or one
 * that takes too long, does not hold it up: then it reads raw.
 */
function isHeldUp({ book, unit }: Place, moment: Wake, intervals: readonly Interval[] = [unit.interval]): boolean {
  if (unit.waitsSinceMs === null || moment.now >= unit.waitsSinceMs + BOUNDS.finerWaitMsMax) return false
  return book.finer.some((finer) =>
    intervals.some((interval) => finer.unitsIn(interval).some((each) => each.isPending(moment))),
  )
}

function taskOf({ book, unit }: Place, due: Due, issue: { epoch: number; asOf: number }): RollupTask {
  const { id: rollup, defHash } = book.version
  const { intervals, causes, attempt } = due
  const touched = { start: intervals[0]!.start, end: intervals.at(-1)!.end }
  const raw = book.raw.version(touched)
  const isOneChunk = touched.end <= unit.chunkStart + BOUNDS.chunkMs
  const versions = isOneChunk ? [] : book.raw.versions(touched)
  return { rollup, defHash, chunkStart: unit.chunkStart, intervals, raw, versions, causes, attempt, ...issue }
}
