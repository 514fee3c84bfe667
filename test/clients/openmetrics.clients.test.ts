// needs python
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Gateway, openLiveGateway } from './gateway.ts'
import { run, TOOLS } from './tools.ts'

// The parsers of Prometheus' own Python client read every kind of export. That of OpenMetrics is strict: a missing end,
// families in pieces, time running backwards, or a suffix that does not fit its type are errors.

const SERIES_MAX = 40

let gateway: Gateway
before(async () => {
  gateway = await openLiveGateway({ 'export.seriesMax': SERIES_MAX })
})
after(() => gateway.close())

interface Family {
  readonly name: string
  readonly type: string
  readonly samples: readonly {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly value: number
    readonly seconds: number | null
  }[]
}

const ACCEPT = {
  openmetrics: 'application/openmetrics-text;version=1.0.0',
  text: 'text/plain;version=0.0.4',
} as const

async function read(kind: keyof typeof ACCEPT, path: string): Promise<readonly Family[]> {
  const response = await fetch(`${gateway.url}${path}`, { headers: { accept: ACCEPT[kind] } })
  const exposition = await response.text()
  assert.equal(response.status, 200, exposition)
  assert.ok(response.headers.get('content-type')!.startsWith(ACCEPT[kind].split(';')[0]!))
  const { code, out, err } = await run(TOOLS.python, ['test/clients/read_openmetrics.py', kind], { input: exposition })
  assert.equal(code, 0, `${err}\n${exposition.slice(0, 2000)}`)
  return JSON.parse(out)
}

const EXPORT = '/v2/metrics/cloud/export'
const RECEIVED = 'confluent_kafka_server_received_bytes'
const moments = ({ samples }: Family): number => new Set(samples.map(({ seconds }) => seconds)).size

const family = (families: readonly Family[], name: string): Family => {
  const found = families.find((each) => each.name === name)
  assert.ok(found, `${name} is not among ${families.map((each) => each.name).join(', ')}`)
  return found
}

for (const kind of ['openmetrics', 'text'] as const) {
  test(`an export of deltas is ${kind}, one moment a series`, async () => {
    const families = await read(kind, EXPORT)
    assert.ok(families.length >= 10)
    const received = family(families, RECEIVED)
    assert.equal(received.type, 'gauge')
    assert.equal(moments(received), 1)
    const age = Date.now() / 1000 - received.samples[0]!.seconds!
    assert.ok(age > 60 && age < 600, `a settled value is ${age} s old`)
  })

  test(`an export of totals is ${kind}`, async () => {
    const received = family(await read(kind, `${EXPORT}?counters=cumulative`), RECEIVED)
    assert.equal(received.type, 'counter')
    assert.ok(received.samples.some(({ name }) => name === `${RECEIVED}_total`))
  })

  test(`an export that reaches back is ${kind}, with several moments`, async () => {
    const received = family(await read(kind, `${EXPORT}?lookback=PT5M`), RECEIVED)
    assert.ok(moments(received) >= 4, `${moments(received)} moments`)
  })

  test(`an export that says which metrics failed is ${kind}`, async () => {
    const families = await read(kind, `${EXPORT}?ignore_failed_metrics=true`)
    assert.ok(families.length >= 10)
  })
}

test('a metric with more series than the limit is cut short, and a series says so', async () => {
  const families = await read('openmetrics', EXPORT)
  const cut = family(families, 'laneway_export_truncated').samples.filter(({ value }) => value > 0)
  assert.ok(cut.length > 0)
  for (const { samples } of families) assert.ok(samples.length <= SERIES_MAX)
})
