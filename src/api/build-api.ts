import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Engine } from '../planner/engine.ts'
import type { CatalogView } from '../ports/catalog.ts'
import type { Clock } from '../ports/clock.ts'
import type { HealthPart, OwnMetrics } from '../ports/health.ts'
import type { OtlpIntake } from '../ports/intake.ts'
import { type ApiLimits, withDefaults } from './api-limits.ts'
import { contractRoutes, describeRoutes } from './contract-document.ts'
import { descriptorRoutes } from './descriptors.ts'
import { readJsonBodies } from './json-body.ts'
import { openServer } from './open-server.ts'
import { healthRoutes, ownMetricsRoute } from './operations.ts'
import { otlpRoute } from './otlp-route.ts'
import { pageCatalogRoute } from './page/page-catalog.ts'
import { readPageFiles } from './page/page-files.ts'
import { pageRoutes } from './page/page-routes.ts'
import { queryRoute } from './query/query-route.ts'
import type { StaticKeys } from './static-keys.ts'

export interface ApiParts {
  readonly engine: Pick<Engine, 'answer' | 'explain'>
  readonly catalog: CatalogView
  readonly intake: OtlpIntake
  readonly health: readonly HealthPart[]
  readonly ownMetrics: OwnMetrics
  /** Null lets everyone ask; what foreign web pages could send is refused all the same. */
  readonly keys: StaticKeys | null
  readonly limits: ApiLimits
  /** Folder of the page; null serves none. */
  readonly consoleRoot: string | null
  readonly logger: FastifyBaseLogger | false
  readonly clock: Clock
}

/** The server as the composition root sees it; fastify itself stays in this zone. */
export type ApiServer = FastifyInstance

/** The whole front door, not listening yet. */
export async function buildApi(parts: ApiParts): Promise<ApiServer> {
  const { catalog, clock, engine, intake } = parts
  const limits = withDefaults(parts.limits)
  const app = openServer({ limits, keys: parts.keys, logger: parts.logger })
  await describeRoutes(app)
  await app.register(async (questions) => {
    readJsonBodies(questions)
    queryRoute(questions, { engine, limits, clock })
  })
  await app.register(async (otlp) => otlpRoute(otlp, intake, limits.intakeBodyBytesMax))
  descriptorRoutes(app, catalog)
  healthRoutes(app, parts.health)
  ownMetricsRoute(app, parts.ownMetrics)
  contractRoutes(app)
  pageRoutes(app, readPageFiles(parts.consoleRoot))
  pageCatalogRoute(app, { catalog, clock })
  await app.ready()
  return app
}

/** `POST /v1/metrics` alone, for a port of its own. */
export async function buildOtlpApi(parts: Pick<ApiParts, 'intake' | 'keys' | 'limits' | 'logger'>): Promise<ApiServer> {
  const limits = withDefaults(parts.limits)
  const app = openServer({ limits, keys: parts.keys, logger: parts.logger })
  await app.register(async (otlp) => otlpRoute(otlp, parts.intake, limits.intakeBodyBytesMax))
  await app.ready()
  return app
}
