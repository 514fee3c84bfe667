import { join } from 'node:path'
import { type ApiServer, buildApi, buildOtlpApi } from './api/build-api.ts'
import { openPagingKey } from './api/paging/paging-key.ts'
import type { Config } from './config-keys.ts'
import { discoveryLimitsOf, exportLimitsOf, graphqlOptionsOf, streamLimitsOf } from './config-parts.ts'
import { openGuards } from './guards.ts'
import { LanewayError } from './model/errors.ts'
import type { Engine, ReadingExits } from './planner/engine.ts'
import type { CatalogView } from './ports/catalog.ts'
import type { Clock } from './ports/clock.ts'
import type { HealthPart } from './ports/health.ts'
import type { OtlpIntake } from './ports/intake.ts'
import type { Log } from './telemetry/log.ts'
import type { Telemetry } from './telemetry/telemetry.ts'

export interface FrontDoor {
  readonly app: ApiServer
  /** Errors: PORT_IN_USE. A taken OTLP port is only warned about, the API takes OTLP too. */
  listen(): Promise<{ readonly url: string; readonly otlpUrl: string | null }>
  close(): Promise<void>
}

export interface FrontDoorParts {
  readonly engine: Engine & Pick<ReadingExits, 'watch'>
  readonly catalog: CatalogView
  readonly intake: OtlpIntake
  readonly health: readonly HealthPart[]
  readonly telemetry: Telemetry
  readonly logger: Log
  readonly clock: Clock
}

/** API and, where asked for, a second port for OTLP alone. */
export async function openFrontDoor(config: Config, parts: FrontDoorParts): Promise<FrontDoor> {
  const { engine, catalog, intake, health, telemetry, logger, clock } = parts
  const { close: closeGuards, ...guards } = openGuards(config, { clock, logger })
  const limits = {
    bodyBytesMax: config['http.bodyBytesMax'],
    intakeBodyBytesMax: config['intake.bodyBytesMax'],
    filterDepthMax: config['query.filterDepthMax'],
    discovery: discoveryLimitsOf(config),
    streams: streamLimitsOf(config),
    exports: exportLimitsOf(config),
    graphql: graphqlOptionsOf(config),
    answerBytesMax: config['http.answerBytesMax'],
    requestMsMax: config['http.requestMsMax'],
  }
  const consoleRoot = join(import.meta.dirname, 'console')
  const { ownMetrics } = telemetry
  const app = await buildApi({
    engine,
    catalog,
    intake,
    health,
    ownMetrics,
    ...guards,
    limits,
    pagingKey: openPagingKey(config['paging.keyPath'] ?? join(config['data.path'], 'paging.key')),
    consoleRoot,
    logger,
    clock,
  })
  const otlp = config['http.otlpPort'] === null ? null : await buildOtlpApi({ intake, ...guards, limits, logger })
  const host = config['http.host']
  return {
    app,
    async listen() {
      const url = await listenOn(app, host, config['http.port'])
      return { url, otlpUrl: otlp && (await listenForOtlp(otlp, host, config['http.otlpPort']!, logger)) }
    },
    async close() {
      closeGuards()
      await otlp?.close()
      await app.close()
    },
  }
}

async function listenOn(app: ApiServer, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new LanewayError('PORT_IN_USE', {
      detail: `${host}:${port} is taken by another process`,
      configKey: 'http.port',
      cause,
    })
  }
}

async function listenForOtlp(app: ApiServer, host: string, port: number, logger: Log): Promise<string | null> {
  try {
    return await listenOn(app, host, port)
  } catch (error) {
    if (!(error instanceof LanewayError) || error.code !== 'PORT_IN_USE') throw error
    logger.warn(`http.otlpPort: ${error.message}; OTLP is taken on the API's port alone`)
    return null
  }
}
