import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildApi } from '../src/api/build-api.ts'
import { PushTable } from '../src/cache/push/push-table.ts'
import type { CatalogVersion, DatasetDefinition, MetricDefinition, RollupVersion } from '../src/model/definition.ts'
import { EVERYTHING } from '../src/model/filter.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../src/model/granularity.ts'
import type { StateMeasure } from '../src/model/measure.ts'
import type { AggregateRecord } from '../src/model/records.ts'
import { createEngine, DEFAULT_QUERY_LIMITS } from '../src/planner/engine.ts'
import { PushSource } from '../src/sources/push/push-source.ts'

/**
 * P3: the export of 100,000 series (two metrics of 50,000) against a bare node:http server that sends the same bytes
 * from one Buffer. Method: three processes. Ours is the whole front door over a push table of `WINDOWS` minutes; the bare
 * one first fetches the export from ours; the client keeps `CONNECTIONS` connections alive and drains bodies unread. Both
 * are warm. In each of `ROUNDS` rounds the client fetches `REQUESTS` from one, then as many from the other, and the one
 * that goes first changes from round to round, so that what else happens on the machine meets both. A figure is the
 * median over rounds; spread is its least and greatest; the ratio is the median of the rounds' ratios.
 * Memory: resident size of ours once the table is filled, and its greatest by the end; what lies between is the settled
 * values, each body rendered once per format, and what is on its way to clients.
 */
const SERIES = 50_000
const METRICS = ['io.confluent.kafka.server/received_bytes', 'io.confluent.kafka.server/sent_bytes']
const WINDOWS = 3
const ROUNDS = 15
/** In one round: about the same time for both. */
const REQUESTS = { plain: 12, gzip: 60 }
const CONNECTIONS = 4
const KEEP_ALIVE_MS = 72_000
const PATH = '/v2/metrics/cloud/export'
/** Fixed, so that the newest bucket stays the newest. */
const NOW = Date.UTC(2026, 10, 21, 12)

type Role = 'main' | 'ours' | 'bare' | 'client'
const role = (process.argv[2] ?? 'main') as Role

const measures = METRICS.map(
  (metric): StateMeasure => ({ metric, type: 'COUNTER_INT64', unit: 'By', space: 'SUM', missing: 'absent' }),
)

const rollup: RollupVersion = {
  dataset: 'cloud',
  name: 'topic_1m',
  id: 'cloud/topic_1m',
  defHash: 'bench-export-1m',
  labels: ['metric.topic', 'resource.kafka.id'],
  filter: EVERYTHING,
  grain: 'PT1M',
  stepMs: MINUTE_MS,
  latenessMs: MINUTE_MS,
  measures,
  keep: { pushMs: HOUR_MS, druidMs: null },
}

function catalogOf(): CatalogVersion {
  const metrics = measures.map(
    ({ metric: name, type, unit, missing }): MetricDefinition => ({
      ...{ dataset: 'cloud', name, type, unit, missing, description: 'Bytes, as a bench makes them up.' },
      ...{ resources: ['kafka'], labels: rollup.labels, exportable: true, lifecycle: 'GENERAL_AVAILABILITY' as const },
      ...{ from: null, selfRegistered: false },
    }),
  )
  const cloud: DatasetDefinition = {
    ...{ name: 'cloud', stepMs: MINUTE_MS, latenessMs: MINUTE_MS, dedupeMs: HOUR_MS, retentionRawMs: DAY_MS },
    ...{ strict: false, match: null, resources: new Map(), labels: new Map() },
    metrics: new Map(metrics.map((metric) => [metric.name, metric])),
    rollups: new Map([[rollup.name, rollup]]),
  }
  return { version: 1, datasets: new Map([['cloud', cloud]]) }
}

function* recordsOf(bucket: number): Generator<AggregateRecord> {
  const head = { rollup: rollup.id, defHash: rollup.defHash, bucket, epoch: 1 }
  for (let i = 0; i < SERIES; i++) {
    const group = [`orders.topic-${i}`, `lkc-${i % 17}`]
    const states = METRICS.map((metric, m) => [`SUM:${metric}`, [i * 31 + m + (bucket % 7919)]])
    yield { kind: 'aggregate', ...head, group, measures: Object.fromEntries(states) }
  }
  yield { kind: 'seal', ...head, partition: 0, keys: SERIES, of: 1, raw: 1, through: bucket + HOUR_MS }
}

async function serveOurs(): Promise<number> {
  const table = new PushTable({ bytesMax: 1024 ** 3 })
  table.define([rollup])
  for (let window = 0; window < WINDOWS; window++) {
    for (const record of recordsOf(NOW - (10 - window) * MINUTE_MS)) table.apply(0, record)
  }
  const catalog = { current: () => whole }
  const whole = catalogOf()
  const engine = createEngine({
    sources: [new PushSource({ table, appliedMs: () => NOW })],
    places: [{ source: 'push', serves: 'rollups' }],
    catalog,
    lanes: { run: () => Promise.reject(new Error('export asks no lane')), classify: () => 'hot' },
    clock: () => NOW,
    limits: DEFAULT_QUERY_LIMITS,
  })
  const nobody = () => Promise.reject(new Error('nobody asks this here'))
  const app = await buildApi({
    ...{ engine, catalog, intake: { accept: nobody }, health: [], ownMetrics: { render: nobody }, keys: null },
    ...{ limits: { bodyBytesMax: 1024, intakeBodyBytesMax: 1024 }, consoleRoot: null, logger: false },
    clock: () => NOW,
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

async function serveBare(ours: number): Promise<number> {
  const [plain, zipped] = [await fetchFrom(ours, false, true), await fetchFrom(ours, true, true)]
  const server = createServer((request, response) => {
    const zip = request.headers['accept-encoding'] === 'gzip'
    const body = zip ? zipped.body : plain.body
    const encoding = zip ? { 'content-encoding': 'gzip' } : {}
    response.writeHead(200, { 'content-type': plain.type, 'content-length': body.length, ...encoding })
    response.end(body)
  })
  // As long as ours keeps them: an idle connection must not close while the other side has its turn.
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

interface Fetched {
  readonly body: Buffer
  readonly type: string
  readonly bytes: number
}

function fetchFrom(port: number, zip: boolean, keep = false): Promise<Fetched> {
  const headers = { accept: 'application/openmetrics-text;version=1.0.0', 'accept-encoding': zip ? 'gzip' : 'identity' }
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: PATH, headers, agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`))
      const pieces: Buffer[] = []
      let bytes = 0
      response.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (keep) pieces.push(piece)
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({ body: Buffer.concat(pieces), type: String(response.headers['content-type']), bytes }),
      )
    }).on('error', reject)
  })
}

/** Requests per second of one burst. */
async function burst(port: number, zip: boolean): Promise<number> {
  const startMs = performance.now()
  const requests = zip ? REQUESTS.gzip : REQUESTS.plain
  let left = requests
  const worker = async () => {
    while (left-- > 0) await fetchFrom(port, zip)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  return (requests / (performance.now() - startMs)) * 1000
}

interface Measured {
  readonly zip: boolean
  readonly bytes: number
  readonly ours: readonly number[]
  readonly bare: readonly number[]
}

async function measure({ ours, bare }: { ours: number; bare: number }, zip: boolean): Promise<Measured> {
  const { bytes } = await fetchFrom(ours, zip)
  await burst(ours, zip)
  await burst(bare, zip)
  const figures = { ours: [] as number[], bare: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)
    for (const side of order) figures[side].push(await burst(side === 'ours' ? ours : bare, zip))
  }
  return { zip, bytes, ...figures }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

function sideText(values: readonly number[]): string {
  const shown = (value: number) => value.toFixed(1)
  return `${shown(median(values))}/s (${shown(Math.min(...values))}–${shown(Math.max(...values))})`
}

function report({ zip, bytes, ours, bare }: Measured): void {
  const ratio = median(ours.map((value, i) => value / bare[i]!))
  const what = `P3 export of ${SERIES * METRICS.length} series, ${zip ? 'gzip' : 'plain'}, ${(bytes / 1024 ** 2).toFixed(1)} MiB`
  const sides = `ours ${sideText(ours)}, bare ${sideText(bare)}`
  console.log(`${what}: ${sides}, n ${ROUNDS} × ${zip ? REQUESTS.gzip : REQUESTS.plain}, ratio ${ratio.toFixed(2)}`)
}

/** One message from a child, as it answers what it is sent. */
async function asked<T>(child: ChildProcess, message: object): Promise<T> {
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`)
  })
  gone.catch(() => undefined)
  child.send(message)
  const [answer] = (await Promise.race([once(child, 'message'), gone])) as [T]
  return answer
}

interface Memory {
  readonly rss: number
  readonly most: number
}

async function main(): Promise<void> {
  const start = (which: Role) => fork(import.meta.filename, [which])
  const [ours, bare, client] = [start('ours'), start('bare'), start('client')]
  try {
    const { port } = await asked<{ port: number }>(ours, {})
    const before = await asked<Memory>(ours, { memory: true })
    const startMs = performance.now()
    const { bytes } = await fetchFrom(port, false)
    const coldMs = performance.now() - startMs
    console.log(`first export, read and rendered: ${coldMs.toFixed(0)} ms for ${bytes} bytes, n 1`)
    const { port: barePort } = await asked<{ port: number }>(bare, { ours: port })
    for (const zip of [false, true]) report(await asked<Measured>(client, { ours: port, bare: barePort, zip }))
    const { most } = await asked<Memory>(ours, { memory: true })
    const mib = (value: number) => `${Math.round(value / 1024 ** 2)} MiB`
    console.log(`memory of ours: ${mib(before.rss)} with the table filled, greatest ${mib(most)}`)
  } finally {
    for (const child of [ours, bare, client]) child.kill()
    agent.destroy()
  }
}

/** A child answers each message, and ends with its parent. */
function answerMessages(answer: (message: Record<string, unknown>) => Promise<unknown>): void {
  process.on('disconnect', () => process.exit())
  process.on('message', async (message) => process.send!(await answer(message as Record<string, unknown>)))
}

switch (role) {
  case 'main':
    await main()
    break
  case 'ours':
    answerMessages(async ({ memory }) =>
      memory
        ? { rss: process.memoryUsage.rss(), most: process.resourceUsage().maxRSS * 1024 }
        : { port: await serveOurs() },
    )
    break
  case 'bare':
    answerMessages(async ({ ours }) => ({ port: await serveBare(Number(ours)) }))
    break
  case 'client':
    answerMessages(({ ours, bare, zip }) => measure({ ours: Number(ours), bare: Number(bare) }, zip === true))
    break
}
