import type { RollupVersion } from './definition.ts'
import { fixedMs } from './granularity.ts'
import type { StateMeasure } from './measure.ts'
import { decodeNum, encodeNum } from './number.ts'
import type { WrittenState } from './records.ts'
import { pairMean, type State, stateOfStep } from './state.ts'

/** Whether the rollup's rows hold one base step each: then X alone is written and groups may be folded again. */
export const atBaseStep = (rollup: { readonly grain: RollupVersion['grain']; readonly stepMs: number }): boolean =>
  fixedMs(rollup.grain) === rollup.stepMs

/** How many numbers a state takes on the topic and in the push table: 1 or 2 at the base step, else 6 or 8. */
export function writtenWidth(measure: StateMeasure, base: boolean): number {
  if (measure.space === 'AVG') return base ? 2 : 8
  return base ? 1 : 6
}

export function encodeState(state: State, measure: StateMeasure, base: boolean): WrittenState {
  const pair = state.pair
  if (measure.space === 'AVG' && pair === undefined)
    throw new TypeError(`${measure.metric}: AVG in space without its pair`)
  if (base) return pair && measure.space === 'AVG' ? [encodeNum(pair.sum), pair.count] : [encodeNum(state.last)]
  const six = [
    encodeNum(state.sum),
    state.n,
    encodeNum(state.min),
    encodeNum(state.max),
    state.lastStep,
    encodeNum(state.last),
  ]
  return pair && measure.space === 'AVG' ? [...six, encodeNum(pair.sum), pair.count] : six
}

/** Inverse of encodeState; `bucket` is the step of a row at the base step. */
export function decodeState(written: WrittenState, measure: StateMeasure, bucket: number): State {
  const num = (i: number) => decodeNum(written[i]!)
  if (written.length === 1) return stateOfStep(num(0), bucket)
  if (written.length === 2) {
    const pair = { sum: num(0), count: Number(num(1)) }
    return stateOfStep(pairMean(pair), bucket, pair)
  }
  const state: State = {
    sum: num(0),
    n: Number(num(1)),
    min: num(2),
    max: num(3),
    lastStep: Number(num(4)),
    last: num(5),
  }
  if (written.length === 8 && measure.space === 'AVG') state.pair = { sum: num(6), count: Number(num(7)) }
  return state
}
