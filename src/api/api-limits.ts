/** Bounds of the front door. The first two have configuration keys, the others hold unless a caller says otherwise. */
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
  /** Encoded answer. */
  readonly answerBytesMax?: number
  /** From a request's first byte to its last. */
  readonly requestMsMax?: number
  /** How long a closing server waits for answers under way. */
  readonly closeMsMax?: number
}

export type HeldLimits = Required<ApiLimits>

const MIB = 1024 * 1024

export const withDefaults = (limits: ApiLimits): HeldLimits => ({
  filterDepthMax: 100,
  answerBytesMax: 256 * MIB,
  requestMsMax: 30_000,
  closeMsMax: 10_000,
  ...limits,
})

/** Request line and headers together; Node refuses more. */
export const HEADER_BYTES_MAX = 16 * 1024
/** A request with many mistakes names this many of them. */
export const ERRORS_MAX = 20
