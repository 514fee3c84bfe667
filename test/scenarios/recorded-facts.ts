import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFacts, type TopicFacts } from './facts.ts'
import { house } from './shared-house.ts'

// Laneway's answers over the whole recording against independent counts. A difference that is not listed here with its
// reason is a mistake of Laneway's.

const WHOLE = '2026-11-21T09:50:00Z/2026-11-21T10:45:00Z'
const V2 = 'io.confluent.kafka.server/'
const CLUSTER = 'resource.kafka.id'
const TOPIC = 'metric.topic'
const BROKER = 'metric.broker'
const facts = readFacts()

type Row = Readonly<Record<string, string | number>> & { readonly timestamp: string; readonly value: number }
interface Question {
  readonly group_by?: readonly string[]
  readonly agg?: string
  readonly time?: string
  readonly granularity?: string
  readonly interval?: string
  readonly filter?: unknown
}

/** The answer, which is the same from raw alone. */
async function ask(metric: string, question: Question = {}): Promise<readonly Row[]> {
  const { group_by, agg, time, filter, granularity = 'ALL', interval = WHOLE } = question
  const aggregation = { metric, ...(agg && { agg }), ...(time && { time }) }
  const asked = { aggregations: [aggregation], granularity, intervals: [interval], ...(filter ? { filter } : {}) }
  const body = { ...asked, ...(group_by && { group_by, limit: 1000 }) }
  const answer = await rowsOf(body)
  assert.deepEqual(await rowsOf({ ...body, avoid: ['push'] }), answer, metric)
  return answer
}

async function rowsOf(body: unknown): Promise<readonly Row[]> {
  const { status, text } = await house().ask('cloud', body)
  assert.equal(status, 200, text)
  const { data, meta } = JSON.parse(text)
  assert.equal(meta.truncated ?? false, false)
  return data
}

type Numbers = Record<string, number>

/** One number a group, by its label values: `lkc-aurora/orders`. */
async function totals(metric: string, group_by: readonly string[], question: Question = {}): Promise<Numbers> {
  const rows = await ask(metric, { ...question, group_by })
  return Object.fromEntries(rows.map((row) => [group_by.map((label) => row[label]).join('/'), row.value]))
}

/** One number a bucket, by its time of day: `10:20`. */
async function course(metric: string, filter: unknown, question: Question = {}): Promise<Numbers> {
  const rows = await ask(metric, { granularity: 'PT1M', filter, ...question })
  return Object.fromEntries(rows.map((row) => [row.timestamp.slice(11, 16), row.value]))
}

const is = (field: string, value: string) => ({ field, op: 'EQ', value })
const both = (...filters: unknown[]) => ({ op: 'AND', filters })

const perTopic = (number: (topic: TopicFacts) => number): Numbers =>
  Object.fromEntries(Object.entries(facts.topics).map(([name, topic]) => [name, number(topic)]))

/** What is left of `truth` after `answer`, where anything is; topics that nobody wrote to have no counters. */
function missing(truth: Numbers, answer: Numbers): Numbers {
  const left = Object.entries(truth).map(([name, value]): [string, number] => [name, value - (answer[name] ?? 0)])
  return Object.fromEntries(left.filter(([, difference]) => difference !== 0))
}

const minutes = (from: string, to: string): string[] => {
  const [first, last] = [from, to].map((text) => Date.parse(`2026-11-21T${text}:00Z`) / 60_000) as [number, number]
  return Array.from({ length: last - first + 1 }, (_, i) => new Date((first + i) * 60_000).toISOString().slice(11, 16))
}

/** Broker 11 was killed 1.7 s after its last export: these records are on disk, but in no export. */
const LOST_WITH_THE_KILLED_BROKER = {
  'lkc-borealis/telemetry': 120,
  'lkc-borealis/device-status': 15,
  'lkc-borealis/billing-export': 6,
}

test('every point arrived; two were rejected: the negative increases of a deleted topic', () => {
  const { requests, datasets } = house().laneway.intake.stats()
  assert.equal(requests, facts.recording.files)
  const { points, rejected, negative_increase, skipped, repeats = 0, notLater = 0, baselines = 0 } = datasets.cloud!
  assert.equal(points, facts.recording.points)
  assert.deepEqual({ rejected, negative_increase }, { rejected: 2, negative_increase: 2 })
  assert.deepEqual({ skipped, repeats, notLater, baselines }, { skipped: 206, repeats: 0, notLater: 0, baselines: 0 })
})

test('records in, by topic, are what the producers counted, but for those lost with the killed broker', async () => {
  const answer = await totals(`${V2}received_records`, [CLUSTER, TOPIC])
  assert.deepEqual(
    missing(
      perTopic((topic) => topic.producedRecords),
      answer,
    ),
    LOST_WITH_THE_KILLED_BROKER,
  )
})

test('records and bytes in, by cluster, without the internal topic, are the sums over the topics', async () => {
  const filter = { op: 'NOT', filter: is(TOPIC, '__consumer_offsets') }
  const clusters = (number: (of: (typeof facts.clusters)[string]) => number) =>
    Object.fromEntries(Object.entries(facts.clusters).map(([name, of]) => [name, number(of)]))
  const [records, bytes] = [
    await totals(`${V2}received_records`, [CLUSTER], { filter }),
    await totals(`${V2}received_bytes`, [CLUSTER], { filter }),
  ]
  assert.deepEqual(
    records,
    clusters((of) => of.otlpMessagesIn),
  )
  assert.deepEqual(
    bytes,
    clusters((of) => of.otlpBytesIn),
  )
  const produced = clusters((of) => of.producedRecords)
  assert.deepEqual(missing(produced, records), { 'lkc-borealis': 141 })
})

test('bytes in and produce requests, by topic, are those of the recording', async () => {
  const [bytes, requests] = [
    await totals(`${V2}received_bytes`, [CLUSTER, TOPIC]),
    await totals('kafka.topic.produce.requests', [CLUSTER, TOPIC]),
  ]
  assert.deepEqual(
    missing(
      perTopic((topic) => topic.otlpBytesIn),
      bytes,
    ),
    {},
  )
  assert.deepEqual(
    missing(
      perTopic((topic) => topic.otlpProduceRequests),
      requests,
    ),
    {},
  )
})

test('bytes in, times replicas, lie on disk, but for what was lost, compacted, expired or deleted', async () => {
  const bytes = await totals(`${V2}received_bytes`, [CLUSTER, TOPIC])
  const stored = Object.fromEntries(
    Object.entries(facts.topics).map(([name, topic]) => [name, (bytes[name] ?? 0) * topic.replicationFactor]),
  )
  const differences = missing(
    perTopic((topic) => topic.logFileBytesAllReplicas),
    stored,
  )
  assert.deepEqual(differences, {
    // killed with the broker: more on disk than was exported
    'lkc-borealis/telemetry': 16_885,
    'lkc-borealis/device-status': 2_557,
    'lkc-borealis/billing-export': 4_637,
    // compacted to the last record of each of 200 keys
    'lkc-aurora/customers': 1_218_296 - 3 * 16_269_176,
    // kept for four minutes
    'lkc-aurora/sessions': 4_135_095 - 3 * 17_840_740,
    // deleted at 10:35
    'lkc-aurora/legacy-events': -3 * 3_295_423,
  })
})

test('bytes out are those of the recording without the negative points of the deleted topic, which are no reading', async () => {
  const answer = await totals(`${V2}sent_bytes`, [CLUSTER, TOPIC])
  const plainSum = perTopic((topic) => topic.otlpBytesOut)
  assert.deepEqual(missing(plainSum, answer), { 'lkc-aurora/legacy-events': -1_357_248 - 1_050_593 })
  const { otlpBytesIn } = facts.topics['lkc-aurora/legacy-events']!
  assert.equal(answer['lkc-aurora/legacy-events'], otlpBytesIn)
})

test('final sizes, over all replicas, lie on disk, but for the deleted topic and what expired after the last export', async () => {
  const replicas = await totals(`${V2}retained_bytes`, [CLUSTER, TOPIC, BROKER, 'metric.partition'], { time: 'LAST' })
  const sizes: Numbers = {}
  for (const [key, size] of Object.entries(replicas)) {
    const name = key.split('/').slice(0, 2).join('/')
    sizes[name] = (sizes[name] ?? 0) + size
  }
  assert.deepEqual(
    missing(
      perTopic((topic) => topic.otlpFinalSizeAllReplicas),
      sizes,
    ),
    {},
  )
  assert.deepEqual(
    missing(
      perTopic((topic) => topic.logFileBytesAllReplicas),
      sizes,
    ),
    {
      'lkc-aurora/legacy-events': -9_886_269,
      'lkc-aurora/sessions': 345_961,
    },
  )
})

test('in the last whole minute the sizes of all replicas are summed in one answer', async () => {
  const interval = '2026-11-21T10:43:00Z/PT1M'
  const sizes = await totals(`${V2}retained_bytes`, [CLUSTER, TOPIC], { interval })
  const disk = perTopic((topic) => topic.logFileBytesAllReplicas)
  assert.deepEqual(Object.keys(missing(disk, sizes)), ['lkc-aurora/sessions'])
  assert.equal(sizes['lkc-aurora/legacy-events'], undefined)
})

test('end offsets, the greatest of the replicas, are those an admin client read', async () => {
  const answer = await totals('kafka.partition.log_end_offset', [CLUSTER, TOPIC, 'metric.partition'], {
    agg: 'MAX',
    time: 'MAX',
  })
  for (const [name, { adminEndOffsets }] of Object.entries(facts.topics)) {
    assert.deepEqual(
      adminEndOffsets.map((_, partition) => answer[`${name}/${partition}`]),
      adminEndOffsets,
      name,
    )
  }
})

test('records sent by producers are what was acknowledged and what they had to send again', async () => {
  const aurora = await totals('kafka.client.producer.records', [CLUSTER, TOPIC])
  const borealis = await totals('kafka.producer.record_send_total', [CLUSTER, TOPIC])
  const answer = { ...aurora, ...borealis }
  const sent = perTopic((topic) => topic.otlpProducerRecordsSent ?? topic.producedRecords)
  assert.deepEqual(missing(sent, answer), {})
  assert.deepEqual(
    missing(
      perTopic((topic) => topic.producedRecords),
      answer,
    ),
    {
      'lkc-aurora/orders': -4,
      'lkc-aurora/promotions': -2,
      'lkc-aurora/customers': -2,
      'lkc-aurora/inventory': -1,
      'lkc-aurora/clicks': -26,
      'lkc-aurora/sessions': -1,
    },
  )
})

test('records consumed are what consumers counted, but for what one read between its last export and its close', async () => {
  const labels = [CLUSTER, 'metric.client_id', TOPIC]
  const aurora = await totals('kafka.client.consumer.records', labels)
  const borealis = await totals('kafka.consumer.records_consumed_total', labels)
  const own = Object.fromEntries(Object.entries(facts.consumed).map(([name, of]) => [name, of.consumedByOwnCount]))
  assert.deepEqual(missing(own, { ...aurora, ...borealis }), {
    'lkc-aurora/search-indexer/clicks': 530_971 - 526_893,
    'lkc-aurora/search-indexer/inventory': 47_260 - 46_934,
    'lkc-aurora/search-indexer/search-queries': 91_105 - 89_700,
  })
})

test('the stopped broker has a gap, and nobody fills it', async () => {
  const filter = both(is(CLUSTER, 'lkc-aurora'), is(BROKER, '2'))
  const partitions = await course(`${V2}partition_count`, filter)
  assert.deepEqual(Object.keys(partitions), [...minutes('09:52', '10:19'), ...minutes('10:24', '10:43')])
  const records = await course(`${V2}received_records`, filter)
  for (const minute of minutes('10:20', '10:22')) assert.equal(records[minute], undefined, minute)
  const others = await course(`${V2}received_records`, is(CLUSTER, 'lkc-aurora'))
  for (const minute of minutes('10:20', '10:22')) assert.ok(others[minute]! > 0, minute)
})

test('while it is down, the two others lead its partitions, and every partition misses a replica', async () => {
  const aurora = is(CLUSTER, 'lkc-aurora')
  const partitions = await course(`${V2}partition_count`, aurora)
  // 12 topics of 6 and 3 of __consumer_offsets; promotions comes at 10:16 and legacy-events goes at 10:35
  assert.deepEqual(
    ['10:10', '10:18', '10:21', '10:30', '10:40'].map((minute) => partitions[minute]),
    [75, 81, 81, 81, 75],
  )
  const under = 'kafka.broker.under_replicated_partitions'
  const underReplicated = await ask(under, { granularity: 'PT1M', group_by: [BROKER], filter: aurora })
  const seen = underReplicated.filter((row) => row.value !== 0)
  assert.deepEqual(
    seen.map((row) => `${row.timestamp.slice(11, 16)} broker ${row[BROKER]}: ${row.value}`),
    [
      ...['10:20', '10:21', '10:22'].map((minute) => `${minute} broker 1: 36`),
      // from the controlled shutdown on, and once more while all brokers stop at the end
      ...['10:19', '10:20', '10:21', '10:22'].map((minute) => `${minute} broker 3: 45`),
      '10:44 broker 3: 42',
    ],
  )
  const together = await course(under, aurora)
  for (const minute of minutes('10:20', '10:22')) assert.equal(together[minute], 13 * 6 + 3)
})

test('restarts show: a broker that comes back is another process, and its counters go on without a hole or a bump', async () => {
  for (const [broker, last, first] of [
    ['2', '10:19', '10:23'],
    ['11', '10:27', '10:28'],
  ] as const) {
    const rows = await ask('jvm.class.loaded', {
      granularity: 'PT1M',
      group_by: ['resource.service.instance.id'],
      filter: is('resource.kafka.broker.id', broker),
    })
    const lives = Map.groupBy(rows, (row) => row['resource.service.instance.id'])
    const spans = [...lives.values()]
      .map((life) => [life[0]!.timestamp.slice(11, 16), life.at(-1)!.timestamp.slice(11, 16)])
      .sort()
    assert.deepEqual(spans, [
      ['09:51', last],
      [first, '10:43'],
    ])
  }
  const restarted = await course(`${V2}received_records`, both(is(BROKER, '11'), is(TOPIC, 'telemetry')))
  assert.ok(Object.values(restarted).every((records) => records >= 0 && records < 10_000))
})

test('lag is that of the admin client: the closed, the slow and the stuck consumer stand out', async () => {
  const rows = await ask(`${V2}consumer_lag_offsets`, { granularity: 'PT1M', group_by: ['metric.consumer_group_id'] })
  const groups = Map.groupBy(rows, (row) => String(row['metric.consumer_group_id']))
  const worst = [...groups].map(([group, points]) => {
    const { timestamp, value } = points.reduce((a, b) => (b.value > a.value ? b : a))
    return `${group}: ${value} at ${timestamp.slice(11, 16)}, then ${points.at(-1)!.value}`
  })
  assert.deepEqual(worst.sort(), [
    'billing-sync: 2480 at 10:30, then 0',
    'dev-app-1: 37595 at 10:40, then 0',
    'search-indexer: 47059 at 10:15, then 0',
  ])
})

test('retention, compaction and creation show in the course of the sizes', async () => {
  const replica = (topic: string) =>
    both(is(CLUSTER, 'lkc-aurora'), is(TOPIC, topic), is(BROKER, '1'), is('metric.partition', '0'))
  const sessions = await course(`${V2}retained_bytes`, replica('sessions'))
  assert.ok(sessions['10:08']! > 450_000, `${sessions['10:08']}`)
  assert.ok(sessions['10:16']! < 45_000, `${sessions['10:16']}`)
  assert.ok(sessions['10:33']! > 350_000, `${sessions['10:33']}`)
  const promotions = await course(`${V2}retained_bytes`, is(TOPIC, 'promotions'))
  assert.equal(Object.keys(promotions)[0], '10:17')
  const deleted = await course(`${V2}retained_bytes`, replica('legacy-events'))
  assert.equal(Object.keys(deleted).at(-1), '10:35')
})
