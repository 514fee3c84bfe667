import type { RollupVersion } from '../model/definition.ts'
import { bucketEnd, bucketsOf } from '../model/granularity.ts'
import { type Interval, unionOf } from '../model/interval.ts'
import { TASK_CAUSES, type TaskCause } from '../model/task.ts'
import { BOUNDS } from './bounds.ts'
import { coveredBy, type UnitBook, type Wake } from './unit-book.ts'

/** The world as one look at a unit sees it. */
export interface Moment extends Wake {
  /** Greatest raw version over the unit's chunks, and when the last of their marks became known. */
  readonly version: number
  readonly markedMs: number
  /** Raw data of the unit is leaving: only what a person asked for is touched. */
  readonly frozen: boolean
  /** Windows that ended by then are not kept. */
  readonly keptFrom: number
}

export interface Due {
  /** Whole windows, empty when nothing is due. */
  readonly intervals: readonly Interval[]
  readonly causes: readonly TaskCause[]
  readonly attempt: number
  /** When to look again if nothing is due. */
  readonly wake: Wake
  /** Late marks wait for their turn. */
  readonly throttled: boolean
}

const NEVER = Number.POSITIVE_INFINITY

/** What of a unit without an outstanding task is to be rolled up now. Changes nothing. */
export function dueOf(unit: UnitBook, rollup: RollupVersion, moment: Moment): Due {
  const { retry } = unit
  if (retry && moment.now >= unit.retryAtMs) {
    const { intervals, causes, attempt } = retry
    return { intervals, causes, attempt, wake: { asOf: NEVER, now: NEVER }, throttled: false }
  }
  return new Look(unit, rollup, moment).due()
}

class Look {
  readonly #unit: UnitBook
  readonly #rollup: RollupVersion
  readonly #moment: Moment
  readonly #due: Interval[] = []
  readonly #throttled: Interval[] = []
  readonly #causes = new Set<TaskCause>()
  readonly #throttledCauses = new Set<TaskCause>()
  #asOf = NEVER
  #now = NEVER

  constructor(unit: UnitBook, rollup: RollupVersion, moment: Moment) {
    this.#unit = unit
    this.#rollup = rollup
    this.#moment = moment
    if (unit.retry) this.#now = unit.retryAtMs
  }

  due(): Due {
    for (const start of bucketsOf(this.#rollup.grain, this.#unit.interval)) {
      const window = { start, end: bucketEnd(this.#rollup.grain, start) }
      const readableFrom = window.end + BOUNDS.earlyMs + 1
      if (this.#moment.asOf < readableFrom) {
        this.#lookAgain(readableFrom)
        break
      }
      this.#look(window)
    }
    const some = this.#due.length > 0
    return {
      intervals: some ? unionOf([...this.#due, ...this.#throttled]) : [],
      causes: some ? TASK_CAUSES.filter((cause) => this.#causes.has(cause) || this.#throttledCauses.has(cause)) : [],
      attempt: 0,
      wake: { asOf: this.#asOf, now: this.#now },
      throttled: this.#throttled.length > 0,
    }
  }

  #look(window: Interval): void {
    const { retry, parked } = this.#unit
    if (retry && coveredBy(retry.intervals, window)) return
    const cause = this.#causeOf(window)
    if (cause === null) return
    if (parked?.causes.includes(cause) && coveredBy(parked.intervals, window)) return
    const turn = this.#unit.marksIssuedMs + BOUNDS.changedPeriodMs
    if (this.#isForMark(window, cause) && this.#moment.now < turn) {
      this.#throttled.push(window)
      this.#throttledCauses.add(cause)
      this.#now = Math.min(this.#now, turn)
      return
    }
    this.#due.push(window)
    this.#causes.add(cause)
  }

  #causeOf({ start, end }: Interval): TaskCause | null {
    const { asOf, frozen, keptFrom, version } = this.#moment
    if (this.#unit.manual.has(start)) return 'manual'
    if (frozen || end <= keptFrom) return null
    const seen = this.#unit.rolledUp.get(start)
    const settlesAt = end + this.#rollup.latenessMs
    const passed = asOf >= settlesAt
    if (!passed) this.#lookAgain(settlesAt)
    if (!seen) return passed ? 'step' : 'early'
    if ((this.#unit.late.get(start) ?? 0) > seen.raw) return passed ? 'changed' : 'early'
    if (passed && seen.through < settlesAt) return 'step'
    return seen.raw < version && this.#isPublished() ? 'published' : null
  }

  /** A window that was read before and is asked again only because of late points. */
  #isForMark({ start }: Interval, cause: TaskCause): boolean {
    return cause === 'changed' || (cause === 'early' && this.#unit.rolledUp.has(start))
  }

  #isPublished(): boolean {
    const { asOf, now, markedMs } = this.#moment
    const at = this.#unit.interval.end + this.#rollup.latenessMs
    if (asOf < at) this.#lookAgain(at)
    else if (now < markedMs + BOUNDS.quietMs) this.#now = Math.min(this.#now, markedMs + BOUNDS.quietMs)
    return asOf >= at && now >= markedMs + BOUNDS.quietMs
  }

  #lookAgain(asOf: number): void {
    this.#asOf = Math.min(this.#asOf, asOf)
  }
}
