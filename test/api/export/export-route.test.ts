import assert from 'node:assert/strict'
import { get as httpGet } from 'node:http'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { LanewayError } from '../../../src/model/errors.ts'
import { scopeOf, UNSCOPED } from '../../../src/model/scope.ts'
import type { SettledAnswer, SettledFamily } from '../../../src/planner/engine.ts'
import { catalog, errorsIn, RECEIVED, TEN } from '../api-world.ts'
import { EXPORT, EXPORTED, OPENMETRICS, openExport, type WorldOptions } from './export-world.ts'
import { readExport } from './read-export.ts'

const opened: { close(): unknown }[] = []
after(() => Promise.all(opened.map((each) => each.close())))

async function open(options?: WorldOptions) {
  const world = await openExport(options)
  opened.push(world.app)
  return world
}

const CREATED = (TEN - 300_000) / 1000

test('text 0.0.4 by default: times in ms, increases as gauges, labels by their short names', async () => {
  const world = await open()
  world.fill(5, { 'lkc-1/orders': '9007199254740993', 'lkc-1/"q"\\\n': 2, 'lkc-2/orders': 3 })
  const { status, text, headers } = await world.get()
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(headers.vary, 'Accept, Accept-Encoding, Authorization')
  assert.equal(
    text,
    [
      `# HELP ${EXPORTED} ${RECEIVED} in words`,
      `# TYPE ${EXPORTED} gauge`,
      `${EXPORTED}{topic="\\"q\\"\\\\\\n",kafka_id="lkc-1"} 2 ${TEN - 300_000}`,
      `${EXPORTED}{topic="orders",kafka_id="lkc-1"} 9007199254740993 ${TEN - 300_000}`,
      `${EXPORTED}{topic="orders",kafka_id="lkc-2"} 3 ${TEN - 300_000}`,
      '',
    ].join('\n'),
  )
})

test('OpenMetrics: times in seconds, unit, EOF', async () => {
  const world = await open()
  world.fill(5, { 'lkc-1/orders': 2 })
  const { text, headers } = await world.get('', { accept: OPENMETRICS })
  assert.match(String(headers['content-type']), /^application\/openmetrics-text; version=1.0.0; charset=utf-8/)
  assert.equal(
    text,
    [
      `# HELP ${EXPORTED} ${RECEIVED} in words`,
      `# TYPE ${EXPORTED} gauge`,
      `# UNIT ${EXPORTED} bytes`,
      `${EXPORTED}{topic="orders",kafka_id="lkc-1"} 2 ${CREATED}`,
      '# EOF',
      '',
    ].join('\n'),
  )
})

test('totals are counters with a created time in OpenMetrics, and stand at the end of their bucket', async () => {
  const world = await open()
  world.fill(5, { 'lkc-1/orders': 2 })
  const { text } = await world.get('?counters=cumulative', { accept: OPENMETRICS })
  const [family] = readExport(text, 'openmetrics')
  assert.equal(family!.type, 'counter')
  const labels = { topic: 'orders', kafka_id: 'lkc-1' }
  assert.deepEqual(family!.samples, [
    { name: `${EXPORTED}_total`, labels, value: '2', time: String(CREATED + 60) },
    { name: `${EXPORTED}_created`, labels, value: String(CREATED), time: String(CREATED + 60) },
  ])
  const plain = readExport((await world.get('?counters=cumulative')).text, 'text')
  assert.deepEqual([plain[0]!.name, plain[0]!.type, plain[0]!.samples.length], [`${EXPORTED}_total`, 'counter', 1])
})

test('several buckets come by series and time', async () => {
  const world = await open()
  for (const ago of [7, 6, 5]) world.fill(ago, { 'lkc-1/a': ago, 'lkc-1/b': ago * 10 })
  const { text } = await world.get('?lookback=PT2M')
  const [family] = readExport(text, 'text')
  assert.deepEqual(
    family!.samples.map(({ labels, value }) => `${labels.topic} ${value}`),
    ['a 6', 'a 5', 'b 60', 'b 50'],
  )
  const since = [`since=${(TEN - 420_000) / 1000}`, `since=${new Date(TEN - 420_000).toISOString()}`, 'since=now-7m']
  for (const search of since)
    assert.equal(readExport((await world.get(`?${search}`)).text, 'text')[0]!.samples.length, 6)
})

test('gzip is sent where it is accepted, and says the same', async () => {
  const world = await open()
  world.fill(5, { 'lkc-1/orders': 2 })
  const plain = await world.get('', { 'accept-encoding': 'gzip;q=0' })
  assert.equal(plain.headers['content-encoding'], undefined)
  const zipped = await world.get('', { 'accept-encoding': 'gzip' })
  assert.equal(zipped.headers['content-encoding'], 'gzip')
  assert.equal(gunzipSync(zipped.bytes).toString(), plain.text)
})

test('resources are named in both spellings, repeated and by commas', async () => {
  const world = await open()
  world.fill(5, { 'lkc-1/a': 1, 'lkc-2/a': 2, 'lkc-3/a': 3, 'lkc-4/a': 4 })
  const { text } = await world.get('?resource.kafka.id=lkc-1,lkc-2&resource_kafka_id=lkc-3&resource_kafka_id=lkc-1')
  assert.deepEqual(
    readExport(text, 'text')[0]!.samples.map(({ labels }) => labels.kafka_id),
    ['lkc-1', 'lkc-2', 'lkc-3'],
  )
  assert.equal(
    (await world.get('?resource.connector.id=lcc-1')).text,
    '',
    'a type of v2 that the dataset does not have',
  )
  const both = await world.get('?resource.connector.id=lcc-1&resource.kafka.id=lkc-4')
  assert.equal(readExport(both.text, 'text')[0]!.samples.length, 1)
})

test('what is wrong with a parameter is said', async () => {
  const world = await open()
  const wrong: readonly (readonly [string, number, string, RegExp])[] = [
    ['resource.kafak.id=x', 400, 'FIELD_INVALID', /resource\.kafka\.id/],
    ['resource.kafka.id=', 400, 'FIELD_INVALID', /names no id/],
    ['since=yesterday', 400, 'FIELD_INVALID', /since/],
    ['since=1763719200000', 400, 'FIELD_INVALID', /Unix seconds/],
    ['since=1&lookback=PT5M', 400, 'FIELD_INVALID', /beside lookback/],
    ['lookback=5m', 400, 'FIELD_INVALID', /PT5M/],
    ['lookback=P1M', 400, 'FIELD_INVALID', /PT5M/],
    ['lookback=PT16M', 400, 'FIELD_INVALID', /900 s/],
    ['counters=total', 400, 'FIELD_INVALID', /counters/],
    ['metric=nope', 400, 'METRIC_UNKNOWN', /received_bytes/],
  ]
  for (const [search, status, code, text] of wrong) {
    const got = await world.get(`?${search}`)
    assert.equal(got.status, status, search)
    const [error] = errorsIn(got.text)
    assert.equal(error!.code, code, search)
    assert.match(error!.detail, text, search)
  }
  const unknown = await world.app.inject({ method: 'GET', url: '/v2/metrics/nope/export' })
  assert.equal(unknown.statusCode, 404)
  assert.equal((await world.get('', { accept: 'application/json' })).status, 406)
})

test('series beyond the limit are left out, and how many is told', async () => {
  const exports = { seriesMax: 2, lookbackMsMax: 900_000, renderedBytesMax: 1_000_000 }
  const world = await open({ exports })
  world.fill(5, { 'lkc-1/a': 1, 'lkc-1/b': 2, 'lkc-1/c': 3, 'lkc-1/d': 4, 'lkc-1/e': 5 })
  const families = readExport((await world.get('', { accept: OPENMETRICS })).text, 'openmetrics')
  assert.deepEqual(
    families.map(({ name, samples }) => [name, samples.length]),
    [
      [EXPORTED, 2],
      ['laneway_export_truncated', 1],
    ],
  )
  assert.deepEqual(families[1]!.samples[0], {
    name: 'laneway_export_truncated',
    labels: { metric: RECEIVED },
    value: '3',
    time: null,
  })
})

test('metrics that are cold are absent, and told in export_status when failures are to be ignored', async () => {
  const world = await open()
  world.fill(5, { 'lkc-1/orders': 2 })
  assert.equal(readExport((await world.get()).text, 'text').length, 1)
  const search = '?ignore_failed_metrics=true&resource.kafka.id=lkc-1,lkc-2'
  const text = readExport((await world.get(search)).text, 'text')
  assert.deepEqual(
    text.map(({ name, type }) => [name, type]),
    [
      [EXPORTED, 'gauge'],
      ['export_status', 'gauge'],
    ],
  )
  const labels = (metric: string, resource: string) => ({ export_status: 'error', metric, resource })
  assert.deepEqual(
    text[1]!.samples.map((each) => each.labels),
    [
      labels('a_metric', 'lkc-1'),
      labels('a_metric', 'lkc-2'),
      labels('b_metric', 'lkc-1'),
      labels('b_metric', 'lkc-2'),
    ],
  )
  const open_ = readExport((await world.get(search, { accept: OPENMETRICS })).text, 'openmetrics')
  assert.equal(open_[1]!.type, 'stateset')
})

const metric = catalog.datasets.get('cloud')!.metrics.get(RECEIVED)!

/** A family of `count` series, whose walk breaks before the one at `breaksAt`. */
const longFamily = (count: number, breaksAt = Number.POSITIVE_INFINITY): SettledFamily => ({
  metric,
  counted: 'delta',
  labels: ['metric.topic'],
  buckets: [TEN],
  ends: [TEN + 60_000],
  *series() {
    for (let i = 0; i < count; i++) {
      if (i === breaksAt) throw new Error('the table fell over')
      if (i % 1000 === 0) yield null
      yield { group: [`topic-${String(i).padStart(6, '0')}`], values: [i], created: null }
    }
  },
})

const answering = (answer: Partial<SettledAnswer>): WorldOptions => ({
  settled: async () => ({ families: [], unsettled: [], version: 'v', ...answer }),
})

test('a metric that broke breaks the export, unless failures are to be ignored and something is left', async () => {
  const failed = { metric, why: new LanewayError('SOURCE_FAILED', { detail: 'push fell over' }) }
  const partly = await open(answering({ families: [longFamily(1)], unsettled: [failed] }))
  assert.equal((await partly.get()).status, 503)
  const { status, text } = await partly.get('?ignore_failed_metrics=true')
  assert.equal(status, 200)
  assert.deepEqual(
    readExport(text, 'text').map(({ name }) => name),
    [EXPORTED, 'export_status'],
  )
  const wholly = await open(answering({ unsettled: [failed] }))
  assert.equal((await wholly.get('?ignore_failed_metrics=true')).status, 503)
})

/** Reads an answer to its end; whether it ended as promised. */
function fetchWhole(url: string, headers: Record<string, string> = {}): Promise<{ body: Buffer; complete: boolean }> {
  return new Promise((resolve, reject) => {
    httpGet(url, { headers }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', () => undefined)
      response.on('close', () => resolve({ body: Buffer.concat(pieces), complete: response.complete }))
    }).on('error', reject)
  })
}

const SMALL = { seriesMax: 1_000_000, lookbackMsMax: 900_000, renderedBytesMax: 100_000 }

test('an export too long to keep is streamed, plain and zipped, and is the same', async () => {
  const world = await open({ ...answering({ families: [longFamily(5000)] }), exports: SMALL })
  const url = `${await world.listen()}${EXPORT}`
  const plain = await fetchWhole(url, { accept: OPENMETRICS })
  assert.ok(plain.complete)
  assert.equal(readExport(plain.body.toString(), 'openmetrics')[0]!.samples.length, 5000)
  const zipped = await fetchWhole(url, { accept: OPENMETRICS, 'accept-encoding': 'gzip' })
  assert.equal(gunzipSync(zipped.body).toString(), plain.body.toString())
})

test('failing part way breaks the connection instead of ending a short body', async () => {
  const world = await open({ ...answering({ families: [longFamily(50_000, 40_000)] }), exports: SMALL })
  const url = `${await world.listen()}${EXPORT}`
  // The first quarter of the limit is rendered without a fault, so that it is streamed.
  for (const headers of [{}, { 'accept-encoding': 'gzip' }]) {
    const { body, complete } = await fetchWhole(url, headers as Record<string, string>)
    assert.ok(body.length > 0)
    assert.equal(complete, false)
  }
})

test('a failure before anything was sent is an error as JSON', async () => {
  const world = await open(answering({ families: [longFamily(50_000, 40_000)] }))
  const { status, headers, text } = await world.get('', { 'accept-encoding': 'gzip' })
  assert.equal(status, 500)
  assert.equal(headers['content-encoding'], undefined)
  assert.equal(errorsIn(text)[0]!.code, 'INTERNAL')
})

test("the scraper's own time-out is a deadline", async () => {
  const world = await open({ settled: () => new Promise(() => undefined) })
  const { status, text } = await world.get('', { 'x-prometheus-scrape-timeout-seconds': '0.05' })
  assert.equal(status, 504)
  assert.equal(errorsIn(text)[0]!.code, 'DEADLINE_EXCEEDED')
})

test('scrapers at once share one rendering, later ones get the same bytes', async () => {
  let walks = 0
  const family = longFamily(2000)
  const counted: SettledFamily = {
    ...family,
    series() {
      walks++
      return family.series()
    },
  }
  const world = await open(answering({ families: [counted] }))
  const all = await Promise.all([world.get(), world.get(), world.get()])
  assert.equal((await world.get()).text, all[0].text)
  assert.equal(walks, 1)
  await world.get('', { accept: OPENMETRICS })
  assert.equal(walks, 2)
})

test('what is kept is kept apart by caller', async () => {
  const scope = (cluster: string) => scopeOf('t', null, [{ label: 'resource.kafka.id', values: [cluster] }])
  const keys = {
    find: (id: string) => ({ id, roles: new Set(['export' as const]), scope: id === 'all' ? UNSCOPED : scope(id) }),
  }
  const world = await open({ keys })
  world.fill(5, { 'lkc-1/a': 1, 'lkc-2/a': 2 })
  const as = (id: string) => ({ authorization: `Basic ${Buffer.from(`${id}:x`).toString('base64')}` })
  const valuesOf = async (id: string) =>
    readExport((await world.get('', as(id))).text, 'text').flatMap(({ samples }) => samples.map(({ value }) => value))
  assert.deepEqual(await valuesOf('all'), ['1', '2'])
  assert.deepEqual(await valuesOf('lkc-1'), ['1'])
  assert.deepEqual(await valuesOf('lkc-2'), ['2'])
  const foreign = await world.get('?resource.kafka.id=lkc-1', as('lkc-2'))
  assert.equal(foreign.status, 403)
  assert.match(errorsIn(foreign.text)[0]!.detail, /Query must filter by at least one of your authorized resources/)
})

test('HEAD says how a scrape would go, without a body', async () => {
  const world = await open()
  world.fill(5, { 'lkc-1/orders': 2 })
  const head = await world.app.inject({ method: 'HEAD', url: EXPORT, headers: { accept: OPENMETRICS } })
  assert.equal(head.statusCode, 200)
  assert.match(String(head.headers['content-type']), /openmetrics/)
  assert.equal(head.body, '')
  assert.equal((await world.app.inject({ method: 'HEAD', url: `${EXPORT}?since=x` })).statusCode, 400)
})
