import { filterKey } from '../../model/filter-canonical.ts'
import { scopeKey } from '../../model/scope.ts'
import { conditionKey } from '../../model/value-condition.ts'
import type { LogicalQuery } from './question.ts'

/**
 * Injective text of what is asked: equal for questions that mean the same, whatever the order of their filters, names
 * and intervals. `now` and the catalog version are not part of it: they say when it was asked; nor are names given by
 * `as`, and how many values the answer may hold.
 */
export function fingerprintOf(question: Omit<LogicalQuery, 'fingerprint'>): string {
  const { dataset, measures, ratios, groupBy, filter, granularity, intervals } = question
  const { having, order, limit, fill, freshness, use, avoid, rawAtLeast } = question
  return JSON.stringify([
    dataset,
    measures.map(({ metric, type, unit, space, missing, time }) => [metric, type, unit, space, missing, time]),
    ratios.map(({ numerator, denominator }) => [numerator, denominator]),
    groupBy,
    filterKey(filter),
    granularity,
    intervals.map(({ start, end }) => [start, end]),
    having && conditionKey(having),
    order && [order.value, order.descending],
    limit,
    fill,
    freshness.kind === 'maxStaleness' ? freshness.ms : freshness.kind,
    use,
    avoid,
    rawAtLeast,
    scopeKey(question.scope),
  ])
}
