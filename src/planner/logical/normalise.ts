import { EVERYTHING } from '../../model/filter.ts'
import { canonicalFilter } from '../../model/filter-canonical.ts'
import { scopedFilter, UNSCOPED } from '../../model/scope.ts'
import { namesOf, readPlaces } from './allowed-places.ts'
import { type Asking, type LogicalWorld, readDataset } from './asking.ts'
import { fingerprintOf } from './fingerprint.ts'
import { readHaving } from './having.ts'
import { readIntervals } from './intervals.ts'
import { checkLabels } from './labels.ts'
import { readMeasures } from './measures.ts'
import { readLimit, readOrder } from './order.ts'
import { Problems } from './problems.ts'
import type { Freshness, LogicalQuery, QueryRequest, StatesRequest } from './question.ts'
import { checkTimezone } from './time-zone.ts'
import { readValues } from './values.ts'

/**
 * A question as received ▸ with everything resolved against one catalog version and one `now`. Every problem of the
 * request is told at once (LanewayErrors), each with a pointer into the v2 body.
 */
export function normalise(request: QueryRequest, world: LogicalWorld): LogicalQuery {
  const problems = new Problems()
  const dataset = readDataset(request.dataset, world.catalog, problems)
  const asking: Asking = { ...world, request, dataset, problems }
  const measures = readMeasures(asking)
  checkLabels(asking)
  const intervals = readIntervals(asking)
  const values = readValues(measures, asking)
  const having = readHaving(values, asking)
  const order = readOrder(values, asking)
  const limit = readLimit(asking)
  checkTimezone(asking)
  const freshness = readFreshness(asking)
  const places = readPlaces(asking)
  problems.throwIfAny()
  return withFingerprint({
    dataset: request.dataset,
    catalogVersion: world.catalog.version,
    measures,
    ratios: values.ratios,
    groupBy: request.groupBy,
    filter: canonicalFilter(scopedFilter(request.filter ?? EVERYTHING, world.scope)),
    granularity: request.granularity,
    intervals,
    allStart: intervals[0]!.start,
    stepMs: dataset!.stepMs,
    latenessMs: dataset!.latenessMs,
    having,
    order,
    limit,
    fill: request.fill ?? 'none',
    valuesMax: request.groups === 'unbounded' ? null : world.limits.valuesMax,
    freshness,
    ...places,
    rawAtLeast: 0,
    now: world.now,
    scope: world.scope,
  })
}

/** A worker's question: all groups, nothing stale or dirty. Error: DATASET_UNKNOWN. */
export function logicalStates(request: StatesRequest, world: LogicalWorld): LogicalQuery {
  const problems = new Problems()
  const dataset = readDataset(request.dataset, world.catalog, problems)
  problems.throwIfAny()
  return withFingerprint({
    dataset: request.dataset,
    catalogVersion: world.catalog.version,
    measures: request.measures,
    ratios: [],
    groupBy: request.groupBy,
    filter: canonicalFilter(request.filter),
    granularity: request.granularity,
    intervals: [request.interval],
    allStart: request.interval.start,
    stepMs: dataset!.stepMs,
    latenessMs: dataset!.latenessMs,
    having: null,
    order: null,
    limit: null,
    fill: 'none',
    valuesMax: null,
    freshness: { kind: 'latest' },
    use: null,
    avoid: namesOf(request.avoid),
    rawAtLeast: request.rawAtLeast,
    now: world.now,
    scope: UNSCOPED,
  })
}

const withFingerprint = (question: Omit<LogicalQuery, 'fingerprint'>): LogicalQuery => ({
  ...question,
  fingerprint: fingerprintOf(question),
})

function readFreshness({ request, problems }: Asking): Freshness {
  const { freshness = { kind: 'latest' } } = request
  if (freshness.kind === 'maxStaleness' && !(freshness.ms >= 0 && freshness.ms < Number.POSITIVE_INFINITY)) {
    problems.add('FIELD_INVALID', {
      detail: `freshness.maxStaleness must be a duration of at least 0 ms, got ${freshness.ms}`,
      pointer: '/freshness/maxStaleness',
    })
  }
  return freshness
}
