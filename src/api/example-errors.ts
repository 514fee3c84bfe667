import { ERRORS, type ErrorCode, type ErrorFacts, LanewayError } from '../model/errors.ts'
import { type ErrorBody, errorItem } from './error-body.ts'

const EXAMPLE_ID = '6f1f3c1e-7d0b-4a52-9a53-0c5d6e1f2a3b'

/** Facts as real answers carry them; codes that are left out show their own sentence. */
const FACTS: Readonly<Partial<Record<ErrorCode, ErrorFacts>>> = {
  BODY_UNREADABLE: { detail: 'The body is not JSON: something else was expected at position 12.' },
  BODY_TOO_LARGE: {
    detail: 'The body has 2000000 bytes, more than the limit of 1048576 bytes.',
    limit: 1_048_576,
    actual: 2_000_000,
    configKey: 'http.bodyBytesMax',
  },
  HEADERS_TOO_LARGE: { detail: 'Request line and headers are longer than 16384 bytes.', limit: 16_384 },
  REQUEST_TOO_SLOW: {
    detail: 'The request did not arrive whole within 30000 ms.',
    limit: 30_000,
    configKey: 'http.requestMsMax',
  },
  MEDIA_TYPE_UNSUPPORTED: { detail: 'Content-Type is "text/xml"; this route reads application/json.' },
  NOT_ACCEPTABLE: { detail: 'Accept is "text/xml"; this route answers application/json.' },
  FIELD_INVALID: {
    detail:
      'granularity must be one of PT1M, PT5M, PT15M, PT30M, PT1H, PT4H, PT6H, PT12H, P1D, P1W, P1M, ALL, got "PT2M".',
    pointer: '/granularity',
  },
  FIELD_MISSING: { detail: 'intervals is missing: it must be a list.', pointer: '/intervals' },
  FIELD_UNKNOWN: {
    detail: 'grouping is not a field of this route, and the question was asked with strict=true.',
    pointer: '/grouping',
  },
  FILTER_TOO_COMPLEX: {
    detail: 'filter may be nested at most 16 deep; what was sent is deeper.',
    pointer: '/filter',
    limit: 16,
    configKey: 'query.filterDepthMax',
  },
  FORMAT_NEEDS_GROUP_BY: {
    detail: 'format GROUPED needs a non-empty group_by; what was sent has none.',
    pointer: '/format',
  },
  FORBIDDEN: { detail: 'This route needs the role query; the caller has ingest.' },
  UNAUTHENTICATED: { detail: 'Invalid credentials' },
  RATE_LIMITED: {
    detail: 'The allowance of cost, 1000000000 a minute, is used up for the next 41 seconds.',
    configKey: 'rate.costPerMinuteMax',
    retryAfterSeconds: 41,
  },
  LANE_FULL: { detail: 'The hot lane has 200 questions waiting, its limit.', limit: 200, retryAfterSeconds: 1 },
  INTAKE_BUSY: {
    detail: 'More waits for a commit than pointsWaitingMax, 200000; nothing of this request was kept.',
    limit: 200_000,
    configKey: 'intake.pointsWaitingMax',
    retryAfterSeconds: 1,
  },
  INTERNAL: { detail: `Something unexpected broke; the log has it as ${EXAMPLE_ID}.` },
}

/** One answer with this code, as the contract shows it. */
export function exampleError(code: ErrorCode): ErrorBody {
  const error = new LanewayError(code, FACTS[code] ?? { detail: ERRORS[code].when })
  return { errors: [errorItem(error, EXAMPLE_ID)] }
}
