import type { LaneName } from '../contract.ts'
import type { LogicalWorld } from '../logical/asking.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { Asked } from './parts.ts'
import { refuseExpensive } from './refusals.ts'
import type { Admit, Ran } from './run-question.ts'
import { isInMemory } from './run-slices.ts'

/** What a question is resolved against. */
export const logicalWorld = ({ hall, catalog, now, options }: Asked): LogicalWorld => ({
  catalog,
  now,
  scope: options.scope,
  limits: hall.limits,
  sources: [...hall.byId.keys()],
})

/** A question of a client: refused when it is too much, else by price. */
export const admitted =
  (question: LogicalQuery, asked: Asked): Admit =>
  (route) => {
    refuseExpensive(question, route)
    return laneOf(route, asked)
  }

/** By the rows of the residual: what memory does not answer. Without any it is hot, however much memory there is to read. */
export function laneOf({ slices }: Ran['route'], { hall, options }: Asked): LaneName {
  if (options.lane !== undefined) return options.lane
  const residual = slices.filter((slice) => !isInMemory(slice))
  if (residual.length === 0) return 'hot'
  return hall.lanes.classify(residual.reduce((sum, slice) => sum + slice.rowsEstimated, 0))
}

export const rowsOf = ({ runs }: Ran): number => runs.reduce((sum, { frame }) => sum + frame.rowsRead, 0)
