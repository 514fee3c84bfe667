import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { LanewayError } from '../model/errors.ts'
import type { OtlpIntake } from '../ports/intake.ts'
import { documented } from './documented.ts'
import type { RouteConfig } from './route-config.ts'

const TYPES = ['application/x-protobuf', 'application/json'] as const

const config: RouteConfig = {
  access: 'ingest',
  consumes: TYPES,
  bodyLimitKey: 'intake.bodyBytesMax',
  otlp: true,
}

const Accepted = z
  .object({
    partialSuccess: z
      .object({ rejectedDataPoints: z.string().optional(), errorMessage: z.string().optional() })
      .optional(),
  })
  .describe('ExportMetricsServiceResponse, in the encoding of the request.')

/** For the contract alone: the intake decodes what comes. Its protobuf form has the same fields. */
const ExportRequest = z.unknown().meta({
  type: 'object',
  properties: { resourceMetrics: { type: ['array', 'null'], items: { type: 'object' } } },
  description: 'ExportMetricsServiceRequest (OTLP 1).',
})

const schema = documented({
  operationId: 'sendOtlpMetrics',
  summary: 'OTLP/HTTP metrics',
  description:
    'Takes an ExportMetricsServiceRequest as protobuf or JSON, uncompressed or gzip, and answers when every accepted point is durable. Errors of protobuf requests are google.rpc.Status in protobuf.',
  consumes: TYPES,
  body: ExportRequest,
  answers: { 200: { description: 'Stored, or partial success.', types: TYPES, schema: Accepted } },
  errors: [
    'UNAUTHENTICATED',
    'BODY_TOO_LARGE',
    'MEDIA_TYPE_UNSUPPORTED',
    'INTAKE_BUSY',
    'STORE_UNWRITABLE',
    'DATASET_UNKNOWN',
    'METRIC_CONFLICT',
    'CATALOG_FULL',
  ],
})

/** `POST /v1/metrics`: bodies go to the intake as they came, compressed ones too. */
export async function otlpRoute(app: FastifyInstance, intake: OtlpIntake, bodyLimit: number): Promise<void> {
  const take = async (_request: FastifyRequest, body: Buffer) => body
  app.addContentTypeParser([...TYPES], { parseAs: 'buffer', bodyLimit }, take)
  app.post('/v1/metrics', { config, schema, bodyLimit }, async (request, reply) => {
    const { 'content-type': contentType, 'content-encoding': encoding } = request.headers
    if (contentType === undefined) throw noContentType()
    const answer = await intake.accept((request.body as Buffer | undefined) ?? Buffer.alloc(0), contentType, encoding)
    return reply.type(answer.contentType).send(Buffer.from(answer.body))
  })
}

const noContentType = (): LanewayError =>
  new LanewayError('MEDIA_TYPE_UNSUPPORTED', {
    detail: `The request has no Content-Type; this route reads ${TYPES.join(' or ')}.`,
    hint: `Send ${TYPES.join(' or ')}.`,
  })
