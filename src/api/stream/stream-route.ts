import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ErrorCode } from '../../model/errors.ts'
import type { ReadingExits } from '../../planner/engine.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HeldLimits } from '../api-limits.ts'
import { askingOf, callerOf } from '../caller.ts'
import { DatasetParameter } from '../dataset-parameter.ts'
import { documented } from '../documented.ts'
import { ASKED_ERRORS, BODY_ERRORS, boundBody, QUESTION_ERRORS, RUN_ERRORS } from '../query/asked-body.ts'
import { QueryBody } from '../query/query-body.ts'
import { readQuestion } from '../query/read-question.ts'
import type { RouteConfig } from '../route-config.ts'
import { openStream } from './open-stream.ts'
import { OpenStreams } from './open-streams.ts'
import { readBody, readText, type StreamBody } from './read-asked.ts'

export interface StreamRouteParts {
  readonly engine: Pick<ReadingExits, 'watch'>
  readonly limits: HeldLimits
  readonly clock: Clock
}

const JSON_TYPE = 'application/json'
const EVENTS_TYPE = 'text/event-stream'

const Parameters = z.object({
  strict: z.enum(['true', 'false']).optional().describe('true refuses unknown fields; else meta.ignored lists them.'),
  last_event_id: z
    .string()
    .max(200)
    .optional()
    .describe('Id of the last event that was read, where the header Last-Event-ID cannot be set; the header wins.'),
})
const TextParameters = Parameters.extend({
  query: z.string().min(1).describe('The JSON body of the query route.'),
})

interface Streamed {
  readonly Params: z.infer<typeof DatasetParameter>
  readonly Querystring: z.infer<typeof Parameters>
}
interface StreamedText extends Streamed {
  readonly Querystring: z.infer<typeof TextParameters>
}
interface StreamedBody extends Streamed {
  readonly Body: QueryBody
}

/** Of text/event-stream, OpenAPI 3.1 describes one event. */
const Events = z
  .object({
    event: z.enum(['snapshot', 'upsert', 'heartbeat', 'bye', 'failed']),
    id: z.string().optional(),
    data: z.string(),
  })
  .describe(
    'One event: snapshot (all points), then upsert (what changed), heartbeat, and at the end bye or failed; data is JSON. See docs/stream.md.',
  )

const ERRORS: readonly ErrorCode[] = [...ASKED_ERRORS, ...QUESTION_ERRORS, 'WATCH_FULL', ...RUN_ERRORS]

const about = {
  description:
    'The points of a question as they change. An event carries the points that are new or differ, each with the revision that brought it and whether its bucket is complete. Last-Event-ID resumes.',
  params: DatasetParameter,
  answers: { 200: { description: 'Events until one side closes.', types: [EVENTS_TYPE], schema: Events } },
}

const textSchema = documented({
  ...about,
  operationId: 'streamMetrics',
  summary: 'Stream a question',
  querystring: TextParameters,
  errors: ERRORS,
})
const bodySchema = documented({
  ...about,
  operationId: 'streamMetricsOfBody',
  summary: 'Stream a question that is sent as a body',
  querystring: Parameters,
  body: QueryBody,
  errors: [...ERRORS, ...BODY_ERRORS],
})

const config: RouteConfig = { access: 'query', produces: [EVENTS_TYPE] }
const bodyConfig: RouteConfig = { ...config, consumes: [JSON_TYPE], bodyLimitKey: 'http.bodyBytesMax' }
const PATH = '/v2/metrics/:dataset/stream'

/** `GET` and `POST /v2/metrics/{dataset}/stream`: read ▸ join ▸ first answer ▸ events. */
export function streamRoutes(app: FastifyInstance, parts: StreamRouteParts): void {
  const { filterDepthMax, streams } = parts.limits
  const open = new OpenStreams(parts.engine.watch, streams)
  app.addHook('preClose', async () => open.close())
  const stream = (request: FastifyRequest<Streamed>, reply: FastifyReply, { body, meta }: StreamBody) => {
    const question = readQuestion(request.params.dataset, body)
    const asked = { ...askingOf(request), question, meta }
    const lastEventId = lastIdOf(request)
    return openStream(
      { asked, lastEventId, caller: callerOf(request).id },
      { open, request, reply, clock: parts.clock },
    )
  }
  // A HEAD of something without an end would never be answered.
  const get = { config, schema: textSchema, exposeHeadRoute: false }
  app.get<StreamedText>(PATH, get, (request, reply) =>
    stream(request, reply, readText(request.query.query, isStrict(request), filterDepthMax)),
  )
  const preValidation = boundBody(filterDepthMax)
  app.post<StreamedBody>(PATH, { config: bodyConfig, schema: bodySchema, preValidation }, (request, reply) =>
    stream(request, reply, readBody(request.body, isStrict(request))),
  )
}

const isStrict = ({ query }: FastifyRequest<Streamed>): boolean => query.strict === 'true'

/** What a client that comes back sends by itself is newer than what stands in its URL. */
function lastIdOf({ headers, query }: FastifyRequest<Streamed>): string | undefined {
  const header = headers['last-event-id']
  return typeof header === 'string' && header !== '' ? header : query.last_event_id
}
