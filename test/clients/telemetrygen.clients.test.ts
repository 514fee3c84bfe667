// needs telemetrygen
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Gateway, openGateway } from './gateway.ts'
import { run, TOOLS } from './tools.ts'

// telemetrygen, the load generator of the OpenTelemetry Collector, sends with the Go SDK's exporter; what it says it sent
// can be asked for.

let gateway: Gateway
before(async () => {
  gateway = await openGateway()
})
after(() => gateway.close())

const COUNT = 25
const WORKERS = 2

/** One metric of this name and type, COUNT points from each worker: the i-th has the value i. */
async function generate(name: string, type: string, temporality: string, more: readonly string[] = []): Promise<void> {
  const { code, out, err } = await run(TOOLS.telemetrygen, [
    'metrics',
    ...['--otlp-http', '--otlp-insecure', '--otlp-endpoint', new URL(gateway.url).host],
    ...['--metric-type', type, '--aggregation-temporality', temporality, '--otlp-metric-name', name],
    ...['--metrics', `${COUNT}`, '--workers', `${WORKERS}`, '--rate', '0', ...more],
    ...['--otlp-attributes', 'laneway.dataset="generated"', '--telemetry-attributes', 'route="/größe"'],
  ])
  assert.equal(code, 0, `${out}\n${err}`)
}

async function answerOf(metric: string, time: string, le?: string): Promise<number | undefined> {
  const route = { field: 'metric.route', op: 'EQ', value: '/größe' }
  const { status, text } = await gateway.ask('generated', {
    aggregations: [{ metric, time }],
    granularity: 'ALL',
    intervals: ['PT30M/now+1m'],
    filter: le === undefined ? route : { op: 'AND', filters: [route, { field: 'metric.le', op: 'EQ', value: le }] },
  })
  assert.equal(status, 200, text)
  return JSON.parse(text).data[0]?.value
}

test('gauges are readings: what is asked for is the last', async () => {
  await generate('gen.gauge', 'Gauge', 'cumulative', ['--batch=false'])
  assert.equal(await answerOf('gen.gauge', 'LAST'), COUNT - 1)
})

test('delta sums add up, point by point as in batches', async () => {
  const each = (COUNT * (COUNT - 1)) / 2
  await generate('gen.sum', 'Sum', 'delta', ['--batch=false'])
  assert.equal(await answerOf('gen.sum', 'SUM'), WORKERS * each)
  await generate('gen.batched', 'Sum', 'delta')
  assert.equal(await answerOf('gen.batched', 'SUM'), WORKERS * each)
})

test('a cumulative sum is what its readings rose by', async () => {
  await generate('gen.cumulative', 'Sum', 'cumulative', ['--batch=false', '--workers', '1'])
  assert.equal(await answerOf('gen.cumulative', 'SUM'), COUNT - 1)
})

test('histograms give counts and buckets of every value: ten values a point', async () => {
  await generate('gen.histogram', 'Histogram', 'delta')
  const values = WORKERS * COUNT * 10
  assert.equal(await answerOf('gen.histogram.count', 'SUM'), values)
  assert.equal(await answerOf('gen.histogram.bucket', 'SUM', '+Inf'), values)
  assert.equal(await answerOf('gen.histogram.bucket', 'SUM', '0'), 0)
})

test('exponential histograms give counts: ten to twenty-nine values a point', async () => {
  await generate('gen.exponential', 'ExponentialHistogram', 'delta', ['--batch=false'])
  const count = (await answerOf('gen.exponential.count', 'SUM'))!
  assert.ok(count >= WORKERS * COUNT * 10 && count <= WORKERS * COUNT * 29, `${count}`)
})
