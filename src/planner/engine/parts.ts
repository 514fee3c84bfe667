import type { Lanes } from '../../lanes/lanes.ts'
import type { CatalogVersion } from '../../model/definition.ts'
import type { CatalogView } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Source, SourceId } from '../../ports/source.ts'
import type { AskOptions } from '../contract.ts'
import type { QueryLimits } from '../logical/limits.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { Place, Route, RoutingWorld } from '../routing/route.ts'

export interface EngineParts {
  /** In order of preference. */
  readonly sources: readonly Source[]
  readonly places: readonly Place[]
  readonly catalog: CatalogView
  readonly lanes: Pick<Lanes, 'run' | 'classify'>
  readonly clock: Clock
  readonly limits: QueryLimits
  /** Ms of any origin, for timings; `performance.now` unless given. */
  readonly stopwatch?: () => number
  /** Routing itself unless given. */
  readonly planRoute?: (question: LogicalQuery, world: RoutingWorld) => Route
}

/** What every request shares. */
export interface Hall extends Required<EngineParts> {
  readonly byId: ReadonlyMap<SourceId, Source>
}

/** One request: one catalog version and one `now`, however long it takes. */
export interface Asked {
  readonly hall: Hall
  readonly catalog: CatalogVersion
  readonly now: number
  readonly options: AskOptions
}

/** Throws TypeError when a place has no source. */
export function hallOf(parts: EngineParts, planRoute: Hall['planRoute']): Hall {
  const byId = new Map(parts.sources.map((source) => [source.id, source]))
  const homeless = parts.places.find(({ source }) => !byId.has(source))
  if (homeless) throw new TypeError(`place ${homeless.source} has no source`)
  return { planRoute, stopwatch: () => performance.now(), ...parts, byId }
}
