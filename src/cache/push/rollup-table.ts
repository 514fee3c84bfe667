import type { CoverageRun } from '../../model/coverage.ts'
import type { RollupVersion } from '../../model/definition.ts'
import { bucketEnd, bucketStart, DAY_MS, roughMs } from '../../model/granularity.ts'
import type { AggregateRecord } from '../../model/records.ts'
import { atBaseStep } from '../../model/written-state.ts'
import { coverageRuns } from './coverage-runs.ts'
import { type LiveWindow, liveBytes, liveFrom, rowsOf, WINDOW_BYTES } from './live-window.ts'
import { type RowCells, RowShape } from './row-shape.ts'
import { SelectionCache } from './selection.ts'
import { SeriesIndex } from './series-index.ts'
import { type Seal, StagedEpoch } from './staged-epoch.ts'
import { isDirty, type WindowEntry, WindowRing } from './window-ring.ts'

/** Epochs above the live one that may wait in one window. */
const STAGED_EPOCHS_MAX = 4
/** Rows that must have left before it is worth looking for series nobody uses. */
const SWEEP_ROWS_MIN = 1024
/** The bucket that is still filling, and the one that is just leaving. */
const SPARE_SLOTS = 2
const SHORT_MONTH_MS = 28 * DAY_MS

/**
 * What became of a record: `changed` what readers see, was taken in (`kept`), was older than what is there
 * (`passed`), or could not be used (`ignored`).
 */
export type Applied = 'changed' | 'kept' | 'passed' | 'ignored'
export type AggregateOf = AggregateRecord & { readonly kind: 'aggregate' }
export type SealOf = AggregateRecord & { readonly kind: 'seal' }
export type DirtyOf = AggregateRecord & { readonly kind: 'dirty' }

/** Windows a rollup version may hold at once. */
export function slotsOf(rollup: RollupVersion): number {
  const width = rollup.grain === 'P1M' ? SHORT_MONTH_MS : roughMs(rollup.grain)
  return Math.ceil(rollup.keep.pushMs / width) + SPARE_SLOTS
}

/** Bytes that a rollup's ring takes when it is full of empty windows. */
export const ringBytes = (rollup: RollupVersion): number => slotsOf(rollup) * WINDOW_BYTES

/** Series, windows and staging of one rollup version. */
export class RollupTable {
  readonly shape: RowShape
  readonly ring = new WindowRing()
  droppedEpochs = 0
  #rollup: RollupVersion
  #index: SeriesIndex
  #selections: SelectionCache
  #slots: number
  #row: RowCells
  #runs: readonly CoverageRun[] | null = null
  /** Windows that end by these moments are refused. */
  #expiredThrough = Number.NEGATIVE_INFINITY
  #evictedThrough = Number.NEGATIVE_INFINITY
  #windowBytes = 0
  #rowsLeft = 0

  constructor(rollup: RollupVersion) {
    this.#rollup = rollup
    this.#slots = slotsOf(rollup)
    this.shape = new RowShape(rollup.measures, atBaseStep(rollup))
    this.#row = this.shape.emptyRow()
    this.#index = new SeriesIndex(rollup.labels)
    this.#selections = new SelectionCache(this.#index)
  }

  get rollup(): RollupVersion {
    return this.#rollup
  }

  get index(): SeriesIndex {
    return this.#index
  }

  get selections(): SelectionCache {
    return this.#selections
  }

  get bytes(): number {
    return this.#windowBytes + this.#index.bytes + this.#selections.bytes
  }

  /** A definition with the same hash: only what does not change the numbers may differ (retention, lateness). */
  redefine(rollup: RollupVersion): void {
    this.#rollup = rollup
    this.#slots = slotsOf(rollup)
    this.#runs = null
    while (this.ring.entries.length > this.#slots) this.#dropOldest()
  }

  runs(): readonly CoverageRun[] {
    this.#runs ??= coverageRuns(this.ring.entries, this.#rollup.latenessMs)
    return this.#runs
  }

  aggregate(partition: number, record: AggregateOf): Applied {
    if (!this.#readRow(record)) return 'ignored'
    const staged = this.#stagedFor(record.bucket, record.epoch)
    if (typeof staged === 'string') return staged
    const before = staged.bytes
    staged.put(partition, this.#index.idOf(record.group), this.#row)
    this.#windowBytes += staged.bytes - before
    return this.#settle(record.bucket, staged, partition)
  }

  seal(partition: number, record: SealOf): Applied {
    if (partition !== record.partition || !isPlausible(record)) return 'ignored'
    const staged = this.#stagedFor(record.bucket, record.epoch)
    if (typeof staged === 'string') return staged
    staged.seals.set(partition, sealOf(record))
    return this.#settle(record.bucket, staged, partition)
  }

  mark(record: DirtyOf): Applied {
    const entry = this.#obtain(record.bucket)
    if (!entry) return 'ignored'
    if (record.raw <= entry.mark) return 'passed'
    const wasDirty = isDirty(entry)
    entry.mark = record.raw
    this.#runs = null
    return !wasDirty && isDirty(entry) ? 'changed' : 'kept'
  }

  /** Control run only: changes what readers see with one record, whatever its epoch and seal. */
  applyAtOnce(record: AggregateOf | SealOf): Applied {
    const entry = record.kind === 'seal' || this.#readRow(record) ? this.#obtain(record.bucket) : undefined
    if (!entry) return 'ignored'
    const live = entry.live ?? { raw: 0, through: 0 }
    const staged = new StagedEpoch(record.epoch, this.shape.width)
    if (entry.live) copyRows(entry.live, this.shape, staged)
    if (record.kind === 'aggregate') staged.put(0, this.#index.idOf(record.group), this.#row)
    const { raw, through } = record.kind === 'seal' ? record : live
    this.swap(entry, liveFrom(staged, this.shape, { epoch: record.epoch, raw, through }))
    return 'changed'
  }

  /** Makes a complete epoch visible; lower epochs that still wait can no longer matter. */
  swap(entry: WindowEntry, live: LiveWindow): void {
    if (entry.live) this.#release(liveBytes(entry.live), entry.live.ids.length)
    entry.live = live
    this.#windowBytes += liveBytes(live)
    for (const staged of entry.staged) if (staged.epoch <= live.epoch) this.#release(staged.bytes, staged.count)
    entry.staged = entry.staged.filter((staged) => staged.epoch > live.epoch)
    this.#runs = null
  }

  /** Drops windows that ended before the rollup's keep. */
  expire(nowMs: number): void {
    this.#expiredThrough = nowMs - this.#rollup.keep.pushMs
    while (this.ring.oldest && this.ring.oldest.bucketEnd <= this.#expiredThrough) this.#dropOldest()
    if (this.#rowsLeft >= Math.max(SWEEP_ROWS_MIN, this.#index.count)) this.sweep()
  }

  /** Drops the oldest window under pressure; older ones are not taken in again. */
  evictOldest(): void {
    const entry = this.#dropOldest()
    if (entry) this.#evictedThrough = Math.max(this.#evictedThrough, entry.bucketEnd)
    if (!this.ring.oldest || this.#rowsLeft >= Math.max(SWEEP_ROWS_MIN, this.#index.count)) this.sweep()
  }

  forgetSelections(): void {
    this.#selections = new SelectionCache(this.#index)
  }

  /** Frees series that no window has any more. Readers that hold windows keep the old index with them. */
  sweep(): void {
    this.#rowsLeft = 0
    const used = new Uint8Array(this.#index.count)
    for (const { live, staged } of this.ring.entries) {
      for (const id of live?.ids ?? []) used[id] = 1
      for (const epoch of staged) for (const id of epoch.ids) used[id] = 1
    }
    if (used.every((each) => each === 1)) return
    const { index, newIds } = this.#index.compacted(used)
    for (const entry of this.ring.entries) {
      if (entry.live) entry.live = { ...entry.live, ids: entry.live.ids.map((id) => newIds[id]!) }
      for (const epoch of entry.staged) epoch.renumber(newIds)
    }
    this.#useIndex(index)
  }

  /** Content of a snapshot; the table must be new. */
  adopt(index: SeriesIndex, entries: readonly WindowEntry[]): void {
    this.#useIndex(index)
    for (const entry of entries) {
      Object.assign(this.ring.insert(entry.bucket, entry.bucketEnd), entry)
      this.#windowBytes += WINDOW_BYTES + (entry.live ? liveBytes(entry.live) : 0)
      for (const staged of entry.staged) this.#windowBytes += staged.bytes
    }
    while (this.ring.entries.length > this.#slots) this.#dropOldest()
  }

  #useIndex(index: SeriesIndex): void {
    this.#index = index
    this.forgetSelections()
  }

  /** The window, made when it is not there; undefined where none may be. */
  #obtain(bucket: number): WindowEntry | undefined {
    const entry = this.ring.find(bucket)
    if (entry) return entry
    const { grain } = this.#rollup
    if (!Number.isSafeInteger(bucket) || bucketStart(grain, bucket) !== bucket) return undefined
    const end = bucketEnd(grain, bucket)
    if (end <= Math.max(this.#expiredThrough, this.#evictedThrough)) return undefined
    if (this.ring.entries.length >= this.#slots) {
      if (bucket < this.ring.oldest!.bucket) return undefined
      this.#dropOldest()
    }
    this.#windowBytes += WINDOW_BYTES
    return this.ring.insert(bucket, end)
  }

  #stagedFor(bucket: number, epoch: number): StagedEpoch | 'passed' | 'ignored' {
    const entry = this.#obtain(bucket)
    if (!entry) return 'ignored'
    if (entry.live && epoch <= entry.live.epoch) return 'passed'
    const { staged } = entry
    const at = staged.findIndex((each) => each.epoch >= epoch)
    if (at >= 0 && staged[at]!.epoch === epoch) return staged[at]!
    if (staged.length >= STAGED_EPOCHS_MAX) return this.#stagedInsteadOfOldest(entry, epoch)
    return this.stage(entry, epoch)
  }

  /** Too many epochs wait: the oldest is given up, which may be this one. */
  #stagedInsteadOfOldest(entry: WindowEntry, epoch: number): StagedEpoch | 'passed' {
    const [oldest] = entry.staged
    this.droppedEpochs++
    if (oldest!.epoch > epoch) return 'passed'
    entry.staged.shift()
    this.#release(oldest!.bytes, oldest!.count)
    return this.stage(entry, epoch)
  }

  /** A new, empty staging; the epoch must not be there yet. */
  stage(entry: WindowEntry, epoch: number): StagedEpoch {
    const fresh = new StagedEpoch(epoch, this.shape.width)
    const at = entry.staged.findIndex((each) => each.epoch > epoch)
    entry.staged.splice(at < 0 ? entry.staged.length : at, 0, fresh)
    this.#windowBytes += fresh.bytes
    return fresh
  }

  #settle(bucket: number, staged: StagedEpoch, partition: number): Applied {
    if (!staged.isSatisfied(partition) || !staged.isComplete()) return 'kept'
    this.swap(this.ring.find(bucket)!, liveFrom(staged, this.shape, staged.version()))
    return 'changed'
  }

  #readRow(record: AggregateOf): boolean {
    if (record.group.length !== this.#rollup.labels.length || !Number.isSafeInteger(record.epoch)) return false
    return this.shape.read(record.measures, this.#row)
  }

  #dropOldest(): WindowEntry | undefined {
    const entry = this.ring.dropOldest()
    if (!entry) return undefined
    this.#release(WINDOW_BYTES, 0)
    if (entry.live) this.#release(liveBytes(entry.live), entry.live.ids.length)
    for (const staged of entry.staged) this.#release(staged.bytes, staged.count)
    this.#runs = null
    return entry
  }

  #release(bytes: number, rows: number): void {
    this.#windowBytes -= bytes
    this.#rowsLeft += rows
  }
}

const sealOf = ({ keys, of, raw, through }: SealOf): Seal => ({ keys, of, raw, through })

const isPlausible = (seal: SealOf): boolean =>
  [seal.epoch, seal.raw, seal.through, seal.keys, seal.of, seal.partition].every(Number.isSafeInteger) &&
  seal.keys >= 0 &&
  seal.partition >= 0 &&
  seal.partition < seal.of

function copyRows(live: LiveWindow, shape: RowShape, into: StagedEpoch): void {
  const { ids, cells, big } = rowsOf(live, shape)
  for (let row = 0; row < ids.length; row++) {
    const from = row * shape.width
    const ofRow = [...big].filter(([cell]) => cell >= from && cell < from + shape.width)
    const own = ofRow.map(([cell, value]): [number, bigint] => [cell - from, value])
    into.put(0, ids[row]!, { cells: cells.subarray(from, from + shape.width), big: own })
  }
}
