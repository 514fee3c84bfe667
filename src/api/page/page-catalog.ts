import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { ScopedCatalogs } from '../../catalog/scoped-catalog.ts'
import type { DatasetDefinition, MetricDefinition, RollupVersion } from '../../model/definition.ts'
import { GRANULARITIES } from '../../model/granularity.ts'
import { METRIC_TYPES, measureKey } from '../../model/measure.ts'
import { isConstrained } from '../../model/scope.ts'
import type { CatalogView } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import { callerOf } from '../caller.ts'
import { documented } from '../documented.ts'

const JSON_TYPE = 'application/json'
const Texts = z.record(z.string(), z.string())

const Metric = z.strictObject({
  name: z.string(),
  type: z.enum(METRIC_TYPES),
  unit: z.string(),
  description: z.string(),
  labels: z.array(z.string()),
  from: z
    .strictObject({
      otlp: z.string(),
      labels: Texts,
      resource: Texts,
      skip: z.record(z.string(), z.array(z.string())).optional(),
    })
    .nullable(),
})

const Dataset = z.strictObject({
  name: z.string(),
  stepMs: z.number(),
  latenessMs: z.number(),
  retentionRawMs: z.number(),
  metrics: z.array(Metric),
  labels: z.array(
    z.strictObject({ name: z.string(), description: z.string(), cardinality: z.enum(['normal', 'high']) }),
  ),
  rollups: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      grain: z.enum(GRANULARITIES),
      labels: z.array(z.string()),
      measures: z.array(z.string()),
    }),
  ),
})

export const PageCatalog = z
  .strictObject({
    version: z.number().optional().describe('Absent for callers with constraints.'),
    now: z.number().describe("The server's clock, epoch ms."),
    datasets: z.array(Dataset),
  })
  .meta({ id: 'PageCatalog' })

const schema = documented({
  operationId: 'pageCatalog',
  summary: 'The catalog as the page needs it, all of it at once',
  answers: { 200: { description: 'Every dataset.', types: [JSON_TYPE], schema: PageCatalog } },
  errors: ['UNAUTHENTICATED', 'NOT_ACCEPTABLE'],
})

export function pageCatalogRoute(
  app: FastifyInstance,
  { catalog, clock }: { catalog: CatalogView; clock: Clock },
): void {
  const config = { access: 'query', produces: [JSON_TYPE] } as const
  const scoped = new ScopedCatalogs()
  app.get('/console/catalog.json', { config, schema }, async (request) => {
    const { scope } = callerOf(request)
    const { version, datasets } = scoped.of(catalog.current(), scope)
    const numbered = isConstrained(scope) ? {} : { version }
    return { ...numbered, now: clock(), datasets: [...datasets.values()].map(datasetOf) }
  })
}

const datasetOf = (dataset: DatasetDefinition) => ({
  name: dataset.name,
  stepMs: dataset.stepMs,
  latenessMs: dataset.latenessMs,
  retentionRawMs: dataset.retentionRawMs,
  metrics: [...dataset.metrics.values()].map(metricOf),
  labels: [...dataset.labels.values()],
  rollups: [...dataset.rollups.values()].map(rollupOf),
})

const metricOf = ({ name, type, unit, description, labels, from }: MetricDefinition) => ({
  name,
  type,
  unit,
  description,
  labels,
  from,
})

const rollupOf = ({ id, name, grain, labels, measures }: RollupVersion) => ({
  id,
  name,
  grain,
  labels,
  measures: measures.map(measureKey),
})
