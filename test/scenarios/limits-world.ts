import { on, once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import type { ConfigKey } from '../../src/config-keys.ts'
import { type House, openHouse } from './house.ts'

export interface Reply {
  readonly status: number
  readonly text: string
}

/** A gateway on a free port, as its clients reach it. */
export interface LimitsWorld {
  readonly house: House
  readonly url: string
  ask(body: unknown, dataset?: string): Promise<Reply>
  send(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Reply>
  /** Bytes over a connection of their own; everything that comes back until it ends. */
  raw(...parts: readonly string[]): Promise<Reply>
  graphql(query: string, variables?: object): Promise<Reply>
  /** Opens two WebSockets; how the second was answered. */
  secondSocket(): Promise<Reply>
  /** Subscribes twice on one WebSocket; how the second was answered. */
  secondSubscription(variables: object): Promise<Reply>
  close(): Promise<void>
}

const JSON_TYPE = { 'content-type': 'application/json' }

export async function openLimitsWorld(over: Partial<Record<ConfigKey, unknown>>): Promise<LimitsWorld> {
  const house = await openHouse(Date.now, { 'http.port': 0, 'intake.commitPeriodMs': 1, ...over })
  const { url } = await house.laneway.listen()
  const request = async (path: string, init: RequestInit): Promise<Reply> => {
    const response = await fetch(`${url}${path}`, init)
    return { status: response.status, text: await response.text() }
  }
  return {
    house,
    url,
    ask: (body, dataset = 'default') =>
      request(`/v2/metrics/${dataset}/query`, { method: 'POST', headers: JSON_TYPE, body: textOf(body) }),
    send: (body, headers = {}) =>
      request('/v1/metrics', {
        method: 'POST',
        headers: { ...JSON_TYPE, ...headers },
        body: Buffer.isBuffer(body) ? new Uint8Array(body) : textOf(body),
      }),
    get: (path, headers = {}) => request(path, { headers }),
    raw: (...parts) => raw(url, parts),
    graphql: (query, variables = {}) =>
      request('/graphql', { method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ query, variables }) }),
    secondSocket: () => secondSocket(url),
    secondSubscription: (variables) => secondSubscription(url, variables),
    close: () => house.close(),
  }
}

const textOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body))

async function raw(url: string, parts: readonly string[]): Promise<Reply> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  for (const part of parts) socket.write(part)
  await once(socket, 'close')
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text: text.slice(text.indexOf('\r\n\r\n') + 4) }
}

const socketTo = (url: string): WebSocket =>
  new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')

async function secondSocket(url: string): Promise<Reply> {
  const first = socketTo(url)
  await once(first, 'open')
  const second = socketTo(url).on('error', () => undefined)
  const [, response] = (await once(second, 'unexpected-response')) as [unknown, IncomingMessage]
  const text = Buffer.concat(await response.toArray()).toString('utf8')
  first.terminate()
  second.terminate()
  return { status: response.statusCode!, text }
}

const SUBSCRIPTION =
  'subscription ($input: TimeseriesInput!) { timeseries(dataset: "default", input: $input) { revision } }'

async function secondSubscription(url: string, variables: object): Promise<Reply> {
  const socket = socketTo(url)
  await once(socket, 'open')
  const say = (message: object) => socket.send(JSON.stringify(message))
  say({ type: 'connection_init' })
  for await (const [data] of on(socket, 'message', { close: ['close'] })) {
    const { type, payload } = JSON.parse(String(data))
    if (type === 'connection_ack') {
      for (const id of ['1', '2']) say({ type: 'subscribe', id, payload: { query: SUBSCRIPTION, variables } })
    }
    if (type !== 'error') continue
    socket.terminate()
    return { status: payload[0].extensions.status, text: JSON.stringify({ errors: payload }) }
  }
  throw new Error('both subscriptions were let in')
}

const MINUTE_MS = 60_000

interface Point {
  readonly attributes?: Readonly<Record<string, string>>
  readonly atMs?: number
  readonly value?: number
}

const attributesOf = (attributes: Readonly<Record<string, string>>) =>
  Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }))

/** An OTLP request with one delta counter. */
export function counter(name: string, points: readonly Point[], resource: Readonly<Record<string, string>> = {}) {
  const dataPoints = points.map(({ attributes = {}, atMs = Date.now(), value = 1 }) => ({
    attributes: attributesOf(attributes),
    startTimeUnixNano: `${atMs - MINUTE_MS}000000`,
    timeUnixNano: `${atMs}000000`,
    asInt: String(value),
  }))
  const metric = { name, unit: '1', sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints } }
  return requestOf(metric, resource)
}

/** An OTLP request with one histogram point of so many buckets. */
export const histogram = (name: string, buckets: number) =>
  requestOf({
    name,
    histogram: {
      aggregationTemporality: 1,
      dataPoints: [
        {
          startTimeUnixNano: `${Date.now() - MINUTE_MS}000000`,
          timeUnixNano: `${Date.now()}000000`,
          count: '0',
          sum: 0,
          explicitBounds: Array.from({ length: buckets - 1 }, (_, i) => i),
          bucketCounts: Array.from({ length: buckets }, () => '0'),
        },
      ],
    },
  })

const requestOf = (metric: object, resource: Readonly<Record<string, string>> = {}) => ({
  resourceMetrics: [{ resource: { attributes: attributesOf(resource) }, scopeMetrics: [{ metrics: [metric] }] }],
})

/** A question to the small dataset of these tests. */
export const question = (over: object = {}) => ({
  aggregations: [{ metric: 'requests' }],
  granularity: 'PT1M',
  intervals: ['PT30M/now+1m'],
  ...over,
})
