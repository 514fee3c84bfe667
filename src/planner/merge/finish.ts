import { quotient, type Ratio } from '../../model/answer-value.ts'
import type { MeasureRef } from '../../model/measure.ts'
import type { Num } from '../../model/number.ts'
import type { State } from '../../model/state.ts'

/**
 * The answer's number of one merged state; null where absent. `steps` is the divisor of AVG with `missing: zero`:
 * it comes from the plan, never from states, so it is the same whichever source answered.
 */
export function finish(state: State | null, measure: MeasureRef, steps: number): Num | null {
  if (!state || state.n === 0) return null
  switch (measure.time) {
    case 'SUM':
      return state.sum
    case 'MIN':
      return state.min
    case 'MAX':
      return state.max
    case 'LAST':
      return state.last
    case 'AVG':
      return Number(state.sum) / (measure.missing === 'zero' ? Math.max(1, steps) : state.n)
    case 'EVERY':
      throw new TypeError(`${measure.metric}: a worker's states are never finished`)
  }
}

/** Values of the measures, and behind them what each ratio makes of them. */
export const withRatios = (values: readonly (Num | null)[], ratios: readonly Ratio[]): readonly (Num | null)[] =>
  ratios.length === 0
    ? values
    : [
        ...values,
        ...ratios.map(({ numerator, denominator }) => quotient(values[numerator] ?? null, values[denominator] ?? null)),
      ]
