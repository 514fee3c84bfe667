import type { Lanes } from '../../lanes/lanes.ts'
import type { CatalogVersion } from '../../model/definition.ts'
import { MINUTE_MS } from '../../model/granularity.ts'
import type { CatalogView } from '../../ports/catalog.ts'
import type { Changes } from '../../ports/changes.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Source, SourceId } from '../../ports/source.ts'
import type { AskOptions } from '../contract.ts'
import type { QueryLimits } from '../logical/limits.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { PagingLimits } from '../reading-contract.ts'
import type { Place, Route, RoutingWorld } from '../routing/route.ts'
import { DEFAULT_SETTLED_LIMITS, type SettledLimits } from './settled-contract.ts'
import { DEFAULT_WATCH_LIMITS, NO_CHANGES, PROCESS_TIMERS, type Timers, type WatchLimits } from './watch-options.ts'

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
  /** Tells `watch` which windows changed; without it only timers ask again. */
  readonly changes?: Changes
  readonly watch?: WatchLimits
  readonly paging?: PagingLimits
  readonly timers?: Timers
  /** Bounds of what `settled` keeps. */
  readonly settled?: SettledLimits
}

const MIB = 1024 * 1024

export const DEFAULT_PAGING_LIMITS: PagingLimits = { keptBytesMax: 128 * MIB, keptMs: 10 * MINUTE_MS }

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
  const watching = {
    changes: NO_CHANGES,
    watch: DEFAULT_WATCH_LIMITS,
    timers: PROCESS_TIMERS,
    settled: DEFAULT_SETTLED_LIMITS,
    paging: DEFAULT_PAGING_LIMITS,
  }
  return { planRoute, stopwatch: () => performance.now(), ...watching, ...parts, byId }
}
