import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { DatasetDefinition, MetricDefinition, ResourceDefinition } from '../model/definition.ts'
import { LanewayError } from '../model/errors.ts'
import { compareText } from '../model/label.ts'
import { defaultTime, METRIC_TYPES, SPACES, TIMES } from '../model/measure.ts'
import type { CatalogView } from '../ports/catalog.ts'
import { documented } from './documented.ts'
import type { RouteConfig } from './route-config.ts'
import { shown } from './shown.ts'

const JSON_TYPE = 'application/json'
const PAGE_SIZE = { default: 100, max: 1000 } as const

const LabelAnswer = z.strictObject({ key: z.string(), description: z.string() })

const MetricAnswer = z
  .strictObject({
    name: z.string(),
    description: z.string(),
    type: z.enum(METRIC_TYPES),
    unit: z.string(),
    lifecycle_stage: z.enum(['PREVIEW', 'GENERAL_AVAILABILITY', 'DEPRECATED']),
    exportable: z.boolean(),
    resources: z.array(z.string()),
    labels: z.array(LabelAnswer).describe('Keys without `metric.`, as in Metrics API v2.'),
    query_labels: z.array(z.string()).describe('Every label as group_by and filter write it.'),
    default_aggregation: z.strictObject({ agg: z.enum(SPACES), time: z.enum(TIMES) }),
    rollups: z.array(z.string()).describe('Rollups that keep the metric, as use and avoid write them.'),
  })
  .meta({ id: 'MetricDescriptor' })

const ResourceAnswer = z
  .strictObject({ type: z.string(), description: z.string(), labels: z.array(LabelAnswer) })
  .meta({ id: 'ResourceDescriptor' })

const Meta = z.strictObject({
  pagination: z.strictObject({
    page_size: z.number(),
    total_size: z.number(),
    next_page_token: z.string().optional(),
  }),
})

export const MetricsAnswer = z.strictObject({ data: z.array(MetricAnswer), meta: Meta, links: z.null() })
export const ResourcesAnswer = z.strictObject({ data: z.array(ResourceAnswer), meta: Meta, links: z.null() })

const Params = z.object({ dataset: z.string().min(1).max(255) })
const Paging = z.object({
  page_size: z.coerce.number().int().min(1).max(PAGE_SIZE.max).optional(),
  page_token: z.string().max(2000).optional(),
})
const MetricsParameters = Paging.extend({ resource_type: z.string().optional() })

interface DescriptorsRoute {
  readonly Params: z.infer<typeof Params>
  readonly Querystring: z.infer<typeof MetricsParameters>
}

const config: RouteConfig = { access: 'query', produces: [JSON_TYPE] }

const schemaOf = (operationId: string, summary: string, answer: z.ZodType, querystring: z.ZodType) =>
  documented({
    operationId,
    summary,
    params: Params,
    querystring,
    answers: { 200: { description: 'In the order of names.', types: [JSON_TYPE], schema: answer } },
    errors: ['UNAUTHENTICATED', 'NOT_ACCEPTABLE', 'FIELD_INVALID', 'DATASET_UNKNOWN'],
  })

/** What can be asked for: Metrics API v2's descriptors, paged. */
export function descriptorRoutes(app: FastifyInstance, catalog: CatalogView): void {
  const metrics = schemaOf('listMetrics', 'Metrics of a dataset', MetricsAnswer, MetricsParameters)
  app.get<DescriptorsRoute>(
    '/v2/metrics/:dataset/descriptors/metrics',
    { config, schema: metrics },
    async ({ params, query }) => {
      const dataset = datasetOf(catalog, params.dataset)
      const { resource_type: type } = query
      const all = [...dataset.metrics.values()].filter((metric) => !type || metric.resources.includes(type))
      return pageOf(
        all,
        query,
        ({ name }) => name,
        (metric) => metricAnswer(metric, dataset),
      )
    },
  )
  const resources = schemaOf('listResources', 'Resource types of a dataset', ResourcesAnswer, Paging)
  app.get<DescriptorsRoute>(
    '/v2/metrics/:dataset/descriptors/resources',
    { config, schema: resources },
    async ({ params, query }) =>
      pageOf([...datasetOf(catalog, params.dataset).resources.values()], query, ({ type }) => type, resourceAnswer),
  )
}

function datasetOf(catalog: CatalogView, name: string): DatasetDefinition {
  const { datasets } = catalog.current()
  const dataset = datasets.get(name)
  if (dataset) return dataset
  const names = [...datasets.keys()].sort(compareText).slice(0, 20)
  throw new LanewayError('DATASET_UNKNOWN', {
    detail: `No dataset is called ${shown(name)}; there are ${names.join(', ')}.`,
  })
}

/** Keyset paging: the token is the last name of the page before, so it never expires and nothing is skipped. */
function pageOf<T, A>(
  all: readonly T[],
  { page_size: size = PAGE_SIZE.default, page_token: token }: z.infer<typeof Paging>,
  nameOf: (item: T) => string,
  answer: (item: T) => A,
) {
  const after = token === undefined ? null : readToken(token)
  const sorted = [...all].sort((a, b) => compareText(nameOf(a), nameOf(b)))
  const rest = after === null ? sorted : sorted.filter((item) => compareText(nameOf(item), after) > 0)
  const page = rest.slice(0, size)
  const next = rest.length > size ? { next_page_token: tokenOf(nameOf(page.at(-1)!)) } : {}
  const pagination = { page_size: size, total_size: all.length, ...next }
  return { data: page.map(answer), meta: { pagination }, links: null }
}

const tokenOf = (name: string): string => Buffer.from(name).toString('base64url')

function readToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString('utf8')
  if (tokenOf(name) === token) return name
  throw new LanewayError('FIELD_INVALID', {
    detail: `query parameter page_token is none that this service gave out, got ${shown(token)}.`,
    hint: 'Send meta.pagination.next_page_token of the page before, or start without a token.',
  })
}

const METRIC_LABEL = 'metric.'

function metricAnswer(metric: MetricDefinition, dataset: DatasetDefinition): z.infer<typeof MetricAnswer> {
  const { name, description, type, unit, exportable } = metric
  const own = metric.labels.filter((label) => label.startsWith(METRIC_LABEL))
  const rollups = [...dataset.rollups.values()].filter((each) => each.measures.some((one) => one.metric === name))
  return {
    name,
    description,
    type,
    unit,
    lifecycle_stage: metric.lifecycle,
    exportable,
    resources: [...metric.resources],
    labels: own.map((label) => ({
      key: label.slice(METRIC_LABEL.length),
      description: dataset.labels.get(label)?.description ?? '',
    })),
    query_labels: [...metric.labels],
    default_aggregation: { agg: 'SUM', time: defaultTime(type) },
    rollups: rollups.map(({ id }) => id).sort(compareText),
  }
}

const resourceAnswer = ({ type, id, description }: ResourceDefinition): z.infer<typeof ResourceAnswer> => ({
  type,
  description,
  labels: [{ key: id.replace(/^resource\./, ''), description }],
})
