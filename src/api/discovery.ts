import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { ScopedCatalogs } from '../catalog/scoped-catalog.ts'
import type { DatasetDefinition, ResourceDefinition } from '../model/definition.ts'
import { LanewayError } from '../model/errors.ts'
import type { Filter } from '../model/filter.ts'
import { compareText } from '../model/label.ts'
import type { AskOptions, Engine } from '../planner/engine.ts'
import type { CatalogView } from '../ports/catalog.ts'
import { askingOf, callerOf } from './caller.ts'
import { clientSignal } from './client-signal.ts'
import { DatasetParameter } from './dataset-parameter.ts'
import { datasetIn } from './datasets.ts'
import type { DiscoveryLimits } from './discovery-limits.ts'
import { type Discovered, publicPlaceOf, targetsOf } from './discovery-targets.ts'
import { documented } from './documented.ts'
import { NOT_MODIFIED_DESCRIPTION, sendTagged } from './entity-tag.ts'
import { charge } from './rate-limits.ts'
import type { RouteConfig } from './route-config.ts'
import { shown } from './shown.ts'

const JSON_TYPE = 'application/json'
const LAST_HOUR = ['PT1H/now'] as const
const KAFKA_ID = 'resource.kafka.id'

const DiscoveryParameters = z.object({
  resource_type: z.string().min(1).max(255).optional().describe('Only resources of this type.'),
  associated_kafka_id: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('Only this cluster, and resources whose metrics name it.'),
  env: z.string().min(1).max(255).optional().describe('Refused: resources here do not belong to environments.'),
})

export const DiscoveryAnswer = z
  .array(z.strictObject({ targets: z.array(z.string()).length(1), labels: z.record(z.string(), z.string()) }))
  .meta({ id: 'DiscoveryAnswer' })

interface DiscoveryRoute {
  readonly Params: { readonly dataset: string }
  readonly Querystring: z.infer<typeof DiscoveryParameters>
}

export interface DiscoveryParts {
  readonly catalog: CatalogView
  readonly engine: Pick<Engine, 'labels'>
  readonly limits: DiscoveryLimits
}

const config: RouteConfig = { access: ['export', 'query'], produces: [JSON_TYPE] }

const schema = documented({
  operationId: 'discoverTargets',
  summary: 'Scrape targets for Prometheus (http_sd)',
  description: 'Resources that had data in the last hour, in groups: each target exports one group.',
  params: DatasetParameter,
  querystring: DiscoveryParameters,
  answers: {
    200: { description: 'Target groups as http_sd reads them.', types: [JSON_TYPE], schema: DiscoveryAnswer },
    304: { description: NOT_MODIFIED_DESCRIPTION, types: [], schema: z.null() },
  },
  errors: [
    'UNAUTHENTICATED',
    'NOT_ACCEPTABLE',
    'FIELD_INVALID',
    'DATASET_UNKNOWN',
    'QUERY_TOO_EXPENSIVE',
    'EDGE_UNAVAILABLE',
    'LANE_FULL',
    'DEADLINE_EXCEEDED',
    'SOURCE_FAILED',
  ],
})

/** `GET /v2/metrics/{dataset}/discovery`: label values of every resource type ▸ groups ▸ targets. */
export function discoveryRoute(app: FastifyInstance, { catalog, engine, limits }: DiscoveryParts): void {
  const scoped = new ScopedCatalogs()
  app.get<DiscoveryRoute>('/v2/metrics/:dataset/discovery', { config, schema }, async (request, reply) => {
    const { params, query } = request
    if (query.env !== undefined) throw noEnvironments(query.env)
    const dataset = datasetIn(scoped.of(catalog.current(), callerOf(request).scope), params.dataset)
    const place = publicPlaceOf(limits.publicUrl, request)
    const options = { ...askingOf(request), signal: clientSignal(reply) }
    const found: Discovered[] = []
    let cost = 0
    for (const resource of wantedTypes(dataset, query)) {
      const asked = await idsOf(
        resource,
        { dataset, associated: query.associated_kafka_id },
        { engine, limits, options },
      )
      found.push({ dataset: dataset.name, type: resource.type, label: resource.id, ids: asked.ids })
      cost += asked.cost
    }
    charge(reply, cost)
    return sendTagged(
      request,
      reply,
      found.flatMap((each) => targetsOf(each, place, limits.resourcesPerTargetMax)),
    )
  })
}

interface Within {
  readonly dataset: DatasetDefinition
  readonly associated: string | undefined
}

interface Asking extends Omit<DiscoveryParts, 'catalog'> {
  readonly options: AskOptions
}

/** Types that no metric can tell about are left out: there is nothing to scrape of them. */
function wantedTypes(dataset: DatasetDefinition, query: z.infer<typeof DiscoveryParameters>): ResourceDefinition[] {
  const types = [...dataset.resources.values()].sort((a, b) => compareText(a.type, b.type))
  const { resource_type: wanted, associated_kafka_id: associated } = query
  if (wanted !== undefined && !dataset.resources.has(wanted)) throw unknownType(wanted, dataset, types)
  return types
    .filter(({ type }) => wanted === undefined || type === wanted)
    .filter(({ id }) => isMeasured(dataset, associated === undefined ? [id] : [id, KAFKA_ID]))
}

const isMeasured = ({ metrics }: DatasetDefinition, wanted: readonly string[]): boolean =>
  metrics.values().some(({ labels }) => wanted.every((label) => labels.includes(label)))

/** A comma would part one id into two where the export reads them, so ids that have one are not offered. */
async function idsOf(
  { type, id }: ResourceDefinition,
  { dataset, associated }: Within,
  { engine, limits, options }: Asking,
): Promise<{ readonly ids: readonly string[]; readonly cost: number }> {
  const filter: Filter | undefined =
    associated === undefined ? undefined : { kind: 'eq', label: KAFKA_ID, value: associated }
  const asked = { dataset: dataset.name, metric: null, groupBy: [id], intervals: LAST_HOUR, limit: limits.resourcesMax }
  const { groups, more, cost } = await engine.labels({ ...asked, ...(filter && { filter }) }, options)
  if (more) throw tooMany(type, limits.resourcesMax)
  return { ids: groups.map(([value]) => value!).filter((value) => value !== '' && !value.includes(',')), cost }
}

const unknownType = (sent: string, { name }: DatasetDefinition, types: readonly ResourceDefinition[]): LanewayError =>
  new LanewayError('FIELD_INVALID', {
    detail: `Invalid resource type ${shown(sent)}. Supported resource types for view '${name}': ${types.map(({ type }) => type).join(', ') || 'none'}`,
    hint: 'Use one of the types named in the answer, or leave resource_type out.',
  })

const noEnvironments = (sent: string): LanewayError =>
  new LanewayError('FIELD_INVALID', {
    detail: `query parameter env is ${shown(sent)}; resources of this service do not belong to environments.`,
    hint: 'Leave env out; resource_type and associated_kafka_id narrow the list.',
  })

const tooMany = (type: string, limit: number): LanewayError =>
  new LanewayError('QUERY_TOO_EXPENSIVE', {
    detail: `more than ${limit} resources of type ${type} had data in the last hour`,
    hint: 'Ask with resource_type or associated_kafka_id, with a key of fewer resources, or raise the limit.',
    limit,
    configKey: 'discovery.resourcesMax',
  })
