import type { Coverage } from '../../model/coverage.ts'
import type { DefHash, RollupVersion } from '../../model/definition.ts'
import type { Filter, LabelPattern } from '../../model/filter.ts'
import type { LabelFrame, StateFrame } from '../../model/frame.ts'
import type { Granularity } from '../../model/granularity.ts'
import type { Interval } from '../../model/interval.ts'
import type { MeasureRef } from '../../model/measure.ts'
import type { Patterns } from '../../model/patterns.ts'
import type { AggregateRecord } from '../../model/records.ts'

/** What the question river may do with the push table: read. */
export interface PushReader {
  /** `nowMs` is the moment the table has applied (now − lag): asOf of settled windows. */
  coverage(defHash: DefHash, measures: readonly MeasureRef[], nowMs: number): Coverage
  /** Reads live windows only. Error: EDGE_UNAVAILABLE when an asked window is not covered any more. */
  read(request: PushRead, nowMs: number): StateFrame
  /** Distinct groups of covered windows. */
  readLabels(request: PushRead, nowMs: number, patterns?: Patterns): LabelFrame
  /** Version of a raw chunk as published (`r` records); undefined when never seen. */
  rawVersion(dataset: string, chunkStart: number): number | undefined
  stats(): PushStats
}

/** A reader whose large reads can be taken in turns. */
export interface SteppedReader extends PushReader {
  /** Values that reading is going to match with patterns: whoever has matched them before hands in `patterns`. */
  unmatched(request: PushRead): readonly UnmatchedValues[]
  /** Pins windows and versions now; reading them later sees no newer ones. Errors as `read`. */
  begin(request: PushRead, nowMs: number, patterns?: Patterns): PushReading
  beginLabels(request: PushRead, nowMs: number, patterns?: Patterns): LabelReading
}

export interface UnmatchedValues extends LabelPattern {
  /** Each once. */
  readonly values: readonly string[]
}

export interface PushReading {
  /** Reads whole windows until about `rowsMax` rows were looked at; true when nothing is left. */
  advance(rowsMax: number): boolean
  /** What was read; ask when nothing is left. */
  frame(): StateFrame
}

/** The same for label values. */
export interface LabelReading {
  advance(rowsMax: number): boolean
  frame(): LabelFrame
}

export interface PushRead {
  readonly defHash: DefHash
  readonly intervals: readonly Interval[]
  readonly granularity: Granularity
  readonly allStart: number
  readonly groupBy: readonly string[]
  readonly pinned: Readonly<Record<string, string>>
  readonly filter: Filter
  readonly measures: readonly MeasureRef[]
}

/** What the data river may do: write, in log order per partition. Never throws on strange data: it counts. */
export interface PushWriter {
  /** Rollup versions to keep; records of others are ignored and counted. New ones start empty. */
  define(rollups: readonly RollupVersion[]): void
  apply(partition: number, record: AggregateRecord): void
  /** Drops windows older than each rollup's keep, and evicts the oldest above the byte limit. */
  expire(nowMs: number): void
  /** Forgets everything but the definitions. */
  clear(): void
  /** Complete content, staging and dirty marks included; no positions, no checksum. */
  snapshot(): Uint8Array
  /** Replaces the content. Throws LanewayError SNAPSHOT_DAMAGED and leaves the table empty. */
  restore(bytes: Uint8Array): void
}

export interface PushStats {
  readonly rollups: number
  readonly windows: number
  readonly stagedWindows: number
  readonly dirtyWindows: number
  readonly series: number
  readonly rows: number
  readonly bytes: number
  readonly ignoredRecords: number
  readonly evictedWindows: number
  /** Epochs given up because too many waited in one window. */
  readonly droppedEpochs: number
}
