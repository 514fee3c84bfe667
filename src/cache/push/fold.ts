import { type MeasureRef, numericOf, numericOfX } from '../../model/measure.ts'
import { add, greater, lesser, type Num, type Numeric } from '../../model/number.ts'
import { addPairs, type Pair, pairMean, type State, stateOfStep } from '../../model/state.ts'
import { cellOf, type LiveWindow, numAt } from './live-window.ts'
import type { Column } from './row-shape.ts'
import type { WindowMatch } from './window-match.ts'

/** Takes the folded state of one group in one window. */
export type StateSink = (group: number, state: State) => void

/** Folds the matched rows of one window by group and hands each group's state to the sink, once. */
export interface WindowFold {
  fold(live: LiveWindow, match: WindowMatch, bucket: number, sink: StateSink): void
}

/** `groups` is how many answer groups there are. */
export function foldFor(measure: MeasureRef, column: Column, base: boolean, groups: number): WindowFold {
  if (!base) return new CoarseFold(measure, column, groups)
  return measure.space === 'AVG' ? new PairFold(measure, column, groups) : new StepFold(measure, column, groups)
}

/** Which groups of a window already have something, without clearing between windows. */
class Touched {
  readonly groups: number[] = []
  readonly #stamps: Int32Array
  #stamp = 0

  constructor(groups: number) {
    this.#stamps = new Int32Array(groups)
  }

  begin(): void {
    this.groups.length = 0
    this.#stamp++
  }

  /** Whether the group is new in this window; then it is noted. */
  isFirst(group: number): boolean {
    if (this.#stamps[group] === this.#stamp) return false
    this.#stamps[group] = this.#stamp
    this.groups.push(group)
    return true
  }
}

function spaceFold(space: MeasureRef['space'], numeric: Numeric): (a: Num, b: Num) => Num {
  if (space === 'MIN') return lesser
  if (space === 'MAX') return greater
  return (a, b) => add(numeric, a, b)
}

/** Base step, one number X per row: X of the group first, its state then. */
class StepFold implements WindowFold {
  readonly #column: Column
  readonly #join: (a: Num, b: Num) => Num
  readonly #touched: Touched
  readonly #x: Num[]

  constructor(measure: MeasureRef, column: Column, groups: number) {
    this.#column = column
    this.#join = spaceFold(measure.space, numericOfX(measure))
    this.#touched = new Touched(groups)
    this.#x = new Array<Num>(groups).fill(0)
  }

  fold(live: LiveWindow, match: WindowMatch, bucket: number, sink: StateSink): void {
    const touched = this.#touched
    touched.begin()
    const start = cellOf(this.#column, live.ids.length, 0)
    for (let i = 0; i < match.count; i++) {
      const x = numAt(live, start + match.rows[i]!)
      if (Number.isNaN(x)) continue
      const group = match.groups[i]!
      this.#x[group] = touched.isFirst(group) ? x : this.#join(this.#x[group]!, x)
    }
    for (const group of touched.groups) sink(group, stateOfStep(this.#x[group]!, bucket))
  }
}

/** Base step of AVG in space: pairs add up, their mean is X. */
class PairFold implements WindowFold {
  readonly #column: Column
  readonly #numeric: Numeric
  readonly #touched: Touched
  readonly #pairs: Pair[] = []

  constructor(measure: MeasureRef, column: Column, groups: number) {
    this.#column = column
    this.#numeric = numericOf(measure.type)
    this.#touched = new Touched(groups)
  }

  fold(live: LiveWindow, match: WindowMatch, bucket: number, sink: StateSink): void {
    this.#touched.begin()
    for (let i = 0; i < match.count; i++) {
      const cell = cellOf(this.#column, live.ids.length, match.rows[i]!)
      if (Number.isNaN(live.cells[cell])) continue
      const pair: Pair = { sum: numAt(live, cell), count: live.cells[cell + 1]! }
      const group = match.groups[i]!
      this.#pairs[group] = this.#touched.isFirst(group) ? pair : addPairs(this.#pairs[group]!, pair, this.#numeric)
    }
    for (const group of this.#touched.groups) {
      const pair = this.#pairs[group]!
      sink(group, stateOfStep(pairMean(pair), bucket, pair))
    }
  }
}

/** Above the base step rows hold states; several rows of one group in one window fold only where that is exact. */
class CoarseFold implements WindowFold {
  readonly #column: Column
  readonly #join: JoinStates
  readonly #touched: Touched
  readonly #states: State[] = []

  constructor(measure: MeasureRef, column: Column, groups: number) {
    this.#column = column
    this.#join = coarseJoin(measure)
    this.#touched = new Touched(groups)
  }

  fold(live: LiveWindow, match: WindowMatch, _bucket: number, sink: StateSink): void {
    this.#touched.begin()
    for (let i = 0; i < match.count; i++) {
      const cell = cellOf(this.#column, live.ids.length, match.rows[i]!)
      if (Number.isNaN(live.cells[cell])) continue
      const state = stateAt(live, cell, this.#column.width)
      const group = match.groups[i]!
      if (this.#touched.isFirst(group)) this.#states[group] = state
      else this.#join(this.#states[group]!, state)
    }
    for (const group of this.#touched.groups) sink(group, this.#states[group]!)
  }
}

function stateAt(live: LiveWindow, cell: number, width: number): State {
  const state: State = {
    sum: numAt(live, cell),
    n: live.cells[cell + 1]!,
    min: numAt(live, cell + 2),
    max: numAt(live, cell + 3),
    lastStep: live.cells[cell + 4]!,
    last: numAt(live, cell + 5),
  }
  if (width === 8) state.pair = { sum: numAt(live, cell + 6), count: live.cells[cell + 7]! }
  return state
}

type JoinStates = (into: State, other: State) => void

/**
 * The exact cases of dropping labels from rows above the base step: sums of SUM and COUNT (for AVG over time only
 * where a missing step counts as zero), the greatest of MAX, the least of MIN, and any LAST. Of the joined state
 * only what the measure's `time` reads has a meaning. The planner never asks another case.
 */
function coarseJoin(measure: MeasureRef): JoinStates {
  const { space, time, missing } = measure
  const numeric = numericOfX(measure)
  if (time === 'LAST') return joinLast(measure)
  const adds = space === 'SUM' || space === 'COUNT'
  if (adds && (time === 'SUM' || (time === 'AVG' && missing === 'zero'))) {
    return (into, other) => {
      into.sum = add(numeric, into.sum, other.sum)
      into.n = Math.max(into.n, other.n)
    }
  }
  if (space === 'MAX' && time === 'MAX') return (into, other) => void (into.max = greater(into.max, other.max))
  if (space === 'MIN' && time === 'MIN') return (into, other) => void (into.min = lesser(into.min, other.min))
  return () => {
    throw new TypeError(`${space} with ${time} of ${measure.metric}: rows above the base step cannot be folded`)
  }
}

/** Rows at the greatest last step fold their last readings; earlier ones had no reading then. */
function joinLast(measure: MeasureRef): JoinStates {
  const foldX = spaceFold(measure.space, numericOfX(measure))
  return (into, other) => {
    if (other.lastStep < into.lastStep) return
    if (other.lastStep > into.lastStep) Object.assign(into, other)
    else if (into.pair && other.pair) {
      into.pair = addPairs(into.pair, other.pair, numericOf(measure.type))
      into.last = pairMean(into.pair)
    } else into.last = foldX(into.last, other.last)
  }
}
