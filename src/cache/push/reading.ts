import type { StateFrame, StateRow } from '../../model/frame.ts'
import { bucketStart } from '../../model/granularity.ts'
import { numericOfX } from '../../model/measure.ts'
import { combineInto, type State } from '../../model/state.ts'
import type { PushRead, PushReading } from './contract.ts'
import { foldFor, type WindowFold } from './fold.ts'
import type { PinnedWindows } from './pinned-windows.ts'
import type { Column, RowShape } from './row-shape.ts'
import type { Selection } from './selection.ts'
import { WindowMatch } from './window-match.ts'

export interface ReadingParts {
  readonly pinned: PinnedWindows
  readonly selection: Selection
  readonly shape: RowShape
  /** One per measure of the request. */
  readonly columns: readonly Column[]
}

/** Folds each pinned window by group, then combines windows into answer buckets. */
export class Reading implements PushReading {
  readonly #request: PushRead
  readonly #pinned: PinnedWindows
  readonly #selection: Selection
  readonly #folds: readonly WindowFold[]
  readonly #match = new WindowMatch()
  readonly #rows: StateRow[] = []
  #bucket = Number.NaN
  #rowOf: (StateRow | undefined)[] = []
  #next = 0
  #rowsRead = 0

  constructor(request: PushRead, { pinned, selection, shape, columns }: ReadingParts) {
    this.#request = request
    this.#pinned = pinned
    this.#selection = selection
    this.#folds = request.measures.map((measure, i) =>
      foldFor(measure, columns[i]!, shape.base, selection.groups.length),
    )
  }

  advance(rowsMax: number): boolean {
    const { windows } = this.#pinned
    for (let looked = 0; this.#next < windows.length && looked < rowsMax; this.#next++) {
      const window = windows[this.#next]!
      looked += window.live.ids.length
      this.#match.find(window.live.ids, this.#selection)
      this.#rowsRead += this.#match.count
      this.#enterBucketOf(window.bucket)
      for (const [i, fold] of this.#folds.entries()) {
        fold.fold(window.live, this.#match, window.bucket, (group, state) => this.#take(i, group, state))
      }
    }
    return this.#next >= windows.length
  }

  frame(): StateFrame {
    return {
      kind: 'states',
      labels: this.#request.groupBy,
      measures: this.#request.measures,
      rows: this.#rows,
      rowsRead: this.#rowsRead,
      raw: this.#pinned.raw,
      asOf: this.#pinned.asOf,
    }
  }

  /** Windows come ascending, so an answer bucket is left for good when the next one begins. */
  #enterBucketOf(window: number): void {
    const bucket = bucketStart(this.#request.granularity, window, this.#request.allStart)
    if (bucket === this.#bucket) return
    this.#bucket = bucket
    this.#rowOf = new Array<StateRow | undefined>(this.#selection.groups.length)
  }

  #take(measure: number, group: number, state: State): void {
    const { states } = this.#rowFor(group)
    const have = states[measure]
    if (have) combineInto(have, state, numericOfX(this.#request.measures[measure]!))
    else states[measure] = state
  }

  #rowFor(group: number): StateRow {
    const have = this.#rowOf[group]
    if (have) return have
    const states = new Array<State | null>(this.#folds.length).fill(null)
    const row = { bucket: this.#bucket, group: this.#selection.groups[group]!, states }
    this.#rowOf[group] = row
    this.#rows.push(row)
    return row
  }
}
