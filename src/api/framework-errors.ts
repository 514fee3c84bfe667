import type { FastifyRequest } from 'fastify'
import { LanewayError } from '../model/errors.ts'
import { PATH_PART_BYTES_MAX } from './api-limits.ts'
import { shown } from './shown.ts'

type Translate = (request: FastifyRequest) => LanewayError

/** The framework's refusals in our words, by its code. */
const TRANSLATIONS: Readonly<Record<string, Translate>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: bodyTooLarge,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: mediaTypeUnsupported,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new LanewayError('BODY_UNREADABLE', { detail: 'The body is not as long as Content-Length says.' }),
  FST_ERR_BAD_URL: () => new LanewayError('ROUTE_UNKNOWN', { detail: 'The path is not valid percent-encoded UTF-8.' }),
  FST_ERR_MAX_PARAM_LENGTH: () =>
    new LanewayError('ROUTE_UNKNOWN', {
      detail: `A part of the path is longer than any name may be, ${PATH_PART_BYTES_MAX} bytes.`,
      limit: PATH_PART_BYTES_MAX,
    }),
  ECONNRESET: () => new LanewayError('CLIENT_CLOSED', { detail: 'The client went away while it sent the body.' }),
}

/** Undefined for errors that are not the framework's. */
export function translated(error: unknown, request: FastifyRequest): LanewayError | undefined {
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code !== 'string' || !Object.hasOwn(TRANSLATIONS, code)) return undefined
  return TRANSLATIONS[code]!(request)
}

function bodyTooLarge(request: FastifyRequest): LanewayError {
  const { bodyLimit, config } = request.routeOptions
  const sent = Number(request.headers['content-length'])
  const limit = bodyLimit ?? 0
  return new LanewayError('BODY_TOO_LARGE', {
    detail: `The body has ${sent > limit ? `${sent} bytes, ` : ''}more than the limit of ${limit} bytes.`,
    limit,
    ...(sent > limit ? { actual: sent } : {}),
    ...(config.bodyLimitKey === undefined ? {} : { configKey: config.bodyLimitKey }),
  })
}

function mediaTypeUnsupported(request: FastifyRequest): LanewayError {
  const types = request.routeOptions.config.consumes ?? []
  const allowed = types.length > 0 ? types.join(' or ') : 'no body'
  return new LanewayError('MEDIA_TYPE_UNSUPPORTED', {
    detail: `Content-Type is ${shown(request.headers['content-type'])}; this route reads ${allowed}.`,
    hint: `Send ${allowed}.`,
  })
}
