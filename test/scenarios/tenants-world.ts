import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InjectOptions } from 'fastify'
import { hashSecret } from '../../src/api/static-keys.ts'
import { loadConfig } from '../../src/config.ts'
import { type Laneway, openLaneway } from '../../src/main.ts'
import { handClock } from '../hand-clock.ts'

export const T0 = Date.parse('2026-11-21T10:00:00Z')
const MINUTE = 60_000
const MINUTES = 12

/** Whatever is the other tenant's alone carries this word, so that it is found wherever it shows. */
export const FOREIGN = 'zebra'
export const OWN_ID = 'lkc-a'
export const FOREIGN_ID = `lkc-${FOREIGN}`
export const BYTES = 'io.confluent.kafka.server/received_bytes'
export const FOREIGN_METRIC = `${FOREIGN}.metric`
export const FOREIGN_DATASET = `${FOREIGN}Set`
export const FOREIGN_ROLLUP = `cloud/${FOREIGN}_1m`

const CATALOG = `
dataset: cloud
match: { resource: [kafka.cluster.id] }
resources: { kafka: { id: resource.kafka.id }, pool: { id: resource.pool.id } }
metrics:
  ${BYTES}:
    type: COUNTER_INT64
    unit: By
    resources: [kafka]
    labels: [metric.topic]
    from: { otlp: bytes, labels: { topic: metric.topic }, resource: { kafka.cluster.id: resource.kafka.id } }
  ${FOREIGN}.pools: { type: GAUGE_INT64, resources: [pool], labels: [metric.${FOREIGN}] }
rollups:
  topic_1m: { grain: PT1M, labels: [resource.kafka.id, metric.topic], measures: ['${BYTES}'], keep: { push: PT6H } }
  total_1m: { grain: PT1M, labels: [], measures: ['${BYTES}', ${FOREIGN}.pools], keep: { push: PT6H } }
  ${FOREIGN}_1m:
    grain: PT1M
    labels: [metric.topic]
    filter: { field: resource.kafka.id, op: EQ, value: ${FOREIGN_ID} }
    measures: ['${BYTES}']
    keep: { push: PT6H }
`

export const WHO = ['a', 'b', 'operator', 'scraper'] as const
export type Who = (typeof WHO)[number]
/** Whoever asks may only see what is the own tenant's. */
export const SECRETS: Readonly<Record<Who, string>> = {
  a: 'secret-of-a-4f1d',
  b: `secret-of-${FOREIGN}-9c2e`,
  operator: 'secret-of-operator-77aa',
  scraper: 'secret-of-scraper-5e3b',
}

const keysText = (): string => `
- { id: a, hash: ${hashSecret(SECRETS.a)}, roles: [query, export], tenant: ta, constraints: { resource.kafka.id: ${OWN_ID} }, costPerMinuteMax: 100000, requestsPerMinuteMax: 1000000 }
- { id: b, hash: ${hashSecret(SECRETS.b)}, roles: [query, export], tenant: tb, constraints: { resource.kafka.id: ${FOREIGN_ID} } }
- { id: scraper, hash: ${hashSecret(SECRETS.scraper)}, roles: [export], tenant: ta, constraints: { resource.kafka.id: ${OWN_ID} } }
- { id: operator, hash: ${hashSecret(SECRETS.operator)}, roles: [query, export, ingest, admin] }
`

export interface Said {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

export interface Refusal {
  readonly who: Who
  readonly sent: string
  readonly text: string
}

export interface TenantsWorld {
  readonly laneway: Laneway
  /** Every line of the log, at its most talkative. */
  readonly log: readonly string[]
  /** Every refusal, with everything that was sent. */
  readonly refusals: readonly Refusal[]
  /** Every token and tag that was handed out. */
  readonly tokens: ReadonlySet<string>
  readonly url: string
  get(who: Who, path: string, headers?: Readonly<Record<string, string>>): Promise<Said>
  post(who: Who, path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Said>
  close(): Promise<void>
}

export const authorization = (who: Who): string => `Basic ${Buffer.from(`${who}:${SECRETS[who]}`).toString('base64')}`

/**
 * A whole Laneway with tenant a, and with the other tenant when it is told to be there: many times as much data, in
 * the same dataset and beyond.
 */
export async function openTenantsWorld({ withOther }: { readonly withOther: boolean }): Promise<TenantsWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'laneway-tenants-'))
  writeFileSync(join(folder, 'cloud.yaml'), CATALOG)
  writeFileSync(join(folder, 'keys.yaml'), keysText())
  const clock = handClock(T0)
  const log: string[] = []
  const { config } = loadConfig({
    environment: {},
    flags: {
      'data.path': join(folder, 'data'),
      'catalog.paths': [join(folder, 'cloud.yaml')],
      'keys.path': join(folder, 'keys.yaml'),
      'http.port': 0,
      'log.level': 'trace',
      'intake.commitPeriodMs': 1,
      'query.valuesMax': 5000,
    },
  })
  const laneway = await openLaneway(config, { clock, logTo: { write: (line) => void log.push(line) } })
  const { url } = await laneway.listen()
  for (let minute = 0; minute < MINUTES; minute++) {
    clock.set(T0 + minute * MINUTE + 30_000)
    await send(laneway, [ownPoints(minute), ...(withOther ? [foreignPoints(minute), foreignElsewhere(minute)] : [])])
  }
  // The newest settled bucket is the last one with points.
  clock.set(T0 + (MINUTES + 1) * MINUTE + 45_000)
  await laneway.idle()
  return talking(laneway, { log, url, folder })
}

interface Sent {
  readonly resource: Readonly<Record<string, string>>
  readonly metric: string
  readonly topics: readonly string[]
  readonly minute: number
  readonly value: number
}

const ownPoints = (minute: number): Sent => ({
  resource: { 'kafka.cluster.id': OWN_ID },
  metric: 'bytes',
  topics: ['orders', 'bills', 'carts'],
  minute,
  value: 10 + minute,
})
const foreignPoints = (minute: number): Sent => ({
  resource: { 'kafka.cluster.id': FOREIGN_ID },
  metric: 'bytes',
  topics: Array.from({ length: 150 }, (_, i) => `${FOREIGN}-${i}`),
  minute,
  value: 1_000_000,
})
const foreignElsewhere = (minute: number): Sent => ({
  resource: { 'laneway.dataset': minute % 2 ? FOREIGN_DATASET : 'cloud', 'kafka.cluster.id': FOREIGN_ID },
  metric: FOREIGN_METRIC,
  topics: [FOREIGN],
  minute,
  value: 7,
})

async function send(laneway: Laneway, batches: readonly Sent[]): Promise<void> {
  const payload = { resourceMetrics: batches.map(resourceMetrics) }
  const headers = { authorization: authorization('operator'), 'content-type': 'application/json' }
  const { statusCode, body } = await laneway.app.inject({ method: 'POST', url: '/v1/metrics', payload, headers })
  if (statusCode !== 200 || body !== '{}') throw new Error(`the intake took not everything: ${statusCode} ${body}`)
}

function resourceMetrics({ resource, metric, topics, minute, value }: Sent) {
  const timeMs = T0 + minute * MINUTE + 20_000
  const dataPoints = topics.map((topic) => ({
    attributes: [{ key: 'topic', value: { stringValue: topic } }],
    startTimeUnixNano: `${timeMs - 20_000}000000`,
    timeUnixNano: `${timeMs}000000`,
    asInt: String(value),
  }))
  const sum = { aggregationTemporality: 1, isMonotonic: true, dataPoints }
  const attributes = Object.entries(resource).map(([key, stringValue]) => ({ key, value: { stringValue } }))
  return { resource: { attributes }, scopeMetrics: [{ metrics: [{ name: metric, unit: 'By', sum }] }] }
}

function talking(laneway: Laneway, { log, url, folder }: { log: string[]; url: string; folder: string }): TenantsWorld {
  const refusals: Refusal[] = []
  const tokens = new Set<string>()
  const ask = async (who: Who, request: InjectOptions): Promise<Said> => {
    const { statusCode: status, headers, body: text } = await laneway.app.inject(request)
    if (status >= 400) refusals.push({ who, sent: JSON.stringify(request), text })
    for (const [, token] of text.matchAll(/"next_page_token":"([^"]+)"/g)) tokens.add(token!)
    return { status, headers, text }
  }
  return {
    laneway,
    log,
    refusals,
    tokens,
    url,
    get: (who, path, headers = {}) =>
      ask(who, { method: 'GET', url: path, headers: { authorization: authorization(who), ...headers } }),
    post: (who, path, body, headers = {}) =>
      ask(who, {
        method: 'POST',
        url: path,
        payload: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { authorization: authorization(who), 'content-type': 'application/json', ...headers },
      }),
    async close() {
      await laneway.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
