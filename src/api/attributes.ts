import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { LanewayError, LanewayErrors } from '../model/errors.ts'
import type { Group } from '../model/label.ts'
import { scopeKey } from '../model/scope.ts'
import type { AskOptions, Engine, LabelsRequest } from '../planner/engine.ts'
import type { Clock } from '../ports/clock.ts'
import { ERRORS_MAX, type HeldLimits } from './api-limits.ts'
import { askingOf } from './caller.ts'
import { clientSignal } from './client-signal.ts'
import { DatasetParameter } from './dataset-parameter.ts'
import { documented } from './documented.ts'
import { Links, linksTo } from './paging/list-page.ts'
import { PageTokenParameter, type PageTokens } from './paging/page-tokens.ts'
import { ASKED_ERRORS, BODY_ERRORS, boundBody, RUN_ERRORS } from './query/asked-body.ts'
import { ignoredFields } from './query/ignored-fields.ts'
import { FreshnessAnswer } from './query/query-answer.ts'
import { FilterBody } from './query/query-body.ts'
import { readFilter } from './query/read-question.ts'
import { charge } from './rate-limits.ts'
import type { RouteConfig } from './route-config.ts'

const JSON_TYPE = 'application/json'
const LIMIT = { default: 100, max: 1000 } as const
const GROUP_BY_MAX = 32
const LAST_HOUR = ['PT1H/now'] as const

const Name = z.string().min(1).max(255)

export const AttributesBody = z
  .object({
    metric: Name.optional().describe('Default: every metric that has all the labels.'),
    group_by: z.array(Name).min(1).max(GROUP_BY_MAX).describe('Labels whose values are listed together.'),
    filter: FilterBody.optional(),
    intervals: z.array(z.string().min(1).max(200)).min(1).optional().describe('Default PT1H/now.'),
    limit: z.int().min(1).max(LIMIT.max).optional().describe(`Rows of a page. Default ${LIMIT.default}.`),
  })
  .meta({
    id: 'Attributes',
    examples: [{ metric: 'io.confluent.kafka.server/received_bytes', group_by: ['metric.topic'], limit: 5 }],
  })
export type AttributesBody = z.infer<typeof AttributesBody>

const AttributesParameters = z.object({
  strict: z.enum(['true', 'false']).optional().describe('true refuses unknown fields; else meta.ignored lists them.'),
  page_token: PageTokenParameter.optional(),
})

export const AttributesAnswer = z
  .strictObject({
    data: z
      .array(z.record(z.string(), z.string().nullable()))
      .describe('In the order of values, each row once; null where series lack the label.'),
    meta: z.strictObject({
      pagination: z.strictObject({
        page_size: z.number(),
        next_page_token: z.string().optional().describe('Absent on the last page. It does not expire.'),
      }),
      freshness: FreshnessAnswer,
      ignored: z.array(z.string()).optional().describe('JSON pointers of fields of the body that nobody knows.'),
    }),
    links: Links,
  })
  .meta({ id: 'AttributesAnswer' })

interface AttributesRoute {
  readonly Params: { readonly dataset: string }
  readonly Querystring: z.infer<typeof AttributesParameters>
  readonly Body: AttributesBody
}

export interface AttributesParts {
  readonly engine: Pick<Engine, 'labels'>
  readonly tokens: PageTokens
  readonly limits: HeldLimits
  readonly clock: Clock
}

/** Behind which row the next page begins, and the `now` of the first. */
interface Position {
  readonly now: number
  readonly after: Group
}

const config: RouteConfig = {
  access: 'query',
  consumes: [JSON_TYPE],
  produces: [JSON_TYPE],
  bodyLimitKey: 'http.bodyBytesMax',
}

const schema = documented({
  operationId: 'listAttributes',
  summary: 'Values that labels have',
  description: 'Body and answer of Metrics API v2. Rows in which no label of group_by is present are left out.',
  params: DatasetParameter,
  querystring: AttributesParameters,
  body: AttributesBody,
  answers: { 200: { description: 'A page of label values.', types: [JSON_TYPE], schema: AttributesAnswer } },
  errors: [...ASKED_ERRORS, ...BODY_ERRORS, 'PAGE_TOKEN_INVALID', 'PAGE_TOKEN_EXPIRED', ...RUN_ERRORS],
})

/** `POST /v2/metrics/{dataset}/attributes`: keyset pages, all over the interval that the first page asked. */
export function attributesRoute(app: FastifyInstance, { engine, tokens, limits, clock }: AttributesParts): void {
  const preValidation = boundBody(limits.filterDepthMax)
  app.post<AttributesRoute>(
    '/v2/metrics/:dataset/attributes',
    { config, schema, preValidation },
    async (request, reply) => {
      const { params, query, body } = request
      const ignored = unknownFields(body)
      if (query.strict === 'true') refuseUnknown(ignored)
      const asked = readLabels(params.dataset, body)
      const asking = askingOf(request)
      const bound = ['attributes', asked, scopeKey(asking.scope)]
      const position = tokens.read<Position>(query.page_token, bound)
      const now = position?.now ?? clock()
      const options: AskOptions = { ...asking, signal: clientSignal(reply), now }
      const answer = await engine.labels({ ...asked, ...(position && { after: position.after }) }, options)
      charge(reply, answer.cost)
      const { groups, more, freshness } = answer
      const next = more ? tokens.write(bound, { now, after: groups.at(-1)! } satisfies Position) : null
      const path = `/v2/metrics/${encodeURIComponent(params.dataset)}/attributes`
      return {
        data: groups.map((group) => Object.fromEntries(asked.groupBy.map((label, i) => [label, group[i] ?? null]))),
        meta: {
          pagination: { page_size: asked.limit, ...(next !== null && { next_page_token: next }) },
          freshness,
          ...(ignored.length > 0 ? { ignored } : {}),
        },
        links: linksTo(path, {}, next),
      }
    },
  )
}

const readLabels = (dataset: string, body: AttributesBody): LabelsRequest => ({
  dataset,
  metric: body.metric ?? null,
  groupBy: body.group_by,
  intervals: body.intervals ?? LAST_HOUR,
  limit: body.limit ?? LIMIT.default,
  ...(body.filter && { filter: readFilter(body.filter) }),
})

const FIELDS: ReadonlySet<string> = new Set(Object.keys(AttributesBody.shape))
const FIELDS_MAX = 50

/** JSON pointers of what nobody knows, in the filter too. */
function unknownFields(body: AttributesBody): string[] {
  const own = Object.keys(body).filter((key) => !FIELDS.has(key))
  const pointers = own.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1').slice(0, 300)}`)
  const nested = ignoredFields({ aggregations: [], granularity: 'ALL', intervals: [], filter: body.filter })
  return [...pointers, ...nested].slice(0, FIELDS_MAX)
}

function refuseUnknown(pointers: readonly string[]): void {
  if (pointers.length === 0) return
  throw new LanewayErrors(
    pointers.slice(0, ERRORS_MAX).map((pointer) => {
      const detail = `${pointer} is not a field of this route, and the question was asked with strict=true.`
      return new LanewayError('FIELD_UNKNOWN', { detail, pointer })
    }),
  )
}
