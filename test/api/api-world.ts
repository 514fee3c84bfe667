import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { ApiLimits } from '../../src/api/api-limits.ts'
import { buildApi } from '../../src/api/build-api.ts'
import type { Guards } from '../../src/api/open-server.ts'
import type { StaticKeys } from '../../src/api/static-keys.ts'
import type { CatalogVersion, DatasetDefinition, MetricDefinition, RollupVersion } from '../../src/model/definition.ts'
import type { ResultFrame } from '../../src/model/frame.ts'
import type { MeasureRef } from '../../src/model/measure.ts'
import type {
  Answer,
  AskOptions,
  Engine,
  ExplainLevel,
  LabelsAnswer,
  PageAnswer,
  PageRequest,
  PlanReport,
  QueryRequest,
  ReadingExits,
} from '../../src/planner/engine.ts'
import type { HealthPart } from '../../src/ports/health.ts'
import type { OtlpIntake } from '../../src/ports/intake.ts'

/** 2026-11-21T10:00:00Z. */
export const TEN = Date.UTC(2026, 10, 21, 10)
export const QUERY = '/v2/metrics/cloud/query'
export const RECEIVED = 'io.confluent.kafka.server/received_bytes'

/** A small question that is right. */
export const question = {
  aggregations: [{ metric: RECEIVED }],
  granularity: 'PT1M',
  intervals: ['PT1H/now'],
}

const measure: MeasureRef = {
  metric: RECEIVED,
  type: 'COUNTER_INT64',
  unit: 'By',
  space: 'SUM',
  missing: 'absent',
  time: 'SUM',
}

export const plan: PlanReport = {
  catalogVersion: 7,
  exact: true,
  asOf: '2026-11-21T10:05:00Z',
  slices: [
    {
      interval: '2026-11-21T10:00:00Z/2026-11-21T10:02:00Z',
      source: 'push',
      rollup: 'cloud/topic_1m',
      defHash: '0123456789abcdef',
      grain: 'PT1M',
      measures: [RECEIVED],
      raw: 17,
      asOf: '2026-11-21T10:05:00Z',
      rowsEstimated: 60,
    },
  ],
  candidates: 3,
  missing: [],
  stale: [],
  hint: null,
}

/** Topic b is absent in the second minute; one point is cut; one label is absent. */
export const frame: ResultFrame = {
  labels: ['metric.topic', 'metric.type'],
  series: [
    {
      group: ['a', null],
      points: [
        { timestamp: TEN, values: [9741], cut: true },
        { timestamp: TEN + 60_000, values: [0.1], cut: false },
      ],
    },
    { group: ['"b"\n', ''], points: [{ timestamp: TEN, values: [9_007_199_254_740_993n], cut: false }] },
  ],
  groupsTotal: 5,
  truncated: true,
}

export function answerOf(over: Partial<Answer> = {}): Answer {
  return {
    frame,
    measures: [measure],
    granularity: 'PT1M',
    intervals: [{ start: TEN, end: TEN + 120_000 }],
    freshness: {
      completeThrough: '2026-11-21T10:02:00Z',
      asOf: '2026-11-21T10:05:00Z',
      state: 'complete',
      sources: ['push', 'duckdb'],
    },
    plan,
    lane: 'hot',
    cost: 60,
    timings: { plan: 0.25, queue: 0, upstream: 1.5, merge: 0.125 },
    ...over,
  }
}

export const labelsAnswer: LabelsAnswer = {
  labels: [],
  groups: [],
  more: false,
  freshness: answerOf().freshness,
  plan,
  cost: 7,
}

export interface Asked {
  readonly question: QueryRequest
  readonly level: ExplainLevel
  readonly options: AskOptions
}

/** The API with a fake on the far side of each interface. */
export interface ApiWorld {
  readonly app: FastifyInstance
  readonly asked: Asked[]
  /** Bodies that reached the intake. */
  readonly taken: { body: Uint8Array; contentType: string; encoding: string | undefined }[]
  /** A question that is right, with changes, to the query route. */
  ask(over?: object, search?: string): Promise<{ status: number; text: string; headers: Record<string, unknown> }>
  listen(): Promise<string>
}

export interface WorldOptions {
  readonly answer?: (asked: Asked) => Promise<Answer>
  /** In place of the fake. */
  readonly engine?: Partial<Engine>
  /** What pages say beyond the answer; unless given it is the last page. */
  readonly page?: Partial<PageAnswer>
  /** Is told which pages are asked for. */
  readonly onPage?: (page: PageRequest) => void
  /** Tells one answer unless given. */
  readonly watch?: ReadingExits['watch']
  readonly accept?: OtlpIntake['accept']
  readonly keys?: StaticKeys | null
  readonly guards?: Partial<Guards>
  readonly limits?: Partial<ApiLimits>
  readonly health?: readonly HealthPart[]
  readonly consoleRoot?: string | null
  readonly logger?: FastifyBaseLogger | false
}

const MIB = 1024 * 1024
const emptyReply = { body: new Uint8Array(), contentType: 'application/x-protobuf', accepted: 1, rejected: 0 }

export async function openApi(options: WorldOptions = {}): Promise<ApiWorld> {
  const { answer = async () => answerOf(), accept = async () => emptyReply, keys = null, health = [] } = options
  const asked: Asked[] = []
  const taken: ApiWorld['taken'] = []
  const app = await buildApi({
    engine: {
      watch: options.watch ?? watchOnce(answer),
      answer(question, level, options) {
        asked.push({ question, level, options })
        return answer(asked.at(-1)!)
      },
      async explain(question, options) {
        asked.push({ question, level: 'plan', options })
        return { ...plan, candidates: [] }
      },
      settled: async () => ({ families: [], unsettled: [], version: '' }),
      labels: async ({ groupBy }) => ({ ...labelsAnswer, labels: groupBy, groups: [] }),
      seriesCounts: () => new Map(),
      ...options.engine,
      async page(question, page, asking) {
        const { level = 'summary' } = page
        options.onPage?.(page)
        const whole = await this.answer(question, level, asking)
        return { ...whole, frozen: { now: TEN, digest: '' }, groupsLeft: 0, expiresMs: TEN, ...options.page }
      },
    },
    catalog: { current: () => catalog },
    intake: {
      accept(body, contentType, encoding) {
        taken.push({ body, contentType, encoding })
        return accept(body, contentType, encoding)
      },
    },
    health,
    ownMetrics: { render: async () => ({ body: 'laneway_up 1\n', contentType: 'text/plain; version=0.0.4' }) },
    keys,
    ...options.guards,
    limits: { bodyBytesMax: MIB, intakeBodyBytesMax: 8 * MIB, ...options.limits },
    consoleRoot: options.consoleRoot ?? null,
    logger: options.logger ?? false,
    clock: () => TEN,
  })
  return {
    app,
    asked,
    taken,
    async ask(over = {}, search = '') {
      const payload = { ...question, ...over }
      const response = await app.inject({ method: 'POST', url: `${QUERY}${search}`, payload })
      return { status: response.statusCode, text: response.body, headers: response.headers }
    },
    listen: () => app.listen({ host: '127.0.0.1', port: 0 }),
  }
}

/** Tells one answer, then nothing until its reader leaves. */
const watchOnce = (answer: (asked: Asked) => Promise<Answer>): ReadingExits['watch'] =>
  async function* watch(question, options) {
    yield { revision: 1, answer: await answer({ question, level: 'summary', options }) }
    await new Promise((resolve) => options.signal.addEventListener('abort', resolve))
  }

export interface SentError {
  readonly id: string
  readonly status: string
  readonly code: string
  readonly detail: string
  readonly pointer?: string
  readonly hint: string
  readonly meta: Record<string, unknown>
}

export const errorsIn = (text: string): SentError[] => (JSON.parse(text) as { errors: SentError[] }).errors

const metric = (name: string, labels: readonly string[]): MetricDefinition => ({
  dataset: 'cloud',
  name,
  type: 'COUNTER_INT64',
  unit: 'By',
  description: `${name} in words`,
  resources: ['kafka'],
  labels,
  missing: 'absent',
  exportable: true,
  lifecycle: 'GENERAL_AVAILABILITY',
  from: null,
  selfRegistered: false,
})

const rollup: RollupVersion = {
  dataset: 'cloud',
  name: 'topic_1m',
  id: 'cloud/topic_1m',
  defHash: '0123456789abcdef',
  labels: ['metric.topic', 'resource.kafka.id'],
  filter: { kind: 'true' },
  grain: 'PT1M',
  stepMs: 60_000,
  latenessMs: 60_000,
  measures: [{ metric: RECEIVED, type: 'COUNTER_INT64', unit: 'By', space: 'SUM', missing: 'absent' }],
  keep: { pushMs: 86_400_000, druidMs: null },
}

const names = [RECEIVED, 'a_metric', 'b_metric']
const cloud: DatasetDefinition = {
  name: 'cloud',
  stepMs: 60_000,
  latenessMs: 60_000,
  dedupeMs: 3_600_000,
  retentionRawMs: 604_800_000,
  strict: false,
  match: null,
  resources: new Map([['kafka', { type: 'kafka', id: 'resource.kafka.id', description: 'A cluster' }]]),
  labels: new Map([['metric.topic', { name: 'metric.topic', description: 'The topic', cardinality: 'high' }]]),
  metrics: new Map(names.map((name) => [name, metric(name, ['metric.topic', 'resource.kafka.id'])])),
  rollups: new Map([['topic_1m', rollup]]),
}

export const catalog: CatalogVersion = { version: 7, datasets: new Map([['cloud', cloud]]) }
