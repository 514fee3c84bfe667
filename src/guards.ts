import { readFileSync } from 'node:fs'
import { ReloadingKeys } from './api/auth/reloading-keys.ts'
import { openTokenCheck, type TokenCheck } from './api/auth/tokens.ts'
import type { Guards, Tls } from './api/open-server.ts'
import { RateLimits } from './api/rate-limits.ts'
import type { StaticKeys } from './api/static-keys.ts'
import type { Config } from './config-keys.ts'
import { LanewayError, LanewayErrors } from './model/errors.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './telemetry/log.ts'

/** What stands before the routes, as the configuration has it. */
export interface OpenGuards extends Guards {
  readonly keys: StaticKeys | null
  close(): void
}

/** Errors: CONFIG_INVALID. */
export function openGuards(config: Config, { clock, logger }: { clock: Clock; logger: Log }): OpenGuards {
  const tokens = tokensOf(config, clock)
  const keys = config['keys.path'] === null ? null : new ReloadingKeys(config['keys.path'])
  if (keys === null && tokens === null) refuseOpenDoor(config)
  const timer = keys && setInterval(() => refresh(keys, logger), config['keys.reloadPeriodMs'])
  timer?.unref()
  return {
    keys,
    tokens,
    rates: ratesOf(config, clock),
    tls: tlsOf(config),
    trustProxy: config['http.trustProxy'],
    close: () => {
      if (timer) clearInterval(timer)
    },
  }
}

function refresh(keys: ReloadingKeys, logger: Log): void {
  try {
    const count = keys.refresh()
    if (count !== null) logger.info({ keys: count }, 'keys.path was read again')
  } catch (error) {
    const errors = error instanceof LanewayErrors ? error.errors : [error as Error]
    for (const { message } of errors) logger.error(`${message}; the keys from before go on`)
  }
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/

export const isLoopbackHost = (host: string): boolean => LOOPBACK.test(host)

/** Everyone may come in on loopback, or where the configuration says so. */
function refuseOpenDoor(config: Config): void {
  const host = config['http.host']
  if (isLoopbackHost(host) || config['http.anonymous']) return
  throw new LanewayError('CONFIG_INVALID', {
    detail: `http.host ${host} lies beyond loopback, and neither keys.path nor auth.jwt.issuer is set; every request there needs a key`,
    hint: 'Make a key with "laneway keys add" and set keys.path, or set http.anonymous: true.',
    configKey: 'keys.path',
  })
}

function tokensOf(config: Config, clock: Clock): TokenCheck | null {
  const issuer = config['auth.jwt.issuer']
  if (issuer === null) return null
  const audience = config['auth.jwt.audience']
  if (audience === null) {
    throw new LanewayError('CONFIG_INVALID', {
      detail: 'auth.jwt.issuer is set, and auth.jwt.audience is not: tokens for other services would be taken',
      configKey: 'auth.jwt.audience',
    })
  }
  const options = {
    issuer,
    audience,
    jwksUrl: config['auth.jwt.jwksUrl'],
    jwksPath: config['auth.jwt.jwksPath'],
    clockSkewMsMax: config['auth.jwt.clockSkewMsMax'],
    scopeRequired: config['auth.jwt.scopeRequired'],
    claims: {
      roles: config['auth.jwt.rolesClaim'],
      tenant: config['auth.jwt.tenantClaim'],
      datasets: config['auth.jwt.datasetsClaim'],
      constraints: config['auth.jwt.constraintsClaim'],
    },
  }
  return openTokenCheck(options, clock)
}

const ratesOf = (config: Config, clock: Clock): RateLimits =>
  new RateLimits(
    {
      costPerMinuteMax: config['rate.costPerMinuteMax'],
      requestsPerMinuteMax: config['rate.requestsPerMinuteMax'],
      burstMs: config['rate.burstMs'],
      callersMax: config['rate.callersMax'],
      anonymous: config['rate.anonymous'],
    },
    clock,
  )

function tlsOf(config: Config): Tls | null {
  const certPath = config['http.tls.certPath']
  const keyPath = config['http.tls.keyPath']
  if (certPath === null && keyPath === null) return null
  return { cert: pem('http.tls.certPath', certPath), key: pem('http.tls.keyPath', keyPath) }
}

/** Never says what the file holds. */
function pem(configKey: 'http.tls.certPath' | 'http.tls.keyPath', path: string | null): string {
  try {
    if (path !== null) return readFileSync(path, 'utf8')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason'
    throw new LanewayError('CONFIG_INVALID', { detail: `${configKey} ${path} cannot be read: ${reason}`, configKey })
  }
  throw new LanewayError('CONFIG_INVALID', {
    detail: `${configKey} is not set, and the other of the two is`,
    configKey,
  })
}
