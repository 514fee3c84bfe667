/**
 * A whole Laneway in a process of its own, with SERIES series (CLUSTERS × TOPICS) of one counter, a point a minute for
 * the last MINUTES minutes, through the intake, the roll-ups and the log as in service: one rollup keeps cluster and
 * topic. Then its clock stands still, so that the same question has the same answer and nothing new falls due. Says
 * `{port, from}` to its parent; `from` is the first minute that has data.
 * Answers `cpu` with the microseconds of processor it has used.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../src/config.ts'
import { openLaneway } from '../src/main.ts'
import { MINUTE_MS } from '../src/model/granularity.ts'

const CLUSTERS = 20
const TOPICS = 50
const MINUTES = 120

const CATALOG = `
dataset: bench
retention: { raw: P1D }
resources:
  kafka: { id: resource.kafka.id, description: cluster }
metrics:
  received_bytes:
    type: COUNTER_INT64
    unit: By
    resources: [kafka]
    labels: [metric.topic]
    from: { otlp: received, labels: { topic: metric.topic }, resource: { kafka.id: resource.kafka.id } }
rollups:
  topic_1m: { grain: PT1M, labels: [resource.kafka.id, metric.topic], measures: [received_bytes], keep: { push: P1D } }
`

/** One cluster's points of one minute, as OTLP JSON. */
function request(cluster: number, minute: number, endMs: number): Buffer {
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  const dataPoints = Array.from({ length: TOPICS }, (_, topic) => ({
    attributes: [attribute('topic', `orders.topic-${topic}`)],
    startTimeUnixNano: `${endMs - MINUTE_MS}000000`,
    timeUnixNano: `${endMs - 1000}000000`,
    asInt: String((cluster * 7919 + topic * 104_729 + minute * 31) % 1_000_003),
  }))
  const sum = { aggregationTemporality: 1, isMonotonic: true, dataPoints }
  const resource = { attributes: [attribute('laneway.dataset', 'bench'), attribute('kafka.id', `lkc-${cluster}`)] }
  const scopeMetrics = [{ metrics: [{ name: 'received', unit: 'By', sum }] }]
  return Buffer.from(JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics }] }))
}

const folder = mkdtempSync(join(tmpdir(), 'laneway-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const catalog = join(folder, 'bench.yaml')
writeFileSync(catalog, CATALOG)
const flags = { 'data.path': join(folder, 'data'), 'catalog.paths': [catalog], 'http.port': 0, 'log.level': 'warn' }
const { config } = loadConfig({ environment: {}, flags })
let stoppedMs: number | null = null
const laneway = await openLaneway(config, { clock: () => stoppedMs ?? Date.now() })
const to = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS
const from = to - MINUTES * MINUTE_MS
for (let minute = 0; minute < MINUTES; minute++) {
  const end = from + (minute + 1) * MINUTE_MS
  const bodies = Array.from({ length: CLUSTERS }, (_, cluster) => request(cluster, minute, end))
  await Promise.all(bodies.map((body) => laneway.intake.accept(body, 'application/json')))
}
// Late data waits some seconds for more of it: minutes on, until nothing waits.
for (stoppedMs = Date.now(); laneway.table.stats().dirtyWindows > 0; stoppedMs += MINUTE_MS) await laneway.idle()
await laneway.log.maintain(stoppedMs)
const { url } = await laneway.listen()
process.on('message', (message) => {
  if (message !== 'cpu') return
  const { user, system } = process.cpuUsage()
  process.send!(user + system)
})
process.on('disconnect', () => void laneway.close().finally(() => process.exit()))
process.send!({ port: Number(new URL(url).port), from })
