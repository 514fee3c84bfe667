import type { FastifyInstance } from 'fastify'
import type { CatalogView } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HeldLimits } from '../api-limits.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import type { Gate } from '../who-may-ask.ts'
import { graphiqlRoute } from './graphiql.ts'
import { graphqlRoutes } from './graphql-route.ts'
import { GraphqlService } from './graphql-service.ts'
import type { GraphqlEngine } from './resolvers.ts'
import { graphqlSockets } from './sockets.ts'

export interface GraphqlParts {
  readonly engine: GraphqlEngine
  readonly catalog: CatalogView
  readonly tokens: PageTokens
  readonly clock: Clock
  readonly gate: Gate
  readonly limits: HeldLimits
}

/** `/graphql` over HTTP and WebSocket. Error: CONFIG_INVALID when the folder of documents cannot be used. */
export async function openGraphql(app: FastifyInstance, parts: GraphqlParts): Promise<void> {
  const { limits, ...rest } = parts
  const service = new GraphqlService({ ...rest, filterDepthMax: limits.filterDepthMax, options: limits.graphql })
  await app.register(async (http) => graphqlRoutes(http, service))
  if (limits.graphql.graphiql) graphiqlRoute(app)
  graphqlSockets(app, { service, gate: parts.gate, closeMsMax: limits.closeMsMax })
}
