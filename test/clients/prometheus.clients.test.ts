// needs prometheus
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Gateway, openLiveGateway } from './gateway.ts'
import { type Forwarder, forwarder, type Prometheus, type Sample, startPrometheus } from './prometheus.ts'

// A real Prometheus scrapes for some minutes while telemetry goes on coming in: targets by http_sd, both formats, totals,
// and overlapping exports. Its own counters tell whether anything was out of order, twice, or too old; its values are
// those of the query route.

const RUN_MS = 200_000
const EXPORT = '/v2/metrics/cloud/export'

let gateway: Gateway
let text: Forwarder
let strict: Prometheus
let tolerant: Prometheus
let deployed: Prometheus
before(async () => {
  gateway = await openLiveGateway({ 'lanes.hot.deadlineMs': 30_000 })
  text = await forwarder(gateway.url, 'text/plain;version=0.0.4')
  strict = await startPrometheus(strictConfig(gateway, text))
  tolerant = await startPrometheus(tolerantConfig(gateway))
  deployed = await startPrometheus(deployedConfig(gateway), DEPLOYED)
  await sleep(RUN_MS)
})
after(async () => {
  await Promise.all([strict, tolerant, deployed].map((prometheus) => prometheus?.close()))
  await text?.close()
  await gateway?.close()
})

const job = (name: string, host: string, more = '') => `
  - job_name: ${name}
    metrics_path: ${EXPORT}
    static_configs: [{ targets: ['${host}'] }]
${more}`

/** As a scraper that expects each value once: delta gauges by http_sd, text 0.0.4, totals, and the gateway's own. */
const strictConfig = ({ url }: Gateway, { host }: Forwarder): string => `
global: { scrape_interval: 5s, scrape_timeout: 5s }
scrape_configs:
  - job_name: discovered
    http_sd_configs: [{ url: '${url}/v2/metrics/cloud/discovery', refresh_interval: 10s }]
${job('text', host)}${job('totals', new URL(url).host, '    params: { counters: [cumulative] }')}
  - job_name: own
    static_configs: [{ targets: ['${new URL(url).host}'] }]
`

/** As a scraper that may miss scrapes: each export reaches five minutes back. */
const tolerantConfig = ({ url }: Gateway): string => `
global: { scrape_interval: 5s, scrape_timeout: 5s }
storage: { tsdb: { out_of_order_time_window: 30m } }
scrape_configs:${job('lookback', new URL(url).host, '    params: { lookback: [PT5M] }')}
`

const DEPLOYED = 'deploy/prometheus'

/** The configuration that comes with Laneway, but for the address. */
const deployedConfig = ({ url }: Gateway): string =>
  readFileSync(join(DEPLOYED, 'prometheus.yml'), 'utf8').replaceAll('127.0.0.1:8080', new URL(url).host)

/** Exported names and what they are in questions. */
const METRICS = {
  confluent_kafka_server_received_bytes: 'io.confluent.kafka.server/received_bytes',
  confluent_kafka_server_request_count: 'io.confluent.kafka.server/request_count',
  confluent_kafka_server_partition_count: 'io.confluent.kafka.server/partition_count',
} as const

const labelOf = (name: string): string => (name === 'kafka_id' ? 'resource.kafka.id' : `metric.${name}`)

const labelsOf = ({ labels }: Sample): string[] =>
  Object.keys(labels).filter((name) => !['__name__', 'job', 'instance'].includes(name))

type Row = Readonly<Record<string, string | number>>

/** What the query route answers for the labels that a sample has, by minute: key ▸ value. */
async function answers(metric: string, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { status, text } = await gateway.ask('cloud', {
    aggregations: [{ metric }],
    granularity: 'PT1M',
    intervals: ['PT30M/now'],
    group_by: names.map(labelOf),
    limit: 1_000,
  })
  assert.equal(status, 200, text)
  const { data, meta } = JSON.parse(text)
  assert.equal(meta.truncated, false)
  return new Map(
    (data as Row[]).map((row) => [
      keyOf(
        names.map((name) => row[labelOf(name)]),
        row,
      ),
      Number(row.value),
    ]),
  )
}

const keyOf = (labels: readonly unknown[], { timestamp }: Row): string =>
  JSON.stringify([labels, Date.parse(`${timestamp}`)])

/** Asks once for each set of labels. */
function asker(metric: string): (names: readonly string[]) => Promise<ReadonlyMap<string, number>> {
  const asked = new Map<string, Promise<ReadonlyMap<string, number>>>()
  return (names) => {
    const known = asked.get(names.join()) ?? answers(metric, names)
    asked.set(names.join(), known)
    return known
  }
}

/** Every sample of these series, held against the answer at its moment; how many moments there were. */
async function assertAnswered(samples: readonly Sample[], metric: string): Promise<number> {
  const moments = new Set<number>()
  assert.ok(samples.length > 0, `no series of ${metric}`)
  const ask = asker(metric)
  for (const sample of samples) {
    const names = labelsOf(sample)
    const known = await ask(names)
    for (const [seconds, value] of sample.values) {
      moments.add(seconds)
      const key = JSON.stringify([names.map((name) => sample.labels[name]), Math.round(seconds * 1000)])
      assert.equal(Number(value), known.get(key), `${metric} ${key}`)
    }
  }
  return moments.size
}

test('every scrape of every job succeeded', async () => {
  const least = [
    [strict, 10],
    [tolerant, 10],
    [deployed, 3],
  ] as const
  for (const [prometheus, scrapes] of least) {
    for (const { labels, values } of await prometheus.select('up[10m]')) {
      assert.deepEqual(new Set(values.map(([, value]) => value)), new Set(['1']), JSON.stringify(labels))
      assert.ok(values.length >= scrapes, `${labels.job} was scraped ${values.length} times`)
    }
    for (const { labels, health, lastError } of await prometheus.targets()) {
      assert.deepEqual([health, lastError], ['up', ''], JSON.stringify(labels))
    }
  }
})

test('http_sd discovers every resource that has data', async () => {
  const discovered = (await strict.targets()).filter(({ labels }) => labels.job === 'discovered')
  const ids = discovered.flatMap(({ discoveredLabels }) => discoveredLabels.__param_resource_kafka_id!.split(','))
  const { data } = JSON.parse(
    (
      await gateway.ask('cloud', {
        aggregations: [{ metric: METRICS.confluent_kafka_server_received_bytes }],
        granularity: 'ALL',
        intervals: ['PT1H/now'],
        group_by: ['resource.kafka.id'],
      })
    ).text,
  )
  assert.deepEqual(ids.sort(), (data as Row[]).map((row) => row['resource.kafka.id']).sort())
  assert.ok(ids.length >= 2)
})

const TROUBLE = [
  'prometheus_target_scrapes_sample_out_of_order_total',
  'prometheus_target_scrapes_sample_duplicate_timestamp_total',
  'prometheus_target_scrapes_sample_out_of_bounds_total',
  'prometheus_target_scrapes_exemplar_out_of_order_total',
  'prometheus_target_scrapes_exceeded_sample_limit_total',
  'prometheus_target_scrapes_exceeded_body_size_limit_total',
  'prometheus_tsdb_out_of_bound_samples_total',
  'prometheus_tsdb_out_of_order_samples_total',
  'prometheus_tsdb_too_old_samples_total',
  'prometheus_sd_failed_configs{name="scrape"}',
]

for (const which of ['strict', 'tolerant', 'deployed'] as const) {
  test(`no sample of the ${which} jobs was out of order, twice with two values, or too old`, async () => {
    const own = await { strict, tolerant, deployed }[which].ownMetrics()
    for (const name of TROUBLE) {
      const found = [...own].filter(([series]) => series === name || series.startsWith(`${name}{`))
      for (const [series, value] of found) assert.equal(value, 0, series)
      if (!name.startsWith('prometheus_sd')) assert.ok(found.length > 0, `${name} is not among its metrics`)
    }
  })
}

test('the rules that come with Laneway are evaluated, record what they say, and no alert fires', async () => {
  const own = await deployed.ownMetrics()
  const failures = [...own].filter(([series]) => series.startsWith('prometheus_rule_evaluation_failures_total'))
  assert.ok(failures.length > 0)
  for (const [series, value] of failures) assert.equal(value, 0, series)
  assert.deepEqual(await deployed.select('ALERTS{alertstate="firing"}[10m]'), [])
  const recorded = await deployed.select('{__name__=~"kafka_id_topic:.+"}[10m]')
  assert.ok(recorded.length > 0)
})

for (const name of ['discovered', 'text', 'lookback']) {
  test(`the values of job ${name} are those of the query route, minute by minute`, async () => {
    const prometheus = name === 'lookback' ? tolerant : strict
    for (const [exported, metric] of Object.entries(METRICS)) {
      const moments = await assertAnswered(await prometheus.select(`${exported}{job="${name}"}[20m]`), metric)
      assert.ok(moments >= 3, `${exported} has ${moments} moments`)
    }
  })
}

test('text 0.0.4 was asked for and sent', () => {
  assert.deepEqual(text.types, new Set(['text/plain; version=0.0.4; charset=utf-8']))
})

test('totals, which stand at the end of their minute, rise by what the query route answers for it', async () => {
  const metric = METRICS.confluent_kafka_server_received_bytes
  const samples = await strict.select('confluent_kafka_server_received_bytes_total{job="totals"}[20m]')
  assert.ok(samples.length > 0)
  const ask = asker(metric)
  let rises = 0
  for (const sample of samples) {
    const names = labelsOf(sample)
    const known = await ask(names)
    const own = names.map((name) => sample.labels[name])
    for (let i = 1; i < sample.values.length; i++) {
      const [[earlier, before], [later, after]] = [sample.values[i - 1]!, sample.values[i]!]
      const minutes = Array.from({ length: Math.round((later - earlier) / 60) }, (_, m) => earlier + m * 60)
      const expected = minutes.map((seconds) => known.get(JSON.stringify([own, Math.round(seconds * 1000)])) ?? 0)
      assert.equal(
        Number(after) - Number(before),
        expected.reduce((a, b) => a + b),
        `${own} at ${later}`,
      )
      rises++
    }
  }
  assert.ok(rises >= samples.length, `${rises} rises of ${samples.length} series`)
})

test("the gateway's own metrics were scraped too", async () => {
  const samples = await strict.select('{job="own",__name__=~"laneway_.+"}[1m]')
  assert.ok(samples.length > 20)
})
