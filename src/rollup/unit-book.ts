import type { RollupVersion } from '../model/definition.ts'
import { bucketEnd, bucketsOf } from '../model/granularity.ts'
import { contains, type Interval, subtract, unionOf } from '../model/interval.ts'
import type { RollupTask, TaskDone } from '../model/task.ts'
import type { FailedTask, RolledUp, UnitState } from '../model/task-records.ts'
import { BOUNDS } from './bounds.ts'

/** Moments from which a unit must be looked at again: by raw's asOf, or by the clock. */
export interface Wake {
  readonly asOf: number
  readonly now: number
}

const AT_ONCE: Wake = { asOf: Number.NEGATIVE_INFINITY, now: Number.NEGATIVE_INFINITY }

/**
 * What is known of one rollup version and chunk: the windows that start in the chunk, what is rolled up, what is
 * missing, and the one task that may be outstanding.
 *
 *   due ▸ task issued ─ done, sealed ▸ rolled up
 *                      └ done, failed ▸ retry (after a while, whole) ─ failed too often ▸ parked
 */
export class UnitBook {
  readonly chunkStart: number
  /** From the chunk's start to the end of the last window that starts in it. */
  readonly interval: Interval
  readonly rolledUp = new Map<number, Omit<RolledUp, 'interval'>>()
  /** Window ▸ sequence of the last late mark, until a roll-up has it. */
  readonly late = new Map<number, number>()
  readonly manual = new Set<number>()
  task: RollupTask | null = null
  issuedMs = 0
  retry: FailedTask | null = null
  retryAtMs = 0
  parked: FailedTask | null = null
  /** When late marks last issued a task. */
  marksIssuedMs = Number.NEGATIVE_INFINITY
  /** Since when something is due, epoch ms; null when nothing is. */
  dueSinceMs: number | null = null
  /** Since when it waits for finer rollups; null when it does not. */
  waitsSinceMs: number | null = null
  /** Late marks wait for their turn. */
  throttled = false
  wake: Wake = AT_ONCE

  constructor(interval: Interval) {
    this.interval = interval
    this.chunkStart = interval.start
  }

  static restored(state: UnitState, parts: { interval: Interval; rollup: RollupVersion; nowMs: number }): UnitBook {
    const { interval, rollup, nowMs } = parts
    const unit = new UnitBook(interval)
    for (const { interval: span, ...rest } of state.rolledUp) {
      for (const bucket of bucketsOf(rollup.grain, span)) unit.rolledUp.set(bucket, rest)
    }
    for (const [bucket, seq] of state.late) unit.late.set(bucket, seq)
    for (const span of state.manual) for (const bucket of bucketsOf(rollup.grain, span)) unit.manual.add(bucket)
    unit.task = state.task
    unit.issuedMs = state.issuedMs
    unit.retry = state.retry
    unit.retryAtMs = nowMs + BOUNDS.retryFirstMs
    unit.parked = state.parked
    return unit
  }

  /** Neither waiting, outstanding nor asked for: may be forgotten when its time is over. */
  get isIdle(): boolean {
    return this.task === null && this.manual.size === 0
  }

  isAwake(moment: Wake): boolean {
    return moment.asOf >= this.wake.asOf || moment.now >= this.wake.now
  }

  wakeUp(): void {
    this.wake = AT_ONCE
  }

  /** Whether roll-ups are under way or about to be: coarser rollups wait for that. */
  isPending(moment: Wake): boolean {
    return this.task !== null || this.retry !== null || this.throttled || this.isAwake(moment)
  }

  /** Whether a seal of the window may be there or come: rolled up, being rolled up, or given up without knowing. */
  mayBeSealed(bucket: number): boolean {
    if (this.rolledUp.has(bucket)) return true
    const spans = [this.task, this.retry, this.parked].flatMap((each) => each?.intervals ?? [])
    return spans.some((span) => holds(span, bucket))
  }

  /** A late point of the window; whatever was given up is tried again. */
  mark(bucket: number, seq: number): void {
    if (this.mayBeSealed(bucket)) this.late.set(bucket, Math.max(seq, this.late.get(bucket) ?? 0))
    this.unpark()
  }

  unpark(): void {
    this.parked = null
    this.wakeUp()
  }

  issued(task: RollupTask, nowMs: number): void {
    this.task = task
    this.issuedMs = nowMs
    if (task.attempt > 0) this.retry = null
    for (const bucket of [...this.manual]) {
      if (task.intervals.some((span) => holds(span, bucket))) this.manual.delete(bucket)
    }
    if (this.late.size > 0) this.marksIssuedMs = nowMs
    this.throttled = false
    this.waitsSinceMs = null
    this.wake = { asOf: Number.POSITIVE_INFINITY, now: nowMs + BOUNDS.lostAfterMs }
  }

  /** Takes a worker's word; of another epoch than the outstanding one it is passed over. */
  done(done: TaskDone, rollup: RollupVersion, nowMs: number): boolean {
    if (this.task?.epoch !== done.epoch) return false
    const { task } = this
    this.task = null
    if (done.kind === 'sealed') this.#sealed(task, done, rollup)
    else this.#failed(task, done, nowMs)
    this.wakeUp()
    return true
  }

  /** The outstanding task will not be answered any more. */
  lost(nowMs: number): void {
    const { task } = this
    if (!task) return
    this.task = null
    this.#failed(task, { error: 'the log dropped the task before a worker took it', retriable: true }, nowMs)
  }

  state(rollup: RollupVersion): UnitState {
    const windowOf = (start: number): Interval => ({ start, end: bucketEnd(rollup.grain, start) })
    const { task, issuedMs, retry, parked } = this
    return {
      rolledUp: this.#runs(windowOf),
      late: [...this.late],
      manual: unionOf([...this.manual].map(windowOf)),
      task,
      issuedMs,
      retry,
      parked,
    }
  }

  #sealed(task: RollupTask, done: TaskDone & { readonly kind: 'sealed' }, rollup: RollupVersion): void {
    const { epoch, raw, through } = done
    const sealed = { epoch, raw, through }
    for (const bucket of task.intervals.flatMap((span) => [...bucketsOf(rollup.grain, span)])) {
      if (done.to !== null && bucket >= done.to) {
        if (task.causes.includes('manual')) this.manual.add(bucket)
        continue
      }
      this.rolledUp.set(bucket, sealed)
      if ((this.late.get(bucket) ?? 0) <= raw) this.late.delete(bucket)
    }
    this.dueSinceMs = null
    this.#forgetParked(task.intervals)
  }

  #failed(task: RollupTask, { error, retriable }: { error: string; retriable: boolean }, nowMs: number): void {
    const { intervals, causes } = task
    const failed: FailedTask = { intervals, causes, attempt: task.attempt + 1, error }
    if (retriable && failed.attempt <= BOUNDS.retriesMax) {
      this.retry = together(this.retry, failed)
      this.retryAtMs = nowMs + BOUNDS.retryFirstMs * 2 ** task.attempt
      return
    }
    this.dueSinceMs = null
    this.parked = together(this.parked, failed)
  }

  #forgetParked(intervals: readonly Interval[]): void {
    if (this.parked === null) return
    const left = subtract(this.parked.intervals, intervals)
    this.parked = left.length === 0 ? null : { ...this.parked, intervals: left }
  }

  /** Neighbours that one roll-up left behind share their entry, so a settled chunk is a few runs. */
  #runs(windowOf: (start: number) => Interval): RolledUp[] {
    const runs: RolledUp[] = []
    for (const [bucket, { epoch, raw, through }] of [...this.rolledUp].sort(([a], [b]) => a - b)) {
      const interval = windowOf(bucket)
      const last = runs.at(-1)
      const alike = last && last.interval.end === interval.start && last.epoch === epoch && last.raw === raw
      if (alike && last.through === through) {
        runs[runs.length - 1] = { ...last, interval: { start: last.interval.start, end: interval.end } }
      } else runs.push({ interval, epoch, raw, through })
    }
    return runs
  }
}

const together = (earlier: FailedTask | null, failed: FailedTask): FailedTask =>
  earlier === null
    ? failed
    : {
        intervals: unionOf([...earlier.intervals, ...failed.intervals]),
        causes: [...new Set([...earlier.causes, ...failed.causes])],
        attempt: Math.max(earlier.attempt, failed.attempt),
        error: failed.error,
      }

export const holds = (span: Interval, bucket: number): boolean => bucket >= span.start && bucket < span.end
export const coveredBy = (spans: readonly Interval[], span: Interval): boolean =>
  spans.some((each) => contains(each, span))
