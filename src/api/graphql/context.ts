import type { CatalogVersion } from '../../model/definition.ts'
import type { AskOptions } from '../../planner/engine.ts'
import type { Caller } from '../caller.ts'
import type { Asker } from './asker.ts'
import type { PointBudget } from './point-budget.ts'

/** One operation of one caller. */
export interface GraphqlContext {
  readonly caller: Caller
  /** What the caller may see of it. */
  readonly catalog: CatalogVersion
  /** How the engine is asked for this caller. */
  readonly asking: AskOptions
  readonly asker: Asker
  readonly points: PointBudget
}
