import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { CHANNELS } from '../../src/model/channels.ts'
import { type Gauge, openTelemetry } from '../../src/telemetry/telemetry.ts'
import { openHouse } from '../scenarios/house.ts'

type ChannelName = keyof typeof CHANNELS

const publish = (name: ChannelName, message: unknown) => channel(CHANNELS[name]).publish(message)

function opened(t: TestContext, gauges: () => readonly Gauge[] = () => []) {
  const clock = { nowMs: 0 }
  const telemetry = openTelemetry({ clock: () => clock.nowMs, gauges })
  t.after(() => telemetry.close())
  const lines = async () => {
    const { body } = await telemetry.ownMetrics.render()
    return body.split('\n').filter((line) => line.startsWith('laneway_'))
  }
  /** Lines of one metric that say more than zero. */
  const of = async (name: string) =>
    (await lines()).filter((line) => new RegExp(`^${name}[ {]`).test(line) && !line.endsWith(' 0'))
  return { telemetry, clock, lines, of }
}

test('intake requests are counted with points accepted, repeated and rejected by reason', async (t) => {
  const { of } = opened(t)
  publish('intake', { accepted: 5, rejected: { too_old: 2, not_finite: 1 }, repeated: 3 })
  publish('intake', { accepted: 1, rejected: { too_old: 1 }, repeated: 0 })
  assert.deepEqual(await of('laneway_intake_requests_total'), ['laneway_intake_requests_total 2'])
  assert.deepEqual(await of('laneway_intake_points_accepted_total'), ['laneway_intake_points_accepted_total 6'])
  assert.deepEqual(await of('laneway_intake_points_repeated_total'), ['laneway_intake_points_repeated_total 3'])
  assert.deepEqual(await of('laneway_intake_points_rejected_total'), [
    'laneway_intake_points_rejected_total{reason="too_old"} 3',
    'laneway_intake_points_rejected_total{reason="not_finite"} 1',
  ])
})

test('answers are counted by route, lane, state and error, with time, rows and sources', async (t) => {
  const { of } = opened(t)
  const hot = { route: 'answer', lane: 'hot', rows: 60, ms: 4 }
  publish('answer', { ...hot, sources: ['push'], state: 'complete' })
  publish('answer', { ...hot, sources: ['push', 'duckdb'], state: 'provisional', ms: 40 })
  publish('answer', { route: 'answer', sources: [], error: 'METRIC_UNKNOWN', ms: 1, rows: 0 })
  const place = 'route="answer",lane='
  assert.deepEqual(await of('laneway_answers_total'), [
    `laneway_answers_total{${place}"hot",state="complete",error="none"} 1`,
    `laneway_answers_total{${place}"hot",state="provisional",error="none"} 1`,
    `laneway_answers_total{${place}"none",state="none",error="METRIC_UNKNOWN"} 1`,
  ])
  assert.deepEqual(await of('laneway_answer_rows_total'), [`laneway_answer_rows_total{${place}"hot"} 120`])
  assert.deepEqual(await of('laneway_answer_sources_total'), [
    'laneway_answer_sources_total{source="push"} 2',
    'laneway_answer_sources_total{source="duckdb"} 1',
  ])
  const buckets = await of('laneway_answer_duration_seconds_bucket')
  assert.ok(buckets.includes(`laneway_answer_duration_seconds_bucket{le="0.005",${place}"hot"} 1`), buckets.join('\n'))
  assert.ok(buckets.includes(`laneway_answer_duration_seconds_bucket{le="0.05",${place}"hot"} 2`))
})

test('lanes show waiting, what was shed, what is in flight and its peak since the last scrape', async (t) => {
  const { of } = opened(t)
  const event = (name: string, waitMs?: number) => publish('lane', { lane: 'hot', event: name, waitMs, cost: 1 })
  event('started', 0)
  event('queued')
  event('started', 30)
  event('ended')
  event('shed')
  assert.deepEqual(await of('laneway_lane_in_flight'), ['laneway_lane_in_flight{lane="hot"} 1'])
  event('ended')
  event('started', 0)
  assert.deepEqual(await of('laneway_lane_in_flight_peak'), ['laneway_lane_in_flight_peak{lane="hot"} 1'])
  assert.deepEqual(await of('laneway_lane_shed_total'), ['laneway_lane_shed_total{lane="hot"} 1'])
  assert.deepEqual(await of('laneway_lane_wait_seconds_sum'), ['laneway_lane_wait_seconds_sum{lane="hot"} 0.03'])
  assert.deepEqual(await of('laneway_lane_wait_seconds_count'), ['laneway_lane_wait_seconds_count{lane="hot"} 3'])
})

test('the peak tells of what was over before anybody looked', async (t) => {
  const { of } = opened(t)
  for (const event of ['started', 'started', 'started', 'ended', 'ended', 'ended'])
    publish('lane', { lane: 'slow', event })
  assert.deepEqual(await of('laneway_lane_in_flight_peak'), ['laneway_lane_in_flight_peak{lane="slow"} 3'])
  assert.deepEqual(await of('laneway_lane_in_flight_peak'), [])
})

test('commits, log transactions, roll-ups and snapshots count what is done, not what is begun', async (t) => {
  const { of, clock } = opened(t)
  publish('rawCommit', { phase: 'before', points: 10, marks: 2 })
  clock.nowMs = 20
  publish('rawCommit', { phase: 'after', points: 10, marks: 2, seq: 1n })
  publish('rawCommit', { phase: 'before', points: 7, marks: 0 })
  publish('logAppend', { phase: 'before', topics: ['a'], records: 3 })
  publish('logAppend', { phase: 'after', topics: ['a'], records: 3 })
  publish('rollupTask', { phase: 'asked', rollup: 'cloud/topic_1m', epoch: 4 })
  publish('rollupTask', { phase: 'read', rollup: 'cloud/topic_1m', epoch: 4 })
  publish('rollupTask', { phase: 'appended', rollup: 'cloud/topic_1m', epoch: 4, records: 12 })
  publish('snapshot', { phase: 'written', bytes: 900 })
  publish('snapshot', { phase: 'renamed', bytes: 900 })
  assert.deepEqual(await of('laneway_raw_\\w+_total'), [
    'laneway_raw_commits_total 1',
    'laneway_raw_points_total 10',
    'laneway_raw_late_marks_total 2',
  ])
  assert.deepEqual(await of('laneway_raw_commit_duration_seconds_sum'), [
    'laneway_raw_commit_duration_seconds_sum 0.02',
  ])
  assert.deepEqual(await of('laneway_log_\\w+_total'), [
    'laneway_log_transactions_total 1',
    'laneway_log_records_total 3',
  ])
  assert.deepEqual(await of('laneway_rollup_\\w+_total'), [
    'laneway_rollup_tasks_total{phase="asked"} 1',
    'laneway_rollup_tasks_total{phase="read"} 1',
    'laneway_rollup_tasks_total{phase="appended"} 1',
    'laneway_rollup_records_total 12',
  ])
  assert.deepEqual(await of('laneway_push_snapshots_total'), ['laneway_push_snapshots_total 1'])
  assert.deepEqual(await of('laneway_push_snapshot_bytes'), ['laneway_push_snapshot_bytes 900'])
})

test('gauges are read at the scrape, by label, and one that is gone leaves no trace', async (t) => {
  let gauges: readonly Gauge[] = [
    { name: 'laneway_push_lag_records', help: 'Behind.', value: 4, labels: { partition: '0' } },
    { name: 'laneway_push_lag_records', help: 'Behind.', value: 5, labels: { partition: '1' } },
    { name: 'laneway_push_bytes', help: 'Memory.', value: 9 },
  ]
  const { of, lines } = opened(t, () => gauges)
  assert.deepEqual(await of('laneway_push_lag_records'), [
    'laneway_push_lag_records{partition="0"} 4',
    'laneway_push_lag_records{partition="1"} 5',
  ])
  gauges = gauges.slice(2)
  assert.ok(!(await lines()).some((line) => line.startsWith('laneway_push_lag_records')))
  assert.deepEqual(await of('laneway_push_bytes'), ['laneway_push_bytes 9'])
})

test('no message can end the process or make the metrics grow without end', async (t) => {
  const { lines } = opened(t)
  for (const name of Object.keys(CHANNELS) as ChannelName[]) {
    for (const phase of ['after', 'renamed', 'asked']) {
      publish(name, { phase, event: 'started', rejected: { x: Number.NaN }, ms: -1, rows: 'many', points: null })
    }
  }
  for (let i = 0; i < 1000; i++) {
    publish('answer', { route: `r${i}`, lane: `l${i}`, state: `s${i}`, error: `E${i}`, ms: 1, rows: 1 })
    publish('intake', { accepted: 1, repeated: 0, rejected: { [`reason${i}`]: 1 } })
    publish('lane', { lane: `lane${i}`, event: 'started', waitMs: 1, cost: 1 })
    publish('rollupTask', { phase: `phase${i}` })
  }
  assert.ok((await lines()).length < 1500, `${(await lines()).length} lines`)
})

test('once closed nothing is counted any more, and what was counted can be read', async (t) => {
  const { telemetry, of } = opened(t)
  publish('logAppend', { phase: 'after', records: 1 })
  telemetry.close()
  publish('logAppend', { phase: 'after', records: 1 })
  assert.deepEqual(await of('laneway_log_records_total'), ['laneway_log_records_total 1'])
})

test('the event loop delay, memory and processor time of the process are told', async (t) => {
  const { telemetry } = opened(t)
  const { body, contentType } = await telemetry.ownMetrics.render()
  for (const name of ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes', 'process_cpu_seconds_total'])
    assert.match(body, new RegExp(`^${name} `, 'm'))
  assert.equal(contentType, 'text/plain; version=0.0.4; charset=utf-8')
})

interface Metric {
  readonly name: string
  readonly type: string
  readonly labels: string
}

/** The rows of the page's tables: name, type, labels. */
function pageMetrics(): Metric[] {
  const rows = readFileSync('docs/own-metrics.md', 'utf8').matchAll(/^\| `([\w]+)` \| (\w+) \| ([^|]*) \| [^|]+ \|$/gm)
  return [...rows].map(([, name, type, labels]) => ({ name: name!, type: type!, labels: labels!.trim() }))
}

/** What a whole Laneway tells about itself, by the text that it renders. */
async function ownMetrics(): Promise<Metric[]> {
  const house = await openHouse(() => Date.parse('2026-11-21T10:00:30Z'))
  try {
    publish('intake', { accepted: 1, rejected: { too_old: 1 }, repeated: 0 })
    publish('answer', { route: 'answer', lane: 'hot', state: 'complete', sources: ['push'], ms: 1, rows: 1 })
    for (const event of ['started', 'shed']) publish('lane', { lane: 'hot', event, waitMs: 1 })
    publish('rollupTask', { phase: 'asked' })
    const { body } = await house.laneway.app.inject({ method: 'GET', url: '/metrics' })
    return [...body.matchAll(/^# TYPE (laneway_\w+) (\w+)$/gm)].map(([, name, type]) => {
      const sample = new RegExp(`^${name}(?:_count)?\\{([^}]*)\\}`, 'm').exec(body)?.[1] ?? ''
      const labels = [...sample.matchAll(/(\w+)="/g)].map((match) => `\`${match[1]}\``)
      return { name: name!, type: type!, labels: labels.join(', ') }
    })
  } finally {
    await house.close()
  }
}

const byName = (a: Metric, b: Metric) => (a.name < b.name ? -1 : 1)

test('docs/own-metrics.md lists every metric of a running service with type and labels, and no other', async () => {
  assert.deepEqual(pageMetrics().sort(byName), (await ownMetrics()).sort(byName))
})
