/**
 * Questions over HTTP to one gateway (gateway.ts).
 *
 * P3: the answer from the push table against a bare node:http server that sends the same bytes with the same headers
 * (bare-server.ts). Three processes: the two servers, and the client (load-client.ts: 8 connections that stay open, the
 * next request when the answer is whole). Both are warmed up; then ROUNDS rounds of BURST_MS each, first one, then the
 * other, the first changing from round to round. A sample is the requests per second of one burst; a ratio compares the
 * two bursts of one round. The second line of each compares the processor time of the servers per request, bare ÷ ours: it
 * does not depend on how fast the client is, and less on what else runs on the machine.
 *
 * Push against raw: the same question, to the same gateway, with `use: ["push"]` and `use: ["duckdb"]`, one after the
 * other over one connection, the first changing from pair to pair; PAIRS pairs after WARM ones. A sample is the time from
 * the first byte sent to the last one read; a ratio compares the two of one pair.
 * Last, the least that a route of ours does, against the same bare server: what is lost to framework and hooks alone.
 * usage: node bench/http.ts
 */
import type { ChildProcess } from 'node:child_process'
import { formatInterval } from '../src/model/interval.ts'
import { ask, start } from './child.ts'
import { line, ratiosOf } from './figures.ts'

const ROUNDS = 10
const BURST_MS = 700
const PAIRS = 60
const WARM = 10
const HOUR_MS = 3_600_000
/** The first minutes that have data, left out. */
const MARGIN_MS = 10 * 60_000

interface Question {
  readonly name: string
  readonly body: object
}

/** One hour of minutes that is settled: of one topic, of one cluster by topic. */
function questionsOf(from: number): Question[] {
  const interval = formatInterval({ start: from + MARGIN_MS, end: from + MARGIN_MS + HOUR_MS })
  const equal = (field: string, value: string) => ({ op: 'EQ', field, value })
  const cluster = equal('resource.kafka.id', 'lkc-3')
  const common = { aggregations: [{ metric: 'received_bytes' }], granularity: 'PT1M', intervals: [interval] }
  const one = { op: 'AND', filters: [cluster, equal('metric.topic', 'orders.topic-7')] }
  return [
    { name: '1 h of minutes of one topic', body: { ...common, filter: one } },
    {
      name: '1 h of minutes of one cluster by topic',
      body: { ...common, group_by: ['metric.topic'], filter: cluster },
    },
  ]
}

const PATH = '/v2/metrics/bench/query'

/** What is sent again and again, and what came back the first time. */
interface Exchange {
  readonly name: string
  /** As it goes over the wire, to any server. */
  readonly request: Buffer
  readonly headers: Record<string, string>
  readonly body: Buffer
  readonly rows: string
}

const requestOf = (method: string, path: string, text = ''): Buffer =>
  Buffer.from(
    [
      `${method} ${path} HTTP/1.1`,
      'host: 127.0.0.1',
      ...(text === '' ? [] : ['content-type: application/json', `content-length: ${Buffer.byteLength(text)}`]),
      `\r\n${text}`,
    ].join('\r\n'),
  )

async function exchange(port: number, name: string, path: string, question?: object): Promise<Exchange> {
  const text = question === undefined ? '' : JSON.stringify(question)
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: text }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, question === undefined ? {} : post)
  const body = Buffer.from(await response.arrayBuffer())
  if (!response.ok) throw new Error(body.toString('utf8'))
  const sent = [...response.headers].filter(([header]) => !['connection', 'date', 'keep-alive'].includes(header))
  const data = JSON.parse(body.toString('utf8')).data as readonly unknown[] | undefined
  const rows = `${data?.length ?? 1} rows, ${body.length} bytes`
  return {
    name,
    request: requestOf(question ? 'POST' : 'GET', path, text),
    headers: Object.fromEntries(sent),
    body,
    rows,
  }
}

interface Server {
  readonly process: ChildProcess
  readonly port: number
}

interface Burst {
  readonly perSecond: number
  /** Processor time of the server per request, µs. */
  readonly micros: number
}

async function burst(client: ChildProcess, server: Server, bytes: Buffer): Promise<Burst> {
  const before = await ask<number>(server.process, 'cpu')
  const request = bytes.toString('base64')
  const told = await ask<{ answers: number; ms: number; problem?: string }>(client, {
    port: server.port,
    request,
    ms: BURST_MS,
  })
  if (told.problem !== undefined) throw new Error(told.problem)
  const micros = (await ask<number>(server.process, 'cpu')) - before
  return { perSecond: (told.answers / told.ms) * 1000, micros: micros / told.answers }
}

async function compareWithBare(client: ChildProcess, ours: Server, asked: Exchange): Promise<void> {
  const { name, headers, body, request, rows } = asked
  const process = start('bare-server.ts')
  const bare = { process, ...(await ask<{ port: number }>(process, { headers, body: body.toString('base64') })) }
  const bursts: { ours: Burst[]; bare: Burst[] } = { ours: [], bare: [] }
  for (let round = -2; round < ROUNDS; round++) {
    for (const side of round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
      const measured = await burst(client, side === 'ours' ? ours : bare, request)
      if (round >= 0) bursts[side].push(measured)
    }
  }
  process.disconnect()
  const perSecond = (side: 'ours' | 'bare') => bursts[side].map((each) => each.perSecond)
  const micros = (side: 'ours' | 'bare') => bursts[side].map((each) => each.micros)
  const common = { rows }
  console.log(
    line({
      ...common,
      figure: `${name}, requests`,
      unit: '/s',
      ours: { name: 'ours', samples: perSecond('ours') },
      theirs: { name: 'bare', samples: perSecond('bare') },
      ratios: ratiosOf(perSecond('ours'), perSecond('bare')),
      want: name.startsWith('P3') ? 'ratio ≥ 0.5' : '',
    }),
  )
  console.log(
    line({
      ...common,
      figure: `${name}, processor time per request`,
      unit: 'µs',
      ours: { name: 'ours', samples: micros('ours') },
      theirs: { name: 'bare', samples: micros('bare') },
      ratios: ratiosOf(micros('bare'), micros('ours')),
      want: '',
    }),
  )
}

async function timed(port: number, body: object): Promise<readonly [number, number]> {
  const started = performance.now()
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`http://127.0.0.1:${port}${PATH}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  const text = await response.text()
  const ms = performance.now() - started
  if (!response.ok) throw new Error(text)
  return [ms, JSON.parse(text).data.length]
}

async function compareWithRaw(port: number, { name, body }: Question): Promise<void> {
  const times: Record<'push' | 'duckdb', number[]> = { push: [], duckdb: [] }
  let rows = 0
  for (let pair = -WARM; pair < PAIRS; pair++) {
    for (const source of pair % 2 === 0 ? (['push', 'duckdb'] as const) : (['duckdb', 'push'] as const)) {
      const [ms, answered] = await timed(port, { ...body, use: [source] })
      if (pair >= 0) times[source].push(ms)
      rows = answered
    }
  }
  console.log(
    line({
      figure: `push against raw, ${name}`,
      unit: 'ms',
      ours: { name: 'push', samples: times.push },
      theirs: { name: 'duckdb', samples: times.duckdb },
      ratios: ratiosOf(times.duckdb, times.push),
      rows: `${rows} rows`,
      want: '',
    }),
  )
}

const gateway = start('gateway.ts')
const { port, from } = await ask<{ port: number; from: number }>(gateway, null)
const client = start('load-client.ts')
const ours = { process: gateway, port }
for (const question of questionsOf(from)) await compareWithRaw(port, question)
for (const { name, body } of questionsOf(from)) {
  await compareWithBare(client, ours, await exchange(port, `P3 ${name}`, PATH, { ...body, use: ['push'] }))
}
await compareWithBare(client, ours, await exchange(port, 'least route, /health/live', '/health/live'))
client.disconnect()
gateway.disconnect()
