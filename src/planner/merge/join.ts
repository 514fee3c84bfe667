import { FrameBuilder, type StateFrame, type StateRow } from '../../model/frame.ts'
import type { MeasureRef } from '../../model/measure.ts'

const identity = (measure: MeasureRef): string => `${measure.time} ${measure.space} ${measure.metric}`

/**
 * Joins slices on (bucket, group): states of the same measure are combined (their steps are disjoint), measures that
 * were routed apart come together in one row. raw and asOf are the least of the slices.
 * Every frame's measures must be among `measures`; a frame may hold only some of them.
 */
export function joinStates(
  frames: readonly StateFrame[],
  measures: readonly MeasureRef[],
  labels: readonly string[],
): StateFrame {
  const only = frames[0]
  const rows = frames.length === 1 && only && sameOrder(only.measures, measures) ? only.rows : joined(frames, measures)
  return {
    kind: 'states',
    labels,
    measures,
    rows,
    rowsRead: frames.reduce((sum, frame) => sum + frame.rowsRead, 0),
    raw: least(frames.map((frame) => frame.raw)),
    asOf: least(frames.map((frame) => frame.asOf)),
  }
}

const least = (values: readonly number[]): number => (values.length === 0 ? 0 : Math.min(...values))

const sameOrder = (a: readonly MeasureRef[], b: readonly MeasureRef[]): boolean =>
  a.length === b.length && a.every((measure, i) => identity(measure) === identity(b[i]!))

function joined(frames: readonly StateFrame[], measures: readonly MeasureRef[]): StateRow[] {
  const builder = new FrameBuilder(measures)
  const indexOf = new Map(measures.map((measure, i) => [identity(measure), i]))
  for (const frame of frames) {
    const targets = frame.measures.map((measure) => indexOf.get(identity(measure)))
    for (const row of frame.rows) addRow(builder, row, targets)
  }
  return builder.rows()
}

function addRow(builder: FrameBuilder, row: StateRow, targets: readonly (number | undefined)[]): void {
  for (const [i, state] of row.states.entries()) {
    const target = targets[i]
    if (state && state.n > 0 && target !== undefined) builder.add(row.bucket, row.group, target, state)
  }
}
