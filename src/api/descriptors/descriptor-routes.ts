import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { ScopedCatalogs } from '../../catalog/scoped-catalog.ts'
import type { ResourceDefinition } from '../../model/definition.ts'
import type { Engine } from '../../planner/engine.ts'
import type { CatalogView } from '../../ports/catalog.ts'
import { askingOf, callerOf } from '../caller.ts'
import { clientSignal } from '../client-signal.ts'
import { DatasetParameter } from '../dataset-parameter.ts'
import { datasetIn } from '../datasets.ts'
import { documented } from '../documented.ts'
import { NOT_MODIFIED_DESCRIPTION, sendTagged } from '../entity-tag.ts'
import { Links, ListMeta, ListParameters, listPage } from '../paging/list-page.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import { charge } from '../rate-limits.ts'
import type { RouteConfig } from '../route-config.ts'
import { LabelAnswer, MetricAnswer, metricAnswer } from './metric-answer.ts'

const JSON_TYPE = 'application/json'

const ResourceAnswer = z
  .strictObject({ type: z.string(), description: z.string(), labels: z.array(LabelAnswer) })
  .meta({ id: 'ResourceDescriptor' })

export const MetricsAnswer = z.strictObject({ data: z.array(MetricAnswer), meta: ListMeta, links: Links })
export const ResourcesAnswer = z.strictObject({ data: z.array(ResourceAnswer), meta: ListMeta, links: Links })

const MetricsParameters = ListParameters.extend({
  resource_type: z.string().max(255).optional().describe('Only metrics of this type of resource.'),
})

interface DescriptorsRoute {
  readonly Params: z.infer<typeof DatasetParameter>
  readonly Querystring: z.infer<typeof MetricsParameters>
}

export interface DescriptorParts {
  readonly catalog: CatalogView
  readonly engine: Pick<Engine, 'seriesCounts'>
  readonly tokens: PageTokens
}

const config: RouteConfig = { access: ['query', 'export'], produces: [JSON_TYPE] }

const schemaOf = (operationId: string, summary: string, answer: z.ZodType, querystring: z.ZodType) =>
  documented({
    operationId,
    summary,
    params: DatasetParameter,
    querystring,
    answers: {
      200: { description: 'In the order of names.', types: [JSON_TYPE], schema: answer },
      304: { description: NOT_MODIFIED_DESCRIPTION, types: [], schema: z.null() },
    },
    errors: [
      'UNAUTHENTICATED',
      'NOT_ACCEPTABLE',
      'FIELD_INVALID',
      'DATASET_UNKNOWN',
      'PAGE_TOKEN_INVALID',
      'PAGE_TOKEN_EXPIRED',
    ],
  })

/** What can be asked for: Metrics API v2's descriptors, paged, as the caller may see them. */
export function descriptorRoutes(app: FastifyInstance, { catalog, engine, tokens }: DescriptorParts): void {
  const scoped = new ScopedCatalogs()
  const metrics = schemaOf('listMetrics', 'Metrics of a dataset', MetricsAnswer, MetricsParameters)
  const path = (dataset: string, what: string) => `/v2/metrics/${encodeURIComponent(dataset)}/descriptors/${what}`
  app.get<DescriptorsRoute>(
    '/v2/metrics/:dataset/descriptors/metrics',
    { config, schema: metrics },
    async (request, reply) => {
      const { params, query: parameters } = request
      const caller = callerOf(request)
      const dataset = datasetIn(scoped.of(catalog.current(), caller.scope), params.dataset)
      const { resource_type: type } = parameters
      const all = [...dataset.metrics.values()].filter((metric) => !type || metric.resources.includes(type))
      const kept = type ? { resource_type: type } : {}
      const list = { tokens, caller, path: path(dataset.name, 'metrics'), parameters, kept }
      const { items, ...rest } = listPage(all, ({ name }) => name, list)
      const options = { ...askingOf(request), signal: clientSignal(reply) }
      const names = items.map(({ name }) => name)
      const counts = engine.seriesCounts(dataset.name, names, options)
      charge(reply, 0)
      const data = items.map((metric) => metricAnswer(metric, dataset, counts?.get(metric.name)))
      return sendTagged(request, reply, { data, ...rest })
    },
  )
  const resources = schemaOf('listResources', 'Resource types of a dataset', ResourcesAnswer, ListParameters)
  app.get<DescriptorsRoute>(
    '/v2/metrics/:dataset/descriptors/resources',
    { config, schema: resources },
    async (request, reply) => {
      const caller = callerOf(request)
      const dataset = datasetIn(scoped.of(catalog.current(), caller.scope), request.params.dataset)
      const list = { tokens, caller, path: path(dataset.name, 'resources'), parameters: request.query }
      const { items, ...rest } = listPage([...dataset.resources.values()], ({ type }) => type, list)
      charge(reply, 0)
      return sendTagged(request, reply, { data: items.map(resourceAnswer), ...rest })
    },
  )
}

const resourceAnswer = ({ type, id, description }: ResourceDefinition): z.infer<typeof ResourceAnswer> => ({
  type,
  description,
  labels: [{ key: id.replace(/^resource\./, ''), description }],
})
