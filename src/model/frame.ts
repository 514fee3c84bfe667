import { type Group, groupKey } from './label.ts'
import { type MeasureRef, numericOfX } from './measure.ts'
import type { Num } from './number.ts'
import { combineInto, type State } from './state.ts'

/** States of one group in one answer bucket, one entry per measure of the frame; null = absent. */
export interface StateRow {
  readonly bucket: number
  readonly group: Group
  readonly states: (State | null)[]
}

/**
 * What a source answers: states keyed by (bucket start in epoch ms, group), each key once, in no order.
 * For granularity ALL the bucket is the start of the scan's `allStart`.
 */
export interface StateFrame {
  readonly kind: 'states'
  readonly labels: readonly string[]
  readonly measures: readonly MeasureRef[]
  readonly rows: readonly StateRow[]
  /** Rows the source looked at to answer. */
  readonly rowsRead: number
  /** Raw version of the data read: the least over its windows (rollups), the greatest over its chunks (raw). */
  readonly raw: number
  /** Everything that had arrived by this moment (epoch ms) is in the states. */
  readonly asOf: number
}

/** Distinct label values, for `labels` scans. */
export interface LabelFrame {
  readonly kind: 'labels'
  readonly labels: readonly string[]
  readonly groups: readonly Group[]
  readonly rowsRead: number
  readonly raw: number
  readonly asOf: number
}

/** Collects rows by key; a second state for a key is combined (disjoint steps of the same group). */
export class FrameBuilder {
  readonly #measures: readonly MeasureRef[]
  readonly #rows = new Map<string, StateRow>()

  constructor(measures: readonly MeasureRef[]) {
    this.#measures = measures
  }

  add(bucket: number, group: Group, index: number, state: State): void {
    const row = this.#rowOf(bucket, group)
    const have = row.states[index]
    if (have) combineInto(have, state, numericOfX(this.#measures[index]!))
    else row.states[index] = { ...state }
  }

  rows(): StateRow[] {
    return [...this.#rows.values()]
  }

  #rowOf(bucket: number, group: Group): StateRow {
    const key = `${bucket}${groupKey(group)}`
    let row = this.#rows.get(key)
    if (!row) {
      row = { bucket, group, states: this.#measures.map(() => null) }
      this.#rows.set(key, row)
    }
    return row
  }
}

/** One finished value of the answer. */
export interface ResultPoint {
  /** Bucket start, epoch ms. */
  readonly timestamp: number
  /** One per measure, in the question's order; null where absent. */
  readonly values: readonly (Num | null)[]
  /** The bucket is shortened by the interval's edge. */
  readonly cut: boolean
}

export interface ResultSeries {
  readonly group: Group
  /** Time ascending. */
  readonly points: readonly ResultPoint[]
  /** Buckets whose points `having` took away, where it took some: they are not missing, so nothing fills them. */
  readonly taken?: ReadonlySet<number>
}

/** The finished answer: groups in their final order, sparse. */
export interface ResultFrame {
  readonly labels: readonly string[]
  readonly series: readonly ResultSeries[]
  /** Groups before `limit`. */
  readonly groupsTotal: number
  readonly truncated: boolean
}
