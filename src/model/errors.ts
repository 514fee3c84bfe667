/**
 * The error catalogue. Codes are permanent; `kind` says who is to act: `refuse` a limit or rule says no (ask
 * differently), `shed` ask later, `fail` something broke here. docs/errors.md is generated from this table.
 */
export type ErrorKind = 'refuse' | 'shed' | 'fail'

interface CatalogueEntry {
  readonly kind: ErrorKind
  readonly retriable: boolean
  /** One sentence for docs/errors.md: when it happens. */
  readonly when: string
  /** One sentence for docs/errors.md: what to do. */
  readonly fix: string
}

const refuse = (when: string, fix: string): CatalogueEntry => ({ kind: 'refuse', retriable: false, when, fix })
const shed = (when: string, fix: string): CatalogueEntry => ({ kind: 'shed', retriable: true, when, fix })
const fail = (when: string, fix: string, retriable = true): CatalogueEntry => ({ kind: 'fail', retriable, when, fix })

export const ERRORS = {
  // requests in general
  BODY_UNREADABLE: refuse(
    'The body is not valid JSON (or not UTF-8, or its compression is broken).',
    'Send valid JSON with Content-Type application/json.',
  ),
  BODY_TOO_LARGE: refuse(
    'The body, or what it decompresses to, is larger than the limit.',
    'Send smaller batches, or raise the limit named in the answer.',
  ),
  HEADERS_TOO_LARGE: refuse(
    'Request line and headers together are larger than the limit.',
    'Send fewer or shorter headers and parameters; a long question goes into a body.',
  ),
  REQUEST_TOO_SLOW: refuse(
    'The request did not arrive whole within the limit.',
    'Send it faster, or in smaller parts.',
  ),
  MEDIA_TYPE_UNSUPPORTED: refuse(
    'The Content-Type or Content-Encoding is not one this route reads.',
    'Use one of the types named in the answer.',
  ),
  NOT_ACCEPTABLE: refuse(
    'None of the types in Accept can be produced.',
    'Accept one of the types named in the answer.',
  ),
  ROUTE_UNKNOWN: refuse('No route has this path.', 'See /openapi.yaml for the routes.'),
  METHOD_NOT_ALLOWED: refuse('The route exists, but not with this method.', 'Use a method from the Allow header.'),
  FIELD_INVALID: refuse(
    'A field has the wrong type or a value outside its range.',
    'Correct the field that the pointer names.',
  ),
  FIELD_MISSING: refuse('A required field is missing.', 'Add the field that the pointer names.'),
  FIELD_UNKNOWN: refuse(
    'With strict=true, the body has a field that does not exist.',
    'Remove the field, or ask without strict=true.',
  ),
  // questions
  DATASET_UNKNOWN: refuse('No dataset has this name.', 'Use one of the datasets named in the answer.'),
  METRIC_UNKNOWN: refuse(
    'The dataset has no metric with this name.',
    'See GET /v2/metrics/{dataset}/descriptors/metrics.',
  ),
  LABEL_UNKNOWN: refuse(
    'A label in group_by or filter does not belong to the metric.',
    'Use one of the labels named in the answer.',
  ),
  INTERVAL_INVALID: refuse(
    'An interval is not start/end, start/duration or duration/end, or ends before it starts.',
    'Write it like 2026-11-21T10:00:00Z/PT1H or PT1H/now.',
  ),
  INTERVAL_TOO_LONG: refuse(
    'The intervals together are longer than the granularity allows.',
    'Ask for less time, or use the granularity named in the answer.',
  ),
  INTERVALS_TOO_MANY: refuse('The question names more intervals than the limit.', 'Ask for fewer intervals.'),
  FILTER_TOO_COMPLEX: refuse(
    'The filter is nested deeper, or has more terms, than the limit.',
    'Use a simpler filter.',
  ),
  LIMIT_NEEDS_GROUP_BY: refuse(
    'limit counts groups and needs a non-empty group_by.',
    'Add group_by, or leave limit out.',
  ),
  FORMAT_NEEDS_GROUP_BY: refuse('format GROUPED needs a non-empty group_by.', 'Add group_by, or ask for FLAT.'),
  ORDER_BY_INVALID: refuse(
    'order_by needs granularity ALL and a metric of the aggregations.',
    'Ask with granularity ALL, or leave order_by out.',
  ),
  NOT_SUPPORTED_YET: refuse('The feature is part of the contract but not built yet.', 'Leave the field out.'),
  EDGE_UNAVAILABLE: refuse(
    'No allowed source holds a piece of the interval (retention, use, avoid or freshness).',
    'Shorten the interval, or allow more sources.',
  ),
  QUERY_TOO_EXPENSIVE: refuse(
    'The question would read more rows, or answer more values, than the limit.',
    'Ask for less time, fewer groups or a coarser granularity.',
  ),
  PAGE_TOKEN_INVALID: refuse(
    'page_token was not given out by this service for this question and this caller.',
    'Send meta.pagination.next_page_token of the page before with the same body, or start without a token.',
  ),
  PAGE_TOKEN_EXPIRED: refuse(
    'The answer that the pages belong to is no longer kept, and its data has changed.',
    'Start again without a token.',
  ),
  PERSISTED_QUERY_NOT_FOUND: refuse(
    'The hash of a GraphQL request stands for no document that this caller has sent.',
    'Send the text of the document together with its hash, once.',
  ),
  // who may ask
  UNAUTHENTICATED: refuse(
    'The request carries no valid key or token.',
    'Send an API key as Basic key:secret, or a Bearer token.',
  ),
  FORBIDDEN: refuse(
    'The caller may not do this, or names only resources that are not its own.',
    'Use a key with the role named in the answer, or name own resources.',
  ),
  RATE_LIMITED: shed(
    'The caller has asked more, by cost, than its rate allows.',
    'Ask again after Retry-After seconds; RateLimit-* says what is left.',
  ),
  TOKEN_KEYS_UNAVAILABLE: fail(
    'The public keys of the issuer of tokens cannot be fetched, so a Bearer token cannot be checked.',
    'Ask again in a moment; check that auth.jwt.jwksUrl can be reached from here.',
  ),
  // later
  WATCH_FULL: shed(
    'As many questions are watched, or as many streams open, as the limit allows.',
    'Close streams that nobody reads, or come back after Retry-After seconds.',
  ),
  LANE_FULL: shed('The queue of the lane is full.', 'Ask again after Retry-After seconds.'),
  DEADLINE_EXCEEDED: shed(
    'The answer was not ready before the deadline; the answer says whether waiting or running used the time.',
    'Ask again later, or for less.',
  ),
  INTAKE_BUSY: shed('More points wait for a commit than the limit.', 'Send the batch again after Retry-After seconds.'),
  NOT_READY: shed('The service has not finished starting.', 'Ask again in a moment.'),
  CLIENT_CLOSED: shed('The client went away before the answer.', 'Nothing to do.'),
  // broken
  SOURCE_FAILED: fail('A source broke while answering.', 'Ask again; /health/parts says which source is down.'),
  STORE_UNWRITABLE: fail(
    'The store could not commit (disk full, folder gone).',
    'Free space on the data folder; nothing unacknowledged was kept.',
  ),
  INTERNAL: fail(
    'Something unexpected broke; the log has the details under the id of the error.',
    'Report it with the id.',
  ),
  // data on topics
  RECORD_UNREADABLE: fail(
    'A record on a topic is not of its schema.',
    'Look for foreign writers; the record was kept aside with its position.',
    false,
  ),
  SNAPSHOT_DAMAGED: fail(
    'A push-table snapshot failed its check.',
    'Nothing to do: the table is rebuilt from the log.',
    false,
  ),
  METRIC_CONFLICT: refuse(
    'A metric arrives with another type or unit than it registered with.',
    'Rename one of the two, or map it in the catalog.',
  ),
  CATALOG_FULL: refuse(
    'A dataset, metric or label wants to register itself and the limit is reached.',
    'Send fewer distinct names, define them in the catalog, or raise the limit named in the answer.',
  ),
  // start
  CATALOG_INVALID: refuse('A catalog file has an error.', 'Correct the file, line and key that the answer names.'),
  CONFIG_INVALID: refuse(
    'A configuration key is unknown or has a wrong value.',
    'Correct the key that the answer names; see docs/configuration.md.',
  ),
  DATA_FOLDER_LOCKED: refuse(
    'Another process uses the data folder.',
    'Stop the other process, or use another --data folder.',
  ),
  DATA_FOLDER_DAMAGED: fail(
    'A file of the data folder cannot be read.',
    'Restore the file that the answer names, or start with an empty folder.',
    false,
  ),
  PORT_IN_USE: refuse('The address to listen on is taken.', 'Use another --port.'),
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorFacts {
  /** Names the field, the rule, the limit and what was sent. */
  readonly detail: string
  /** JSON pointer into the request, `/filter/filters/0/op`. */
  readonly pointer?: string
  /** What to do; the catalogue's fix when left out. */
  readonly hint?: string
  readonly limit?: number | string
  readonly actual?: number | string
  /** The configuration key that would change the limit. */
  readonly configKey?: string
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** Every failure that a user may see. `code` is permanent. */
export class LanewayError extends Error {
  readonly code: ErrorCode
  readonly facts: ErrorFacts

  constructor(code: ErrorCode, facts: ErrorFacts) {
    super(facts.detail, facts.cause === undefined ? {} : { cause: facts.cause })
    this.name = 'LanewayError'
    this.code = code
    this.facts = facts
  }

  get kind(): ErrorKind {
    return ERRORS[this.code].kind
  }

  get retriable(): boolean {
    return ERRORS[this.code].retriable
  }

  get hint(): string {
    return this.facts.hint ?? ERRORS[this.code].fix
  }
}

/** Several problems of one request, all reported together. */
export class LanewayErrors extends Error {
  readonly errors: readonly LanewayError[]

  constructor(errors: readonly LanewayError[]) {
    super(errors.map((error) => error.message).join('; '))
    this.name = 'LanewayErrors'
    this.errors = errors
  }
}
