import { nominalMs, parseDuration } from '../../model/duration.ts'
import { LanewayError } from '../../model/errors.ts'
import type { Filter } from '../../model/filter.ts'
import type { AggregationRequest, ExplainLevel, Freshness, OrderByRequest, QueryRequest } from '../../planner/engine.ts'
import { shown } from '../shown.ts'
import type { AggregationBody, FilterBody, QueryBody } from './query-body.ts'

export type Format = 'FLAT' | 'GROUPED'

/** A body that has passed its schema, as the planner wants it. Error: FIELD_INVALID. */
export function readQuestion(dataset: string, body: QueryBody): QueryRequest {
  const groupBy = body.group_by ?? []
  const [orderBy] = body.order_by ?? []
  return {
    dataset,
    aggregations: body.aggregations.map(readAggregation),
    groupBy,
    granularity: body.granularity,
    intervals: body.intervals,
    ...(body.filter && { filter: readFilter(body.filter) }),
    ...(orderBy && { orderBy: readOrderBy(orderBy) }),
    ...(body.limit !== undefined && { limit: body.limit }),
    ...(body.timezone !== undefined && { timezone: body.timezone }),
    ...(body.freshness !== undefined && { freshness: readFreshness(body.freshness) }),
    ...(body.use && { use: body.use }),
    ...(body.avoid && { avoid: body.avoid }),
  }
}

/** Error: FORMAT_NEEDS_GROUP_BY. */
export function readFormat({ format = 'FLAT', group_by = [] }: QueryBody): Format {
  if (format === 'FLAT' || group_by.length > 0) return format
  throw new LanewayError('FORMAT_NEEDS_GROUP_BY', {
    detail: 'format GROUPED needs a non-empty group_by; what was sent has none.',
    pointer: '/format',
  })
}

export function readExplain({ explain = 'summary' }: QueryBody): ExplainLevel {
  if (explain === true) return 'full'
  return explain === false ? 'summary' : explain
}

const readAggregation = ({ metric, agg, time }: ReturnType<typeof AggregationBody.parse>): AggregationRequest => ({
  metric,
  ...(agg && { agg }),
  ...(time && { time }),
})

const readOrderBy = ({ metric, agg, order }: NonNullable<QueryBody['order_by']>[number]): OrderByRequest => ({
  metric,
  ...(agg && { agg }),
  order: order ?? 'DESCENDING',
})

/** Label values are texts: v2's integers by their decimal digits. */
function readFilter(body: FilterBody): Filter {
  switch (body.op) {
    case 'EQ':
      return { kind: 'eq', label: body.field, value: String(body.value) }
    case 'GT':
      return { kind: 'gt', label: body.field, value: String(body.value) }
    case 'GTE':
      return { kind: 'gte', label: body.field, value: String(body.value) }
    case 'IN':
      return { kind: 'in', label: body.field, values: body.value.map(String) }
    case 'AND':
      return { kind: 'and', filters: body.filters.map(readFilter) }
    case 'OR':
      return { kind: 'or', filters: body.filters.map(readFilter) }
    case 'NOT':
      return { kind: 'not', filter: readFilter(body.filter) }
  }
}

function readFreshness(freshness: NonNullable<QueryBody['freshness']>): Freshness {
  if (typeof freshness === 'string') return { kind: freshness }
  const duration = parseDuration(freshness.maxStaleness)
  if (duration) return { kind: 'maxStaleness', ms: nominalMs(duration) }
  throw new LanewayError('FIELD_INVALID', {
    detail: `freshness.maxStaleness must be an ISO-8601 duration like PT5M, got ${shown(freshness.maxStaleness)}.`,
    pointer: '/freshness/maxStaleness',
  })
}
