import { filterKey } from '../../model/filter-canonical.ts'
import type { LogicalQuery } from './question.ts'

/**
 * Injective text of what is asked: equal for questions that mean the same, whatever the order of their filters, names
 * and intervals. `now` and the catalog version are not part of it: they say when it was asked.
 */
export function fingerprintOf(question: Omit<LogicalQuery, 'fingerprint'>): string {
  const { dataset, measures, groupBy, filter, granularity, intervals, order, limit } = question
  const { freshness, use, avoid, rawAtLeast } = question
  return JSON.stringify([
    dataset,
    measures.map(({ metric, type, unit, space, missing, time }) => [metric, type, unit, space, missing, time]),
    groupBy,
    filterKey(filter),
    granularity,
    intervals.map(({ start, end }) => [start, end]),
    order && [order.measure, order.descending],
    limit,
    freshness.kind === 'maxStaleness' ? freshness.ms : freshness.kind,
    use,
    avoid,
    rawAtLeast,
  ])
}
