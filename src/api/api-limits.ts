import { DEFAULT_DISCOVERY_LIMITS, type DiscoveryLimits } from './discovery-limits.ts'
import { DEFAULT_EXPORT_LIMITS, type ExportLimits } from './export/export-limits.ts'
import { DEFAULT_GRAPHQL, type GraphqlOptions } from './graphql/options.ts'
import { DEFAULT_STREAM_LIMITS, type StreamLimits } from './stream/stream-limits.ts'

/** Bounds of the front door; those without a configuration key hold unless a caller says otherwise. */
export interface ApiLimits {
  /** Body of a question (`http.bodyBytesMax`). */
  readonly bodyBytesMax: number
  /** OTLP body as sent (`intake.bodyBytesMax`). */
  readonly intakeBodyBytesMax: number
  /**
   * Nesting of a filter, checked before anything recurses into it. The default is the most that
   * `query.filterDepthMax` can be set to; the planner then holds the filter to that key.
   */
  readonly filterDepthMax?: number
  /** Encoded answer (`http.answerBytesMax`). */
  readonly answerBytesMax?: number
  /** From a request's first byte to its last (`http.requestMsMax`). */
  readonly requestMsMax?: number
  /** How long a closing server waits for answers under way. */
  readonly closeMsMax?: number
  readonly discovery?: DiscoveryLimits
  /** Keys `stream.…`. */
  readonly streams?: StreamLimits
  readonly exports?: ExportLimits
  /** Keys `graphql.…`. */
  readonly graphql?: GraphqlOptions
}

export type HeldLimits = Required<ApiLimits>

const MIB = 1024 * 1024

export const withDefaults = (limits: ApiLimits): HeldLimits => ({
  filterDepthMax: 100,
  answerBytesMax: 256 * MIB,
  requestMsMax: 30_000,
  closeMsMax: 10_000,
  discovery: DEFAULT_DISCOVERY_LIMITS,
  streams: DEFAULT_STREAM_LIMITS,
  exports: DEFAULT_EXPORT_LIMITS,
  graphql: DEFAULT_GRAPHQL,
  ...limits,
})

/** Request line and headers together; Node refuses more. */
export const HEADER_BYTES_MAX = 16 * 1024
/** Ids in Metrics API v2 have up to 255 characters; each may be three when percent-encoded. */
export const PATH_PART_BYTES_MAX = 3 * 255
/** A request with many mistakes names this many of them. */
export const ERRORS_MAX = 20
