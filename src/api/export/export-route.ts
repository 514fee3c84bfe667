import { createHash } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createGzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ScopedCatalogs } from '../../catalog/scoped-catalog.ts'
import { LanewayError } from '../../model/errors.ts'
import { type Scope, scopeKey } from '../../model/scope.ts'
import type { Engine, SettledAnswer, SettledRequest } from '../../planner/engine.ts'
import type { CatalogView } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import { callerOf } from '../caller.ts'
import { DatasetParameter } from '../dataset-parameter.ts'
import { documented, PlainText } from '../documented.ts'
import { charge } from '../rate-limits.ts'
import type { RouteConfig } from '../route-config.ts'
import { encodeExport, type FailedMetric, type Written } from './encode-export.ts'
import type { ExportLimits } from './export-limits.ts'
import { ExportParameters, metricsOf, resourcesOf, timeOf } from './export-parameters.ts'
import { KeptRenderings, type Rendered } from './kept-renderings.ts'
import { acceptsGzip, EXPORT_TYPES, type ExportFormat, Formats } from './negotiate.ts'
import { piecesOf } from './pieces.ts'
import { scrapeSignal, unlessAborted } from './scrape-deadline.ts'

export interface ExportRouteParts {
  readonly engine: Pick<Engine, 'settled'>
  readonly catalog: CatalogView
  readonly clock: Clock
  readonly limits: ExportLimits
}

interface ExportRoute {
  readonly Params: { readonly dataset: string }
  readonly Querystring: ExportParameters
}

const config: RouteConfig = { access: 'export' }

const schema = documented({
  operationId: 'exportMetrics',
  summary: 'Newest settled values for Prometheus',
  description:
    'Prometheus text 0.0.4 (default), 1.0.0 or OpenMetrics 1.0.0, by Accept. A value at a timestamp never changes. docs/export.md says how metrics and labels are named, and how to query them.',
  params: DatasetParameter,
  querystring: ExportParameters,
  answers: { 200: { description: 'The samples.', types: EXPORT_TYPES, schema: PlainText } },
  errors: [
    'UNAUTHENTICATED',
    'NOT_ACCEPTABLE',
    'FIELD_INVALID',
    'DATASET_UNKNOWN',
    'METRIC_UNKNOWN',
    'DEADLINE_EXCEEDED',
    'SOURCE_FAILED',
  ],
})

/** `GET /v2/metrics/{dataset}/export`: negotiate ▸ read ▸ ask for settled values ▸ render once ▸ send. */
export function exportRoute(app: FastifyInstance, parts: ExportRouteParts): void {
  const exporter = new Exporter(parts)
  const url = '/v2/metrics/:dataset/export'
  app.get<ExportRoute>(url, { config, schema, exposeHeadRoute: false }, async (request, reply) =>
    exporter.send(request, reply),
  )
  // Says whether a scrape would be let in and how it would be written, without writing it.
  app.head<ExportRoute>(url, { config, schema }, async (request, reply) => {
    await exporter.ask(request, reply)
    charge(reply, 1)
    return reply.send()
  })
}

/** One request, understood and asked. */
interface Asked {
  readonly format: ExportFormat
  readonly answer: SettledAnswer
  readonly failed: readonly FailedMetric[] | null
  readonly signal: AbortSignal
  /** Everything that the bytes depend on. */
  readonly key: string
}

class Exporter {
  readonly #parts: ExportRouteParts
  readonly #scoped = new ScopedCatalogs()
  readonly #formats = new Formats()
  readonly #renderings: KeptRenderings

  constructor(parts: ExportRouteParts) {
    this.#parts = parts
    this.#renderings = new KeptRenderings(parts.limits.renderedBytesMax)
  }

  /** Errors: NOT_ACCEPTABLE, FIELD_INVALID, FORBIDDEN, those of the engine. */
  async ask(request: FastifyRequest<ExportRoute>, reply: FastifyReply): Promise<Asked> {
    reply.header('vary', 'Accept, Accept-Encoding, Authorization')
    const format = this.#formats.for(request.headers.accept)
    const { scope } = callerOf(request)
    const question = this.#read(request, scope)
    const signal = scrapeSignal(request, reply)
    const answer = await unlessAborted(this.#parts.engine.settled(question, { scope, signal }), signal)
    const ignoring = request.query.ignore_failed_metrics === 'true'
    const failed = ignoring ? failedOf(answer, question) : null
    refuseFailed(answer, ignoring)
    reply.type(format.contentType)
    const { time: _, ...asked } = question
    const key = digestOf([scopeKey(scope), format, asked, failed, answer.version])
    return { format, answer, failed, signal, key }
  }

  async send(request: FastifyRequest<ExportRoute>, reply: FastifyReply): Promise<FastifyReply> {
    const asked = await this.ask(request, reply)
    const { key, signal } = asked
    const zip = acceptsGzip(request.headers['accept-encoding'])
    const rendered = () => this.#rendered(asked)
    const rendering = await unlessAborted(this.#renderings.of(key, rendered), signal)
    if (rendering.kind === 'large') return this.#stream(asked, reply, zip)
    charge(reply, Math.max(1, rendering.samples))
    if (!zip) return reply.send(rendering.body)
    const zipped = await unlessAborted(this.#renderings.zipped(key, rendered), signal)
    return reply.header('content-encoding', 'gzip').send(zipped)
  }

  #read({ params, query }: FastifyRequest<ExportRoute>, scope: Scope): SettledRequest {
    const { catalog, clock, limits } = this.#parts
    const dataset = this.#scoped.of(catalog.current(), scope).datasets.get(params.dataset)
    return {
      dataset: params.dataset,
      metrics: metricsOf(query),
      // The engine says that there is no such dataset.
      anyOf: dataset ? resourcesOf(query, dataset) : [],
      time: timeOf(query, limits, clock()),
      counters: query.counters ?? 'delta',
    }
  }

  #rendered({ answer, failed, format }: Asked): Rendered {
    const written: Written = { samples: 0 }
    const content = { families: answer.families, failed, seriesMax: this.#parts.limits.seriesMax }
    return {
      pieces: () => piecesOf(encodeExport(content, format, written)),
      samples: () => written.samples,
    }
  }

  /**
   * Memory is bounded by a few pieces: the reader decides how fast. Failing on the way breaks the connection. What it
   * costs is known at its end.
   */
  #stream(asked: Asked, reply: FastifyReply, zip: boolean): FastifyReply {
    charge(reply, 1)
    const rendered = this.#rendered(asked)
    const source = Readable.from(paced(rendered.pieces(), asked.signal), { objectMode: false })
    source.once('close', () => charge(reply, rendered.samples()))
    if (!zip) return reply.send(source)
    return reply.header('content-encoding', 'gzip').send(pipeline(source, createGzip(), () => undefined))
  }
}

const digestOf = (facts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(facts)).digest('base64url')

async function* paced(pieces: Iterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    signal.throwIfAborted()
    if (piece.length > 0) yield piece
    await nextTurn()
  }
}

/** One for each resource that was asked of the metric. */
function failedOf({ unsettled }: SettledAnswer, { anyOf }: SettledRequest): FailedMetric[] {
  return unsettled.flatMap(({ metric }) => {
    const resources = anyOf.filter(({ label }) => metric.labels.includes(label)).flatMap(({ values }) => values)
    return (resources.length === 0 ? [''] : resources).map((resource) => ({ metric: metric.name, resource }))
  })
}

/** A metric that is cold is merely absent; what broke breaks the export, unless that is to be ignored and others are left. */
function refuseFailed({ unsettled, families }: SettledAnswer, ignoring: boolean): void {
  const broken = unsettled.flatMap(({ why }) => (why instanceof LanewayError ? [why] : []))
  if (broken.length > 0 && !(ignoring && families.length > 0)) throw broken[0]!
}
