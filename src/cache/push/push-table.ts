import { type Coverage, NO_COVERAGE } from '../../model/coverage.ts'
import type { DefHash, RollupVersion } from '../../model/definition.ts'
import { LanewayError } from '../../model/errors.ts'
import type { LabelFrame, StateFrame } from '../../model/frame.ts'
import type { MeasureRef } from '../../model/measure.ts'
import type { Patterns } from '../../model/patterns.ts'
import type { AggregateRecord } from '../../model/records.ts'
import type { Changes, WindowChange } from '../../ports/changes.ts'
import type {
  LabelReading,
  PushRead,
  PushReading,
  PushStats,
  PushWriter,
  SteppedReader,
  UnmatchedValues,
} from './contract.ts'
import { LabelGroups } from './label-groups.ts'
import { pinWindows, unavailable } from './pinned-windows.ts'
import { RawVersions } from './raw-versions.ts'
import { Reading } from './reading.ts'
import { type AggregateOf, type Applied, type DirtyOf, RollupTable, ringBytes, type SealOf } from './rollup-table.ts'
import type { Column } from './row-shape.ts'
import { readSnapshot } from './snapshot-reader.ts'
import { writeSnapshot } from './snapshot-writer.ts'
import { isDirty } from './window-ring.ts'

export interface PushTableOptions {
  /** Everything together: series, windows, staging, what reads keep. */
  readonly bytesMax: number
  /**
   * Only for the control run of a fault test, which must fail with it: each record changes at once what readers
   * see, whatever its epoch and whether its window is sealed.
   */
  readonly ignoreEpochs?: boolean
}

/**
 * Precomputed aggregates in memory: the one place where the two rivers meet. Readers only ever see whole windows of
 * one complete epoch:
 *
 *   records, seals of epoch 7 ▸ staged ─ all partitions sealed and satisfied ▸ live (epoch 7) ▸ readers
 *   epoch 6 … ▸ passed over             until then: live (epoch 5) ▸ readers
 */
export class PushTable implements SteppedReader, PushWriter, Changes {
  readonly #bytesMax: number
  readonly #ignoreEpochs: boolean
  readonly #listeners = new Set<(change: WindowChange) => void>()
  readonly #rawVersions = new RawVersions()
  #tables = new Map<DefHash, RollupTable>()
  #bytes = 0
  #ignoredRecords = 0
  #evictedWindows = 0
  #droppedEpochs = 0

  constructor({ bytesMax, ignoreEpochs = false }: PushTableOptions) {
    this.#bytesMax = bytesMax
    this.#ignoreEpochs = ignoreEpochs
  }

  /** Throws CONFIG_INVALID, and changes nothing, when the rings cannot even be empty within the limit. */
  define(rollups: readonly RollupVersion[]): void {
    const needed = rollups.reduce((sum, rollup) => sum + ringBytes(rollup), 0)
    if (needed > this.#bytesMax) throw tooManyWindows(needed, this.#bytesMax)
    const tables = new Map<DefHash, RollupTable>()
    for (const rollup of rollups) {
      if (!tables.has(rollup.defHash)) tables.set(rollup.defHash, this.#tableFor(rollup))
    }
    for (const [defHash, table] of this.#tables) {
      if (tables.get(defHash) !== table) this.#droppedEpochs += table.droppedEpochs
    }
    this.#tables = tables
    this.#keepWithinLimit()
  }

  apply(partition: number, record: AggregateRecord): void {
    if (record.kind === 'rawVersion') this.#rawVersions.put(record.dataset, record.chunkStart, record.version)
    else if (concernsWindow(record)) this.#applyToWindow(partition, record)
  }

  expire(nowMs: number): void {
    const keepMs = new Map<string, number>()
    for (const { rollup } of this.#tables.values()) {
      keepMs.set(rollup.dataset, Math.max(keepMs.get(rollup.dataset) ?? 0, rollup.keep.pushMs))
    }
    for (const table of this.#tables.values()) table.expire(nowMs)
    this.#rawVersions.expire((dataset) => {
      const keep = keepMs.get(dataset)
      return keep === undefined ? undefined : nowMs - keep
    })
    this.#keepWithinLimit()
  }

  clear(): void {
    for (const [defHash, table] of this.#tables) {
      this.#droppedEpochs += table.droppedEpochs
      this.#tables.set(defHash, new RollupTable(table.rollup))
    }
    this.#rawVersions.clear()
    this.#bytes = this.#measure()
  }

  snapshot(): Uint8Array {
    return writeSnapshot([...this.#tables.values()], this.#rawVersions)
  }

  restore(bytes: Uint8Array): void {
    this.clear()
    const fresh = new Map([...this.#tables].map(([defHash, { rollup }]) => [defHash, new RollupTable(rollup)]))
    const versions = readSnapshot(bytes, fresh)
    this.#tables = fresh
    for (const { dataset, chunkStart, version } of versions) this.#rawVersions.put(dataset, chunkStart, version)
    this.#keepWithinLimit()
    for (const table of this.#tables.values()) this.#tellAll(table)
  }

  coverage(defHash: DefHash, measures: readonly MeasureRef[], nowMs: number): Coverage {
    const table = this.#tables.get(defHash)
    if (!table || measures.some((measure) => !table.shape.columnFor(measure))) return NO_COVERAGE
    return { runs: table.runs(), asOf: nowMs }
  }

  read(request: PushRead, nowMs: number): StateFrame {
    const reading = this.begin(request, nowMs)
    reading.advance(Number.POSITIVE_INFINITY)
    return reading.frame()
  }

  unmatched(request: PushRead): readonly UnmatchedValues[] {
    return this.#tables.get(request.defHash)?.selections.unmatched(request) ?? []
  }

  begin(request: PushRead, nowMs: number, patterns?: Patterns): PushReading {
    const { table, columns } = this.#columnsFor(request)
    const pinned = pinWindows(table, request.intervals, nowMs)
    const selection = table.selections.select(request, patterns)
    return new Reading(request, { pinned, selection, shape: table.shape, columns })
  }

  readLabels(request: PushRead, nowMs: number, patterns?: Patterns): LabelFrame {
    const reading = this.beginLabels(request, nowMs, patterns)
    reading.advance(Number.POSITIVE_INFINITY)
    return reading.frame()
  }

  beginLabels(request: PushRead, nowMs: number, patterns?: Patterns): LabelReading {
    const { table, columns } = this.#columnsFor(request)
    const pinned = pinWindows(table, request.intervals, nowMs)
    return new LabelGroups(request, { pinned, selection: table.selections.select(request, patterns), columns })
  }

  rawVersion(dataset: string, chunkStart: number): number | undefined {
    return this.#rawVersions.get(dataset, chunkStart)
  }

  subscribe(listener: (change: WindowChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  stats(): PushStats {
    const tables = [...this.#tables.values()]
    const entries = tables.flatMap((table) => [...table.ring.entries])
    return {
      rollups: tables.length,
      windows: entries.filter((entry) => entry.live).length,
      stagedWindows: entries.filter((entry) => entry.staged.length > 0).length,
      dirtyWindows: entries.filter(isDirty).length,
      series: tables.reduce((sum, table) => sum + table.index.count, 0),
      rows: entries.reduce((sum, entry) => sum + (entry.live?.ids.length ?? 0), 0),
      bytes: this.#measure(),
      ignoredRecords: this.#ignoredRecords,
      evictedWindows: this.#evictedWindows,
      droppedEpochs: tables.reduce((sum, table) => sum + table.droppedEpochs, this.#droppedEpochs),
    }
  }

  /** A version keeps its content while it belongs to the same rollup: epochs rise per rollup, not per hash. */
  #tableFor(rollup: RollupVersion): RollupTable {
    const have = this.#tables.get(rollup.defHash)
    if (have?.rollup.id !== rollup.id) return new RollupTable(rollup)
    have.redefine(rollup)
    return have
  }

  #columnsFor(request: PushRead): { table: RollupTable; columns: Column[] } {
    const table = this.#tables.get(request.defHash)
    const columns = request.measures.map((measure) => table?.shape.columnFor(measure))
    if (!table || columns.some((column) => !column)) {
      throw unavailable(`rollup version ${request.defHash}`, request.intervals[0])
    }
    return { table, columns: columns as Column[] }
  }

  #applyToWindow(partition: number, record: WindowRecord): void {
    const table = this.#tables.get(record.defHash)
    if (table?.rollup.id !== record.rollup) {
      this.#ignoredRecords++
      return
    }
    const before = table.bytes
    const applied = this.#changed(table, partition, record)
    this.#bytes += table.bytes - before
    if (applied === 'ignored') this.#ignoredRecords++
    if (this.#bytes > this.#bytesMax) this.#keepWithinLimit()
    if (applied === 'changed') this.#tell(table, [record.bucket])
  }

  #changed(table: RollupTable, partition: number, record: WindowRecord): Applied {
    if (record.kind === 'dirty') return table.mark(record)
    if (this.#ignoreEpochs) return table.applyAtOnce(record)
    return record.kind === 'aggregate' ? table.aggregate(partition, record) : table.seal(partition, record)
  }

  /** Evicts the oldest windows of all rollups until everything fits; what reads remembered goes first. */
  #keepWithinLimit(): void {
    this.#bytes = this.#measure()
    if (this.#bytes <= this.#bytesMax) return
    for (const table of this.#tables.values()) table.forgetSelections()
    this.#bytes = this.#measure()
    while (this.#bytes > this.#bytesMax) {
      const oldest = this.#tableOfOldestWindow()
      if (!oldest) break
      const before = oldest.bytes
      oldest.evictOldest()
      this.#evictedWindows++
      this.#bytes += oldest.bytes - before
    }
  }

  #tableOfOldestWindow(): RollupTable | undefined {
    let found: RollupTable | undefined
    for (const table of this.#tables.values()) {
      const end = table.ring.oldest?.bucketEnd ?? Number.POSITIVE_INFINITY
      if (end < (found?.ring.oldest?.bucketEnd ?? Number.POSITIVE_INFINITY)) found = table
    }
    return found
  }

  #measure(): number {
    let bytes = this.#rawVersions.bytes
    for (const table of this.#tables.values()) bytes += table.bytes
    return bytes
  }

  #tellAll(table: RollupTable): void {
    const buckets = table.ring.entries.filter((entry) => entry.live).map((entry) => entry.bucket)
    if (buckets.length > 0) this.#tell(table, buckets)
  }

  #tell({ rollup }: RollupTable, buckets: readonly number[]): void {
    for (const listener of this.#listeners) listener({ rollup: rollup.id, defHash: rollup.defHash, buckets })
  }
}

type WindowRecord = AggregateOf | SealOf | DirtyOf

/** Marks and coverage of other places are not the push table's. */
const concernsWindow = (record: AggregateRecord): record is WindowRecord =>
  record.kind === 'aggregate' || record.kind === 'seal' || (record.kind === 'dirty' && record.place === 'push')

const tooManyWindows = (needed: number, bytesMax: number): LanewayError =>
  new LanewayError('CONFIG_INVALID', {
    detail: `the windows that the rollups keep need ${needed} bytes even when empty, push.bytesMax is ${bytesMax}`,
    hint: 'Raise push.bytesMax, or shorten keep.push of the rollups.',
    limit: bytesMax,
    actual: needed,
    configKey: 'push.bytesMax',
  })
