import type { MeasureRef } from '../../model/measure.ts'
import type { Asking } from './asking.ts'
import { listed, shown } from './problems.ts'
import type { LogicalQuery } from './question.ts'

/**
 * The measure that groups are ordered by. With several aggregations of one metric `agg` says which; nothing is
 * guessed. Ties go by labels.
 */
export function readOrder(measures: readonly MeasureRef[], asking: Asking): LogicalQuery['order'] {
  const { request, problems } = asking
  const { orderBy, granularity } = request
  if (!orderBy) return null
  if (granularity !== 'ALL') {
    problems.add('ORDER_BY_INVALID', {
      detail: `order_by needs granularity ALL, where a group has one value; what was sent has ${granularity}`,
      pointer: '/order_by',
    })
  }
  if (measures.length < request.aggregations.length) return null
  const fits = [...measures.keys()].filter((i) => isMeant(orderBy, measures[i]!))
  if (fits.length === 1) return { measure: fits[0]!, descending: orderBy.order === 'DESCENDING' }
  refuseMetric(fits.length, measures, asking)
  return null
}

type OrderBy = NonNullable<Asking['request']['orderBy']>

const isMeant = ({ metric, agg }: OrderBy, measure: MeasureRef): boolean =>
  measure.metric === metric && (agg === undefined || agg === measure.space)

function refuseMetric(fitting: number, measures: readonly MeasureRef[], { request, problems }: Asking): void {
  const { metric, agg } = request.orderBy!
  const what = agg === undefined ? shown(metric) : `${agg} of ${shown(metric)}`
  const asked = listed(measures.map(({ space, metric: name }) => `${space} of ${name}`))
  const wrong = fitting === 0 ? 'is none of the aggregations' : `fits ${fitting} of the aggregations`
  problems.add('ORDER_BY_INVALID', {
    detail: `order_by[0].metric ${what} ${wrong}; asked are: ${asked}`,
    pointer: '/order_by/0/metric',
  })
}

/** Groups to answer; null without group_by. */
export function readLimit({ request, limits, problems }: Asking): number | null {
  const { limit, groupBy, granularity } = request
  if (limit !== undefined && groupBy.length === 0) {
    problems.add('LIMIT_NEEDS_GROUP_BY', {
      detail: `limit ${limit} counts groups and needs a non-empty group_by; what was sent has none`,
      pointer: '/limit',
    })
  }
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= limits.groupsMax)) {
    problems.add('FIELD_INVALID', {
      detail: `limit must be an integer from 1 to ${limits.groupsMax}, got ${limit}`,
      pointer: '/limit',
      limit: limits.groupsMax,
      actual: limit,
      configKey: 'query.groupsMax',
    })
  }
  if (groupBy.length === 0) return null
  const fallback = granularity === 'ALL' ? limits.groupsDefaultAll : limits.groupsDefault
  return limit ?? Math.min(fallback, limits.groupsMax)
}
