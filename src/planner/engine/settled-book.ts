import { LanewayError } from '../../model/errors.ts'
import { bucketEnd, bucketsOf } from '../../model/granularity.ts'
import type { SettledBuckets } from './settled-buckets.ts'
import { type Column, columnBytes, equalColumns } from './settled-column.ts'
import type { SettledLimits, SettledTime } from './settled-contract.ts'
import type { FamilyPlan } from './settled-families.ts'
import { NO_TOTALS, type Totals, totalsBytes, withBucket } from './settled-totals.ts'

/** A settled bucket as it was read first. Its values stay, whatever is corrected later. */
export interface KeptBucket {
  readonly bucket: number
  readonly end: number
  readonly column: Column
  /** Counters since their beginning, after this bucket; null while nobody asked for totals. */
  totals: Totals | null
  /** Raw version it was last compared at. */
  raw: number
  /** A later roll-up had other values. */
  corrected: boolean
}

/** One read of the push table. Error: EDGE_UNAVAILABLE when the window is no longer covered. */
export type ReadBucket = (
  bucket: number,
  near: Column | null,
) => Promise<{ readonly column: Column; readonly raw: number }>

export interface Advance {
  /** The newest bucket to tell. */
  readonly newest: number
  readonly time: SettledTime
  readonly settled: SettledBuckets
  readonly cumulative: boolean
  readonly now: number
  readonly read: ReadBucket
}

interface Counting {
  head: Totals
  /** Buckets before this one were added, or wait in `holes`. */
  next: number
  readonly holes: Set<number>
  usedMs: number
}

type BookPlan = Pick<FamilyPlan, 'rollup' | 'measure'>

/**
 * Settled buckets of one metric in one rollup version, each read once:
 *
 *     window   ■ ■ □ ■ ■ ·       ■ settled  □ dirty or not covered yet
 *     kept         └ a hole: its increases join the totals when it settles, at the newest bucket then
 *     told     ├─ lookback ─┤
 */
export class SettledBook {
  readonly #plan: BookPlan
  readonly #limits: SettledLimits
  /** Never told: what another rollup version told of the metric, or what was dropped for lack of memory. */
  #floor: number
  #kept: KeptBucket[] = []
  #counting: Counting | null = null
  #told: number | null = null
  #usedMs = 0

  constructor(plan: BookPlan, limits: SettledLimits, floor: number) {
    this.#plan = plan
    this.#limits = limits
    this.#floor = floor
  }

  /** Newest bucket that was told. */
  get told(): number | null {
    return this.#told
  }

  get usedMs(): number {
    return this.#usedMs
  }

  get bytes(): number {
    const head = this.#counting ? totalsBytes(this.#counting.head) : 0
    return this.#kept.reduce(
      (sum, each) => sum + columnBytes(each.column) + (each.totals ? totalsBytes(each.totals) : 0),
      head,
    )
  }

  /** Start of the oldest bucket that could be dropped; null when only the newest is left. */
  get oldest(): number | null {
    return this.#kept.length > 1 ? this.#kept[0]!.bucket : null
  }

  /** Reads what is asked and not kept yet; answers the buckets to tell, ascending, and how many turn out corrected. */
  async advance(advance: Advance): Promise<{ readonly buckets: readonly KeptBucket[]; readonly corrected: number }> {
    const { newest, now, cumulative } = advance
    this.#usedMs = now
    const wanted = this.#wanted(advance)
    for (const bucket of wanted) await this.#keep(bucket, advance)
    if (cumulative && this.#counting === null) this.#beginCounting(wanted)
    if (this.#counting !== null) await this.#count(advance)
    const corrected = await this.#compare(advance)
    const told = this.#kept.filter(({ bucket, totals }) => wanted.has(bucket) && (!cumulative || totals !== null))
    if (told.some(({ bucket }) => bucket === newest)) this.#told = newest
    this.#forgetBefore(newest - this.#limits.lookbackMsMax)
    return { buckets: told, corrected }
  }

  /** For lack of memory. */
  dropOldest(): void {
    const dropped = this.#kept.shift()
    if (dropped) this.#floor = Math.max(this.#floor, dropped.bucket)
  }

  /** Buckets asked for that are kept or could be read, ascending. */
  #wanted({ newest, time, settled }: Advance): Set<number> {
    const { rollup } = this.#plan
    const end = bucketEnd(rollup.grain, newest)
    const from = Math.max(fromOf(time, newest, end), end - this.#limits.lookbackMsMax)
    const all = new Set([...settled.from(from), ...this.#kept.map(({ bucket }) => bucket)])
    const asked = [...all].filter((bucket) => bucket >= from && bucket <= newest && bucket > this.#floor)
    return new Set(asked.sort((a, b) => a - b))
  }

  #find(bucket: number): KeptBucket | undefined {
    return this.#kept.find((each) => each.bucket === bucket)
  }

  /** Undefined when the window went away while it was read. */
  async #keep(bucket: number, { read }: Advance): Promise<KeptBucket | undefined> {
    const have = this.#find(bucket)
    if (have) return have
    const found = await orGone(read(bucket, this.#kept.at(-1)?.column ?? null))
    if (found === null) return undefined
    const kept = { bucket, end: bucketEnd(this.#plan.rollup.grain, bucket), ...found, totals: null, corrected: false }
    this.#kept = [...this.#kept, kept].sort((a, b) => a.bucket - b.bucket)
    return kept
  }

  #beginCounting(wanted: ReadonlySet<number>): void {
    const [first] = wanted
    if (first !== undefined) this.#counting = { head: NO_TOTALS, next: first, holes: new Set(), usedMs: 0 }
  }

  /** Adds every bucket up to the newest exactly once. */
  async #count(advance: Advance): Promise<void> {
    const { newest, settled, cumulative, now } = advance
    const { rollup, measure } = this.#plan
    let counting = this.#counting!
    if (cumulative) counting.usedMs = now
    if (now - counting.usedMs > this.#limits.idleMsMax) this.#counting = null
    if (this.#counting === null || newest < counting.next) return
    if (this.#hasLost(counting, advance))
      counting = this.#counting = { ...counting, head: NO_TOTALS, next: newest, holes: new Set() }
    const end = bucketEnd(rollup.grain, newest)
    const before = counting.next
    for (const bucket of bucketsOf(rollup.grain, { start: before, end })) counting.holes.add(bucket)
    counting.next = end
    for (const bucket of [...counting.holes].sort((a, b) => a - b)) {
      const kept = this.#find(bucket) ?? (settled.has(bucket) ? await this.#keep(bucket, advance) : undefined)
      if (kept === undefined) continue
      counting.head = withBucket(counting.head, kept, { measure, idleMsMax: this.#limits.idleMsMax })
      counting.holes.delete(bucket)
      if (bucket >= before) kept.totals ??= counting.head
    }
  }

  /** A bucket that should have been added is gone for good, or too much time has passed: the totals begin anew. */
  #hasLost({ holes, next }: Counting, { newest, settled }: Advance): boolean {
    const { lookbackMsMax, idleMsMax } = this.#limits
    if (newest - next > idleMsMax) return true
    return [...holes].some((hole) => hole < newest - lookbackMsMax && !settled.has(hole) && !this.#find(hole))
  }

  /** Looks again at kept buckets that were rolled up again since. */
  async #compare({ settled, read }: Advance): Promise<number> {
    let corrected = 0
    for (const kept of this.#kept) {
      const raw = settled.rawAt(kept.bucket)
      if (kept.corrected || raw === undefined || raw === kept.raw) continue
      const now = await orGone(read(kept.bucket, kept.column))
      if (now === null) continue
      kept.raw = now.raw
      kept.corrected = !equalColumns(kept.column, now.column)
      if (kept.corrected) corrected++
    }
    return corrected
  }

  #forgetBefore(fromMs: number): void {
    this.#kept = this.#kept.filter(({ bucket }, i) => bucket > fromMs || i === this.#kept.length - 1)
  }
}

function fromOf(time: SettledTime, newest: number, end: number): number {
  switch (time.kind) {
    case 'newest':
      return newest
    case 'since':
      return time.ms
    case 'lookback':
      // Never less than the newest itself.
      return Math.min(newest, end - time.ms)
  }
}

async function orGone<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof LanewayError && error.code === 'EDGE_UNAVAILABLE') return null
    throw error
  }
}
