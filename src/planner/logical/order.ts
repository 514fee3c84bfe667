import type { Asking } from './asking.ts'
import type { LogicalQuery } from './question.ts'
import { type AskedValues, valueMeant } from './values.ts'

/** The value that groups are ordered by, taken over all asked intervals. Ties go by labels. */
export function readOrder(values: AskedValues, { request, problems }: Asking): LogicalQuery['order'] {
  const { orderBy } = request
  if (!orderBy || !values.complete) return null
  const meant = valueMeant(orderBy, values)
  if ('position' in meant) return { value: meant.position, descending: orderBy.order === 'DESCENDING' }
  problems.add('ORDER_BY_INVALID', { detail: `order_by[0].metric ${meant.wrong}`, pointer: '/order_by/0/metric' })
  return null
}

/** Groups to answer; null without group_by, and where all are asked for. */
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
  if (groupBy.length === 0 || (request.groups ?? 'page') !== 'page') return null
  const fallback = granularity === 'ALL' ? limits.groupsDefaultAll : limits.groupsDefault
  return limit ?? Math.min(fallback, limits.groupsMax)
}
