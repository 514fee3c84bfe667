import type { ResultSeries, StateRow } from '../../model/frame.ts'
import { compareGroups, groupKey } from '../../model/label.ts'
import { numericOfX } from '../../model/measure.ts'
import type { Num } from '../../model/number.ts'
import { combineInto, type State } from '../../model/state.ts'
import { shareOf } from './bucket-steps.ts'
import { withRatios } from './finish.ts'
import type { MergeSpec } from './merge.ts'
import { finishStates } from './series.ts'

/**
 * Groups by labels; with `order`, by the value that the same question with granularity ALL would give, absent last,
 * ties by labels. `rows` are the merged states, also of points that did not pass `having`.
 */
export function orderOf(rows: readonly StateRow[], spec: MergeSpec): (a: ResultSeries, b: ResultSeries) => number {
  const { order } = spec
  if (!order) return (a, b) => compareGroups(a.group, b.group)
  const valueIn = spec.granularity === 'ALL' ? onlyValue(order.value) : overAll(rows, spec, order.value)
  return (a, b) => compareValues(valueIn(a), valueIn(b), order.descending) || compareGroups(a.group, b.group)
}

const onlyValue =
  (position: number) =>
  ({ points }: ResultSeries): Num | null =>
    points[0]?.values[position] ?? null

/** States of one group over disjoint buckets combine exactly, so each group has one value over all of them. */
function overAll(rows: readonly StateRow[], spec: MergeSpec, position: number): (series: ResultSeries) => Num | null {
  const states = new Map<string, (State | null)[]>()
  for (const row of rows) {
    const key = groupKey(row.group)
    const have = states.get(key)
    if (have) combineRow(have, row, spec)
    else
      states.set(
        key,
        row.states.map((state) => state && { ...state }),
      )
  }
  const { intervals, stepMs, completeUntilMs } = spec
  const { steps } = shareOf(spec.allStart, 'ALL', intervals, stepMs, completeUntilMs)
  const values = new Map<string, Num | null>()
  for (const [key, of] of states) {
    values.set(key, withRatios(finishStates(of, spec, steps), spec.ratios)[position] ?? null)
  }
  return ({ group }) => values.get(groupKey(group)) ?? null
}

function combineRow(into: (State | null)[], row: StateRow, { measures }: MergeSpec): void {
  for (const [i, state] of row.states.entries()) {
    const have = into[i]
    if (!state) continue
    if (have) combineInto(have, state, numericOfX(measures[i]!))
    else into[i] = { ...state }
  }
}

function compareValues(a: Num | null, b: Num | null, descending: boolean): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0)
  if (a === b) return 0
  return a < b === descending ? 1 : -1
}
