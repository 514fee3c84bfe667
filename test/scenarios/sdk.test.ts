import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { after, before, test } from 'node:test'
import { type House, openHouse } from './house.ts'
import { type Expected, expectedOf, openSender, type SenderOptions } from './sdk-sender.ts'

// A real OpenTelemetry SDK sends over HTTP; every number it recorded can be asked for.

let house: House
let urls: { readonly url: string; readonly otlpUrl: string | null }
before(async () => {
  house = await openHouse(Date.now, { 'http.port': 0, 'http.otlpPort': 0 })
  urls = await house.laneway.listen()
})
after(() => house.close())

type Row = Readonly<Record<string, unknown>> & { readonly value: number }

/** The answer for one number, over everything that may have been sent. */
async function answerTo(dataset: string, { metric, time, attributes }: Expected): Promise<readonly Row[]> {
  const filters = [
    { field: 'resource.service.name', op: 'EQ', value: 'checkout' },
    ...Object.entries(attributes).map(([name, value]) => ({ field: `metric.${name}`, op: 'EQ', value })),
  ]
  const known = house.laneway.catalog.current().datasets.get(dataset)?.metrics.get(metric)?.labels ?? []
  const { status, text } = await house.ask(dataset, {
    aggregations: [{ metric, time }],
    granularity: 'ALL',
    intervals: ['PT30M/now+1m'],
    group_by: known.filter((label) => label.startsWith('metric.')),
    filter: { op: 'AND', filters },
  })
  assert.equal(status, 200, `${metric}: ${text}`)
  return (JSON.parse(text).data as Row[]).filter((row) =>
    Object.keys(row).every((key) => !key.startsWith('metric.') || row[key] == null || key.slice(7) in attributes),
  )
}

function near(actual: number | undefined, expected: number): boolean {
  if (actual === undefined) return false
  return Number.isInteger(expected) ? actual === expected : Math.abs(actual - expected) <= 1e-12 * Math.abs(expected)
}

async function assertAnswers(dataset: string, expected: readonly Expected[]): Promise<void> {
  for (const each of expected) {
    const rows = await answerTo(dataset, each)
    assert.equal(rows.length, 1, `${each.metric} ${JSON.stringify(each.attributes)}: ${rows.length} rows`)
    assert.ok(near(rows[0]!.value, each.value), `${each.metric}: ${rows[0]!.value} is not ${each.value}`)
  }
}

type Headers = readonly (string | undefined)[]

/** What stands in the headers of the requests that go out meanwhile. */
async function headersOf(act: () => Promise<void>): Promise<Headers[]> {
  const seen: Headers[] = []
  const listen = (message: unknown): void => {
    const { request } = message as { readonly request: ClientRequest }
    seen.push(['content-type', 'content-encoding'].map((name) => request.getHeader(name)?.toString()))
  }
  subscribe('http.client.request.start', listen)
  try {
    await act()
  } finally {
    unsubscribe('http.client.request.start', listen)
  }
  return seen
}

const SENDERS: readonly (Omit<SenderOptions, 'url'> & { readonly port: 'url' | 'otlpUrl' })[] = [
  { dataset: 'sdk-1', encoding: 'protobuf', temporality: 'cumulative', gzip: false, port: 'url' },
  { dataset: 'sdk-2', encoding: 'protobuf', temporality: 'delta', gzip: true, port: 'otlpUrl' },
  { dataset: 'sdk-3', encoding: 'json', temporality: 'delta', gzip: false, port: 'otlpUrl' },
  { dataset: 'sdk-4', encoding: 'json', temporality: 'cumulative', gzip: true, port: 'url' },
]
for (const { port, ...options } of SENDERS) {
  const { dataset, encoding, temporality, gzip } = options
  const compression = gzip ? ', gzip' : ''
  test(`every instrument of an SDK that sends ${encoding}, ${temporality}${compression} answers what it recorded`, async () => {
    const sender = openSender({ ...options, url: urls[port]! })
    try {
      const headers = await headersOf(async () => {
        for (const round of [1, 2, 3]) {
          sender.record(round)
          await sender.flush()
        }
      })
      const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf'
      assert.deepEqual(headers, Array(3).fill([type, gzip ? 'gzip' : undefined]))
      const expected = expectedOf(await sender.recorded())
      assert.equal(expected.length, 22)
      await assertAnswers(dataset, expected)
    } finally {
      await sender.close()
    }
  })
}

const histogram = (name: string, unit: string): Record<string, string> => ({
  [`${name}.count`]: 'COUNTER_INT64 1',
  [`${name}.sum`]: `COUNTER_DOUBLE ${unit}`.trim(),
  [`${name}.min`]: `GAUGE_DOUBLE ${unit}`.trim(),
  [`${name}.max`]: `GAUGE_DOUBLE ${unit}`.trim(),
  [`${name}.bucket`]: 'COUNTER_INT64 1',
})

test('metrics of an SDK register themselves with the unit, type and labels of their instruments', () => {
  const { metrics } = house.laneway.catalog.current().datasets.get('sdk-1')!
  const said = Object.fromEntries([...metrics.values()].map(({ name, type, unit }) => [name, `${type} ${unit}`.trim()]))
  assert.deepEqual(said, {
    orders: 'COUNTER_INT64 {order}',
    revenue: 'COUNTER_DOUBLE EUR',
    waiting: 'GAUGE_INT64 {order}',
    price: 'GAUGE_DOUBLE EUR',
    // without a value type of its own an instrument sends doubles
    pages: 'COUNTER_DOUBLE',
    sessions: 'GAUGE_DOUBLE',
    temperature: 'GAUGE_DOUBLE Cel',
    ...histogram('order.size', ''),
    ...histogram('payment.duration', 's'),
  })
  const resource = ['resource.service.instance.id', 'resource.service.name']
  assert.deepEqual(metrics.get('orders')!.labels, ['metric.express', 'metric.product', ...resource])
  assert.deepEqual(metrics.get('order.size.bucket')!.labels, ['metric.le', 'metric.product', ...resource])
})

test('what an SDK sends in several rounds is the same as what it sends at once', async () => {
  const options = { url: urls.url, encoding: 'protobuf', temporality: 'delta', gzip: false } as const
  const [often, once] = [openSender({ ...options, dataset: 'often' }), openSender({ ...options, dataset: 'once' })]
  for (const round of [1, 2, 3]) {
    often.record(round)
    once.record(round)
    await often.flush()
  }
  await once.flush()
  const expected = expectedOf(await once.recorded())
  await Promise.all([often.close(), once.close()])
  await assertAnswers('once', expected)
  await assertAnswers('often', expected)
})
