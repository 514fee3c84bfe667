import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { LanewayError } from '../../model/errors.ts'
import type { IntakeLimits } from './limits.ts'

export type Encoding = 'protobuf' | 'json'

const ENCODINGS: Readonly<Record<string, Encoding>> = {
  'application/x-protobuf': 'protobuf',
  'application/json': 'json',
}

/** Parameters (`; charset=utf-8`) say nothing here. Error: MEDIA_TYPE_UNSUPPORTED. */
export function encodingOf(contentType: string): Encoding {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase()
  const encoding = Object.hasOwn(ENCODINGS, type) ? ENCODINGS[type] : undefined
  if (encoding !== undefined) return encoding
  throw new LanewayError('MEDIA_TYPE_UNSUPPORTED', {
    detail: `Content-Type is ${quoted(type)}; metrics are read as application/x-protobuf or application/json.`,
    hint: 'Send application/x-protobuf or application/json.',
  })
}

export type Compression = 'identity' | 'gzip'

/** Error: MEDIA_TYPE_UNSUPPORTED. */
export function compressionOf(contentEncoding: string | undefined): Compression {
  const coding = (contentEncoding ?? '').trim().toLowerCase()
  if (coding === '' || coding === 'identity') return 'identity'
  if (coding === 'gzip') return 'gzip'
  throw new LanewayError('MEDIA_TYPE_UNSUPPORTED', {
    detail: `Content-Encoding is ${quoted(coding)}; metrics are read as gzip or uncompressed.`,
    hint: 'Send gzip or no Content-Encoding.',
  })
}

const inflate = promisify(gunzip)

/** Undoes gzip; never holds more than `inflatedBytesMax`. Errors: BODY_TOO_LARGE, BODY_UNREADABLE. */
export async function inflated(body: Uint8Array, limits: IntakeLimits): Promise<Uint8Array> {
  try {
    return await inflate(body, { maxOutputLength: limits.inflatedBytesMax })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge('inflatedBytesMax', 'The gzip body decompresses to', limits.inflatedBytesMax)
    }
    throw new LanewayError('BODY_UNREADABLE', {
      detail: `The gzip body is damaged or cut short: ${(cause as Error).message}.`,
      hint: 'Send the whole body, compressed once with gzip.',
      cause,
    })
  }
}

/** Error: BODY_TOO_LARGE. */
export function checkBodySize(body: Uint8Array, limits: IntakeLimits): void {
  if (body.byteLength <= limits.bodyBytesMax) return
  throw tooLarge('bodyBytesMax', 'The body has', limits.bodyBytesMax, body.byteLength)
}

function tooLarge(key: keyof IntakeLimits, what: string, limit: number, actual?: number): LanewayError {
  return new LanewayError('BODY_TOO_LARGE', {
    detail: `${what} ${actual ?? 'more than the limit'}${actual === undefined ? '' : ` bytes, more than the limit`} of ${limit} bytes.`,
    limit,
    ...(actual === undefined ? {} : { actual }),
    configKey: `intake.${key}`,
  })
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 100))
