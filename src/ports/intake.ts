export interface IntakeReply {
  /** 200, or partial success in the body; refusals throw. */
  readonly body: Uint8Array
  readonly contentType: string
  readonly accepted: number
  readonly rejected: number
}

/**
 * OTLP/HTTP metrics. Resolves when every accepted point is durable; the reply is in the encoding of the request.
 * Errors: BODY_UNREADABLE, BODY_TOO_LARGE, MEDIA_TYPE_UNSUPPORTED, INTAKE_BUSY, STORE_UNWRITABLE.
 */
export interface OtlpIntake {
  accept(body: Uint8Array, contentType: string, encoding?: string): Promise<IntakeReply>
}
