import type { IntakeReply } from '../../ports/intake.ts'
import type { Encoding } from './body.ts'
import type { OtlpSchema } from './schema.ts'

/**
 * ExportMetricsServiceResponse in the request's encoding. Everything accepted is the empty message: no bytes in
 * protobuf, `{}` in JSON.
 */
export function renderReply(
  schema: OtlpSchema,
  encoding: Encoding,
  counts: { readonly accepted: number; readonly rejected: number },
  errorMessage: string,
): IntakeReply {
  const { accepted, rejected } = counts
  const partialSuccess = { rejectedDataPoints: rejected, errorMessage }
  if (encoding === 'json') {
    const message = rejected === 0 ? {} : { partialSuccess: { ...partialSuccess, rejectedDataPoints: `${rejected}` } }
    return { body: Buffer.from(JSON.stringify(message)), contentType: 'application/json', accepted, rejected }
  }
  const message = rejected === 0 ? {} : { partialSuccess }
  return {
    body: schema.response.encode(schema.response.fromObject(message)).finish(),
    contentType: 'application/x-protobuf',
    accepted,
    rejected,
  }
}
