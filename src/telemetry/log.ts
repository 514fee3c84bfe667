import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { LanewayError } from '../model/errors.ts'

export type Log = Logger

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
/** Where a request, a response or their headers may stand in a line. */
const PLACES = ['', 'headers.', 'req.headers.', 'request.headers.', 'res.headers.', 'response.headers.']
const SECRETS = ['authorization', 'Authorization', '["proxy-authorization"]', 'cookie', '["set-cookie"]']

/** Every path of a line that may carry a secret, in the notation of pino's redaction. */
const secretPaths = PLACES.flatMap((place) =>
  SECRETS.map((secret) => (secret.startsWith('[') ? `${place.replace(/\.$/, '')}${secret}` : `${place}${secret}`)),
)

/**
 * The service log: JSON lines on standard output, or on `destination`. Secrets of headers never show.
 * Errors: CONFIG_INVALID for a level that does not exist.
 */
export function openLog(level: string, destination?: DestinationStream): Log {
  if (!(LEVELS as readonly string[]).includes(level)) throw levelInvalid(level)
  const options: LoggerOptions = {
    level,
    base: { service: 'laneway' },
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: secretPaths, censor: '[redacted]' },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

const levelInvalid = (level: string): LanewayError =>
  new LanewayError('CONFIG_INVALID', {
    detail: `log.level must be one of ${LEVELS.join(', ')}, got ${JSON.stringify(level)}`,
    configKey: 'log.level',
  })
