import type { FastifyInstance, FastifyReply } from 'fastify'
import { formatTime } from '../../model/interval.ts'
import { scopeKey } from '../../model/scope.ts'
import type { Answer, AskOptions, Engine, FrozenAt, PageAnswer, PlanReport } from '../../planner/engine.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HeldLimits } from '../api-limits.ts'
import { askingOf } from '../caller.ts'
import { clientSignal } from '../client-signal.ts'
import { DatasetParameter } from '../dataset-parameter.ts'
import { documented } from '../documented.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import { charge } from '../rate-limits.ts'
import type { RouteConfig } from '../route-config.ts'
import { encodeAnswer } from './answer-text.ts'
import { ASKED_ERRORS, BODY_ERRORS, boundBody, QUESTION_ERRORS, RUN_ERRORS } from './asked-body.ts'
import { QueryAnswer } from './query-answer.ts'
import { QueryBody, QueryParameters } from './query-body.ts'
import { checkFields } from './read-body.ts'
import { type Format, readExplain, readFormat, readQuestion, readValueNames } from './read-question.ts'
import { planHeaders, resultHeaders } from './result-headers.ts'

export interface QueryRouteParts {
  readonly engine: Pick<Engine, 'answer' | 'explain' | 'page'>
  readonly tokens: PageTokens
  readonly limits: HeldLimits
  readonly clock: Clock
}

interface QueryRoute {
  readonly Params: { readonly dataset: string }
  readonly Querystring: QueryParameters
  readonly Body: QueryBody
}

const JSON_TYPE = 'application/json'

const config: RouteConfig = {
  access: 'query',
  consumes: [JSON_TYPE],
  produces: [JSON_TYPE],
  bodyLimitKey: 'http.bodyBytesMax',
}

const schema = documented({
  operationId: 'queryMetrics',
  summary: 'Ask a question',
  description:
    'Body and answer of Metrics API v2, with extensions. Points are in ascending time, groups by label values or by order_by.',
  params: DatasetParameter,
  querystring: QueryParameters,
  body: QueryBody,
  answers: { 200: { description: 'The answer.', types: [JSON_TYPE], schema: QueryAnswer } },
  errors: [
    ...ASKED_ERRORS,
    ...BODY_ERRORS,
    ...QUESTION_ERRORS,
    'FORMAT_NEEDS_GROUP_BY',
    'PAGE_TOKEN_INVALID',
    'PAGE_TOKEN_EXPIRED',
    ...RUN_ERRORS,
  ],
})

/** `POST /v2/metrics/{dataset}/query`: bound ▸ check ▸ read ▸ ask ▸ encode. */
export function queryRoute(app: FastifyInstance, parts: QueryRouteParts): void {
  const { engine, tokens, limits, clock } = parts
  const preValidation = boundBody(limits.filterDepthMax)
  app.post<QueryRoute>('/v2/metrics/:dataset/query', { config, schema, preValidation }, async (request, reply) => {
    const startMs = clock()
    const { params, query } = request
    const { body, ignored } = checkFields(request.body, query.strict === 'true')
    const said = { format: readFormat(body), ignored, names: readValueNames(body) }
    const level = readExplain(body)
    const question = readQuestion(params.dataset, body)
    const options: AskOptions = { ...askingOf(request), signal: clientSignal(reply) }
    const bound = ['query', question, said.format, level, scopeKey(options.scope)]
    const position = tokens.read<Position>(query.page_token, bound)
    if (level === 'plan') {
      const plan = await engine.explain(question, options)
      charge(reply, 0)
      return send(reply, planHeaders(plan), planBody(plan, said, limits))
    }
    if (question.groupBy.length === 0) {
      const answer = await engine.answer(question, level, options)
      charge(reply, answer.cost)
      return send(reply, resultHeaders(answer, clock() - startMs), answerBody(answer, {}, said, limits))
    }
    const page = { from: 0, frozen: null, ...position, level }
    const answer = await engine.page(question, page, options)
    const next = nextPage(answer, page.from, (at, expiresMs) => tokens.write(bound, at, expiresMs))
    charge(reply, answer.cost)
    return send(reply, resultHeaders(answer, clock() - startMs), answerBody(answer, next, said, limits))
  })
}

/** Groups before the page, and what makes it part of the same answer. */
interface Position {
  readonly from: number
  readonly frozen: FrozenAt
}

interface NextPage {
  readonly next_page_token?: string
  readonly expires?: string
}

function nextPage(
  { frame, groupsLeft, frozen, expiresMs }: PageAnswer,
  from: number,
  tokenOf: (position: Position, expiresMs: number) => string,
): NextPage {
  if (groupsLeft === 0) return {}
  const token = tokenOf({ from: from + frame.series.length, frozen }, expiresMs)
  return { next_page_token: token, expires: formatTime(expiresMs) }
}

interface Said {
  readonly format: Format
  readonly ignored: readonly string[]
  readonly names: readonly (string | null)[] | null
}

function answerBody(
  { frame, freshness, plan }: Answer,
  next: NextPage,
  { format, ignored, names }: Said,
  limits: HeldLimits,
): Buffer {
  const meta = {
    format,
    pagination: { page_size: frame.series.length, total_size: frame.groupsTotal, ...next },
    truncated: frame.truncated,
    groupsTotal: frame.groupsTotal,
    ...(names && { values: names }),
    freshness,
    plan,
    ...(ignored.length > 0 ? { ignored } : {}),
  }
  return encodeAnswer(frame, format, meta, limits.answerBytesMax)
}

function planBody(plan: PlanReport, { format, ignored }: Said, limits: HeldLimits): Buffer {
  const nothing = { labels: [], series: [], groupsTotal: 0, truncated: false }
  const meta = {
    format,
    pagination: { page_size: 0, total_size: 0 },
    truncated: false,
    groupsTotal: 0,
    plan,
    ...(ignored.length > 0 ? { ignored } : {}),
  }
  return encodeAnswer(nothing, format, meta, limits.answerBytesMax)
}

const send = (reply: FastifyReply, headers: Readonly<Record<string, string>>, body: Buffer): FastifyReply =>
  reply.headers(headers).type('application/json; charset=utf-8').send(body)
