import { add, addInteger, greater, lesser, type Num, type Numeric } from './number.ts'

/**
 * The mergeable states of one measure, one group and one set of whole steps (semantics: docs/semantics.md).
 * `n` = 0 means absent, and then nothing else of the state counts. At the base step: X, 1, X, X, step, X.
 * AVG in space also keeps the pair (sum, count) of the last step, so that the step can be folded again.
 */
export interface State {
  sum: Num
  n: number
  min: Num
  max: Num
  lastStep: number
  last: Num
  pair?: Pair
}

/** Sum and count of the readings folded into one X by AVG in space. */
export interface Pair {
  sum: Num
  count: number
}

export const stateOfStep = (x: Num, step: number, pair?: Pair): State =>
  pair === undefined
    ? { sum: x, n: 1, min: x, max: x, lastStep: step, last: x }
    : { sum: x, n: 1, min: x, max: x, lastStep: step, last: x, pair }

/** X of AVG in space. Integers divide as doubles, the same in every source. */
export const pairMean = (pair: Pair): number => Number(pair.sum) / pair.count

/** Joins `other` into `state`: both of the same group and of disjoint steps. Commutative and associative. */
export function combineInto(state: State, other: State, numeric: Numeric): void {
  if (other.n === 0) return
  if (state.n === 0) {
    Object.assign(state, other)
    return
  }
  state.sum = add(numeric, state.sum, other.sum)
  state.n += other.n
  state.min = lesser(state.min, other.min)
  state.max = greater(state.max, other.max)
  if (other.lastStep > state.lastStep) takeLast(state, other)
}

function takeLast(state: State, other: State): void {
  state.lastStep = other.lastStep
  state.last = other.last
  if (other.pair !== undefined) state.pair = other.pair
}

export const addPairs = (a: Pair, b: Pair, numeric: Numeric): Pair => ({
  sum: add(numeric, a.sum, b.sum),
  count: a.count + b.count,
})

/** Sum of counts or of integer sums, exact beyond 2^53. */
export const addCounts = addInteger
