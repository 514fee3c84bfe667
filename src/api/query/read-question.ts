import { nominalMs, parseDuration } from '../../model/duration.ts'
import { LanewayError } from '../../model/errors.ts'
import type { Filter } from '../../model/filter.ts'
import type {
  AggregationRequest,
  ExplainLevel,
  Freshness,
  HavingRequest,
  OrderByRequest,
  QueryRequest,
  RatioRequest,
  ValueName,
} from '../../planner/engine.ts'
import { shown } from '../shown.ts'
import type { AggregationBody, FilterBody, HavingBody, QueryBody } from './query-body.ts'

export type Format = 'FLAT' | 'GROUPED'

/** A body that has passed its schema, as the planner wants it. Error: FIELD_INVALID. */
export function readQuestion(dataset: string, body: QueryBody): QueryRequest {
  const groupBy = body.group_by ?? []
  const [orderBy] = body.order_by ?? []
  return {
    dataset,
    aggregations: body.aggregations.map(readAggregation),
    ...(body.ratios && { ratios: body.ratios.map(readRatio) }),
    groupBy,
    granularity: body.granularity,
    intervals: body.intervals,
    ...(body.filter && { filter: readFilter(body.filter) }),
    ...(body.having && { having: readHaving(body.having) }),
    ...(orderBy && { orderBy: readOrderBy(orderBy) }),
    ...(body.fill && { fill: body.fill }),
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

const readAggregation = ({ metric, agg, time, as }: ReturnType<typeof AggregationBody.parse>): AggregationRequest => ({
  metric,
  ...(agg && { agg }),
  ...(time && { time }),
  ...(as !== undefined && { as }),
})

const readRatio = ({ numerator, denominator, as }: NonNullable<QueryBody['ratios']>[number]): RatioRequest => ({
  numerator,
  denominator,
  ...(as !== undefined && { as }),
})

const readOrderBy = ({ metric, agg, order }: NonNullable<QueryBody['order_by']>[number]): OrderByRequest => ({
  ...readName({ metric, agg }),
  order: order ?? 'DESCENDING',
})

const readName = ({ metric, agg }: { metric: string; agg?: ValueName['agg'] | undefined }): ValueName => ({
  metric,
  ...(agg && { agg }),
})

function readHaving(body: HavingBody): HavingRequest {
  switch (body.op) {
    case 'AND':
      return { kind: 'and', conditions: body.conditions.map(readHaving) }
    case 'OR':
      return { kind: 'or', conditions: body.conditions.map(readHaving) }
    case 'NOT':
      return { kind: 'not', condition: readHaving(body.condition) }
    default:
      return { kind: 'compare', value: readName(body), op: body.op, than: body.value }
  }
}

/** Names of the values of a point, in their order, null where `as` gives none; null as a whole when nothing is named. */
export function readValueNames({ aggregations, ratios = [] }: QueryBody): readonly (string | null)[] | null {
  const names = [...aggregations, ...ratios].map(({ as }) => as ?? null)
  return names.every((name) => name === null) ? null : names
}

/**
 * NE ▸ NOT EQ, LT ▸ NOT GTE, LTE ▸ NOT GT: the same under three-valued logic, where an absent label makes both sides
 * unknown.
 */
export function readFilter(body: FilterBody): Filter {
  switch (body.op) {
    case 'EQ':
      return { kind: 'eq', label: body.field, value: textOf(body.value) }
    case 'GT':
      return { kind: 'gt', label: body.field, value: textOf(body.value) }
    case 'GTE':
      return { kind: 'gte', label: body.field, value: textOf(body.value) }
    case 'NE':
      return { kind: 'not', filter: readFilter({ ...body, op: 'EQ' }), written: body.op }
    case 'LT':
      return { kind: 'not', filter: readFilter({ ...body, op: 'GTE' }), written: body.op }
    case 'LTE':
      return { kind: 'not', filter: readFilter({ ...body, op: 'GT' }), written: body.op }
    case 'PREFIX':
      return { kind: 'prefix', label: body.field, value: textOf(body.value) }
    case 'REGEX':
      return { kind: 'regex', label: body.field, pattern: textOf(body.value) }
    case 'IN':
      return { kind: 'in', label: body.field, values: body.value.map(textOf) }
    case 'AND':
      return { kind: 'and', filters: body.filters.map(readFilter) }
    case 'OR':
      return { kind: 'or', filters: body.filters.map(readFilter) }
    case 'NOT':
      return { kind: 'not', filter: readFilter(body.filter) }
  }
}

/**
 * Label values are texts: v2's integers by their decimal digits. JSON can escape half of a surrogate pair, which no
 * stored value has: it is replaced as UTF-8 would.
 */
const textOf = (value: string | number): string => String(value).toWellFormed()

function readFreshness(freshness: NonNullable<QueryBody['freshness']>): Freshness {
  if (typeof freshness === 'string') return { kind: freshness }
  const duration = parseDuration(freshness.maxStaleness)
  if (duration) return { kind: 'maxStaleness', ms: nominalMs(duration) }
  throw new LanewayError('FIELD_INVALID', {
    detail: `freshness.maxStaleness must be an ISO-8601 duration like PT5M, got ${shown(freshness.maxStaleness)}.`,
    pointer: '/freshness/maxStaleness',
  })
}
