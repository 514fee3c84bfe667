import protobuf from 'protobufjs'
import protojson from 'protobufjs/ext/protojson.js'
import { LanewayError } from '../../model/errors.ts'
import type { Encoding } from './body.ts'
import type { IntakeLimits } from './limits.ts'
import type { OtlpSchema } from './schema.ts'
import { ElementsExceeded, jsonElements, protobufElements } from './weigh.ts'
import type { ExportRequest } from './wire.ts'

/** Reads one ExportMetricsServiceRequest; fields it does not know are skipped. Errors: BODY_UNREADABLE, BODY_TOO_LARGE. */
export function decodeRequest(
  schema: OtlpSchema,
  encoding: Encoding,
  body: Uint8Array,
  limits: IntakeLimits,
): ExportRequest {
  try {
    return encoding === 'json' ? decodeJson(schema, body, limits) : decodeProtobuf(schema, body, limits)
  } catch (cause) {
    if (cause instanceof ElementsExceeded) throw tooMany(limits)
    const reason = cause instanceof Error ? cause.message.slice(0, 300) : 'not readable'
    throw new LanewayError('BODY_UNREADABLE', {
      detail: `The body is not an OTLP ExportMetricsServiceRequest in ${encoding}: ${reason}.`,
      hint: 'Send the request as the OpenTelemetry protocol defines it, with the Content-Type of its encoding.',
      cause,
    })
  }
}

const tooMany = (limits: IntakeLimits): LanewayError =>
  new LanewayError('BODY_TOO_LARGE', {
    detail: `The request has more than ${limits.elementsMax} messages and array elements.`,
    limit: limits.elementsMax,
    configKey: 'intake.elementsMax',
  })

function decodeProtobuf(schema: OtlpSchema, body: Uint8Array, limits: IntakeLimits): ExportRequest {
  // An element takes at least one byte, so a short body needs no count.
  if (body.byteLength > limits.elementsMax) protobufElements(schema.request, body, limits.elementsMax)
  const reader = protobuf.Reader.create(body)
  reader.discardUnknown = true
  return schema.request.decode(reader) as unknown as ExportRequest
}

function decodeJson(schema: OtlpSchema, body: Uint8Array, limits: IntakeLimits): ExportRequest {
  if (body.byteLength > limits.elementsMax) jsonElements(body, limits.elementsMax)
  const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  return protojson.fromJson(schema.request, parseExact(text), { ignoreUnknownFields: true }) as unknown as ExportRequest
}

/** Integers of 16 digits or more that stand as JSON numbers; doubles would round them. */
const LONG_NUMBER = /[:[,]\s*-?\d{16,}\s*[,\]}]/

function parseExact(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text)
  const keepDigits = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? context?.source
      : value
  return JSON.parse(text, keepDigits)
}
