import type { LabelSet } from './label.ts'
import type { MetricType } from './measure.ts'
import type { Num } from './number.ts'

/** One step-aligned point as raw keeps it: a counter's increase or a gauge's reading. */
export interface Point {
  readonly dataset: string
  readonly metric: string
  readonly type: MetricType
  readonly labels: LabelSet
  /** Start of the base step, epoch ms. */
  readonly stepMs: number
  /** The point's own time, epoch ms with fraction (OTLP gives ns): decides which gauge reading is latest. */
  readonly readingMs: number
  readonly value: Num
}

export interface PointBatch {
  readonly points: readonly Point[]
  /** When the oldest of them arrived, epoch ms. */
  readonly arrivedMs: number
}

/** A stream is what one sender sends, before mapping; `hash` names it. */
export interface StreamReading {
  readonly hash: string
  /** Start time of the cumulative series, ns as decimal text; '' when unknown. */
  readonly startNs: string
  /** Time of the last reading, ns as decimal text. */
  readonly timeNs: string
  /** Last cumulative value (or accumulated value of a delta up-down counter). */
  readonly value: Num
  /** When it last changed, epoch ms: forgotten after the raw retention. */
  readonly seenMs: number
}

/** A delta or gauge point that was stored, to recognise its repetition. */
export interface PointIdentity {
  readonly hash: string
  readonly startNs: string
  readonly timeNs: string
  readonly seenMs: number
}

/** What align keeps between batches; committed with the points it belongs to. */
export interface StreamState {
  readonly readings: readonly StreamReading[]
  readonly identities: readonly PointIdentity[]
}

/** One base step of one dataset that got a point late. */
export interface StepRef {
  readonly dataset: string
  readonly stepMs: number
}

/** A late mark as raw stores it: `seq` is the sequence of the commit that brought the point. */
export interface LateMark extends StepRef {
  readonly seq: number
}

/** Unit of raw publication and of tasks. */
export interface Chunk {
  readonly dataset: string
  readonly start: number
  readonly end: number
  /** Raw version: sequence of its last late mark, 0 without any. */
  readonly raw: number
}
