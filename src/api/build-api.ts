import { randomBytes } from 'node:crypto'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Engine } from '../planner/engine.ts'
import type { CatalogView } from '../ports/catalog.ts'
import type { Clock } from '../ports/clock.ts'
import type { HealthPart, OwnMetrics } from '../ports/health.ts'
import type { OtlpIntake } from '../ports/intake.ts'
import { type ApiLimits, withDefaults } from './api-limits.ts'
import { attributesRoute } from './attributes.ts'
import { contractRoutes, describeRoutes } from './contract-document.ts'
import { descriptorRoutes } from './descriptors/descriptor-routes.ts'
import { discoveryRoute } from './discovery.ts'
import { exportRoute } from './export/export-route.ts'
import { openGraphql } from './graphql/open-graphql.ts'
import { readJsonBodies } from './json-body.ts'
import { type Guards, openServer } from './open-server.ts'
import { healthRoutes, ownMetricsRoute } from './operations.ts'
import { otlpRoute } from './otlp-route.ts'
import { pageCatalogRoute } from './page/page-catalog.ts'
import { readPageFiles } from './page/page-files.ts'
import { pageRoutes } from './page/page-routes.ts'
import { PageTokens } from './paging/page-tokens.ts'
import { queryRoute } from './query/query-route.ts'
import type { StaticKeys } from './static-keys.ts'
import { streamRoutes } from './stream/stream-route.ts'

export interface ApiParts extends Partial<Guards> {
  readonly engine: Omit<Engine, 'states'>
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
  /** Signs page tokens; another one at each start when it is not given. */
  readonly pagingKey?: Uint8Array
}

/** The server as the composition root sees it; fastify itself stays in this zone. */
export type ApiServer = FastifyInstance

/** The whole front door, not listening yet. */
export async function buildApi(parts: ApiParts): Promise<ApiServer> {
  const { catalog, clock, engine, intake } = parts
  const limits = withDefaults(parts.limits)
  const app = openServer({ ...parts, limits })
  const tokens = new PageTokens({ key: parts.pagingKey ?? randomBytes(32), clock })
  await describeRoutes(app)
  await app.register(async (questions) => {
    readJsonBodies(questions)
    queryRoute(questions, { engine, tokens, limits, clock })
    attributesRoute(questions, { engine, tokens, limits, clock })
    streamRoutes(questions, { engine, limits, clock })
  })
  await app.register(async (otlp) => otlpRoute(otlp, intake, limits.intakeBodyBytesMax))
  exportRoute(app, { engine, catalog, clock, limits: limits.exports })
  descriptorRoutes(app, { catalog, engine, tokens })
  discoveryRoute(app, { catalog, engine, limits: limits.discovery })
  healthRoutes(app, parts.health)
  ownMetricsRoute(app, parts.ownMetrics)
  contractRoutes(app)
  const gate = { keys: parts.keys, tokens: parts.tokens ?? null }
  await openGraphql(app, { engine, catalog, tokens, clock, gate, limits })
  pageRoutes(app, readPageFiles(parts.consoleRoot))
  pageCatalogRoute(app, { catalog, clock })
  await app.ready()
  return app
}

type OtlpApiParts = Pick<ApiParts, 'intake' | 'keys' | 'limits' | 'logger' | keyof Guards>

/** `POST /v1/metrics` alone, for a port of its own. */
export async function buildOtlpApi(parts: OtlpApiParts): Promise<ApiServer> {
  const limits = withDefaults(parts.limits)
  const app = openServer({ ...parts, limits })
  await app.register(async (otlp) => otlpRoute(otlp, parts.intake, limits.intakeBodyBytesMax))
  await app.ready()
  return app
}
