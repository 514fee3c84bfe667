import type { Coverage } from '../../model/coverage.ts'
import type { MetricDefinition } from '../../model/definition.ts'
import { HOUR_MS } from '../../model/granularity.ts'
import { floorTo, type Interval, intersect, lengthMs } from '../../model/interval.ts'
import { defaultTime } from '../../model/measure.ts'
import { isConstrained } from '../../model/scope.ts'
import type { Asked } from './parts.ts'

/**
 * About how many series each metric has: raw points of the last hour that is settled, spread over its base steps. From what
 * sources know without reading, so it is cheap enough for lists. Null for a constrained caller: it would tell how much
 * others have. Nothing for unknown names and where nobody holds raw points.
 */
export function seriesCounts(
  dataset: string,
  metrics: readonly string[],
  asked: Asked,
): ReadonlyMap<string, number> | null {
  const { catalog, now, options, hall } = asked
  if (isConstrained(options.scope)) return null
  const definition = catalog.datasets.get(dataset)
  const raw = hall.places.filter(({ serves }) => serves === 'raw').map(({ source }) => hall.byId.get(source)!)
  const end = floorTo(now - (definition?.latenessMs ?? 0), HOUR_MS)
  const hour = { start: end - HOUR_MS, end }
  const counts = new Map<string, number>()
  for (const metric of metrics.flatMap((name) => definition?.metrics.get(name) ?? [])) {
    const points = raw.map((source) => pointsIn(source.coverage(dataset, 'raw', [measureOf(metric)]), hour))
    if (points.length > 0) counts.set(metric.name, Math.ceil(Math.max(...points) / (HOUR_MS / definition!.stepMs)))
  }
  return counts
}

const measureOf = ({ name, type, unit, missing }: MetricDefinition) => ({
  metric: name,
  type,
  unit,
  missing,
  space: 'SUM' as const,
  time: defaultTime(type),
})

const pointsIn = ({ runs }: Coverage, hour: Interval): number =>
  runs.reduce((sum, { interval, rows }) => {
    const shared = lengthMs(intersect(interval, hour))
    return shared > 0 ? sum + (rows * shared) / lengthMs(interval) : sum
  }, 0)
