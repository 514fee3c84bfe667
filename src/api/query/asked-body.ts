import type { FastifyRequest } from 'fastify'
import { type ErrorCode, LanewayError } from '../../model/errors.ts'
import { boundFilterDepth } from './filter-depth.ts'

/** Before the schema looks at it, which recurses. Errors: FIELD_MISSING, FILTER_TOO_COMPLEX. */
export const boundBody =
  (filterDepthMax: number) =>
  async ({ body }: FastifyRequest): Promise<void> => {
    if (body === undefined) throw new LanewayError('FIELD_MISSING', { detail: 'The request has no body.', pointer: '' })
    boundFilterDepth(body, filterDepthMax)
  }

/** What may be wrong with what is asked, whichever route asks: who, fields, names, times, filter. */
export const ASKED_ERRORS: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'NOT_ACCEPTABLE',
  'FIELD_INVALID',
  'FIELD_MISSING',
  'FIELD_UNKNOWN',
  'DATASET_UNKNOWN',
  'METRIC_UNKNOWN',
  'LABEL_UNKNOWN',
  'INTERVAL_INVALID',
  'INTERVALS_TOO_MANY',
  'FILTER_TOO_COMPLEX',
]

/** What a body adds. */
export const BODY_ERRORS: readonly ErrorCode[] = ['BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED']

/** What may come of running it. */
export const RUN_ERRORS: readonly ErrorCode[] = ['EDGE_UNAVAILABLE', 'LANE_FULL', 'DEADLINE_EXCEEDED', 'SOURCE_FAILED']

/** What else a question of points may be refused for. */
export const QUESTION_ERRORS: readonly ErrorCode[] = [
  'INTERVAL_TOO_LONG',
  'LIMIT_NEEDS_GROUP_BY',
  'ORDER_BY_INVALID',
  'NOT_SUPPORTED_YET',
  'QUERY_TOO_EXPENSIVE',
]
