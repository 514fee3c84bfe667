import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE, NOON, openWorld } from './intake-world.ts'
import { datasetOf, MemoryCatalog, metricsOf } from './memory-catalog.ts'
import { cumulative, delta, gauge, histogram, request, upDown, upDownDelta } from './requests.ts'

const sender = { 'service.name': 'shop' }
const other = { 'service.name': 'bank' }
const at = (minutes: number, ms = 0): number => NOON + minutes * MINUTE + ms

test('a delta counts in the step that contains its time, also when it started steps back', async () => {
  const world = await openWorld()
  await world.send(request(sender, delta('orders', { start: at(-5), at: at(-1, 30_000), value: 7 })))
  const [point] = world.writer.of('orders')
  assert.deepEqual(
    [point?.dataset, point?.type, point?.stepMs, point?.readingMs, point?.value],
    ['default', 'COUNTER_INT64', at(-1), at(-1, 30_000), 7],
  )
})

test('point attributes become metric labels and resource attributes resource labels, values by their JSON text', async () => {
  const world = await openWorld()
  const attributes = { topic: 'a', ok: true, n: 5n, ratio: 0.25, list: ['x'], empty: '' }
  await world.send(
    request({ ...sender, 'laneway.dataset': 'mine' }, gauge('depth', { at: NOON, value: 1, attributes })),
  )
  const [point] = world.writer.of('depth')
  assert.equal(point?.dataset, 'mine')
  assert.deepEqual(point?.labels, {
    'metric.topic': 'a',
    'metric.ok': 'true',
    'metric.n': '5',
    'metric.ratio': '0.25',
    'metric.empty': '',
    'resource.service.name': 'shop',
  })
  assert.equal(world.intake.stats().datasets.mine?.attributesDropped, 1)
})

test('attributes that only name the process again are no labels where service.instance.id is one', async () => {
  const world = await openWorld()
  await world.send(request({ 'service.instance.id': 'i1', 'process.pid': 7n }, gauge('a', { at: NOON, value: 1 })))
  await world.send(request({ 'process.pid': 7n }, gauge('b', { at: NOON, value: 1 })))
  assert.deepEqual(world.writer.of('a')[0]?.labels, { 'resource.service.instance.id': 'i1' })
  assert.deepEqual(world.writer.of('b')[0]?.labels, { 'resource.process.pid': '7' })
})

test('a delta or gauge point seen again within the dedupe time is dropped and counted, and counts again after it', async () => {
  const catalog = new MemoryCatalog([datasetOf('default', { dedupeMs: 10 * MINUTE })])
  const world = await openWorld({ catalog })
  const message = request(
    sender,
    delta('orders', { start: at(-1), at: NOON, value: 7 }),
    gauge('depth', { at: NOON, value: 3 }),
  )
  await world.send(message)
  await world.send(message, at(9))
  assert.deepEqual([world.writer.points.length, world.count('repeats')], [2, 2])
  await world.send(message, at(10))
  assert.deepEqual([world.writer.sum('orders'), world.count('repeats')], [14, 2])
})

test('points that differ in start, time, attributes, scope or resource are no repeats', async () => {
  const world = await openWorld()
  const point = { start: at(-1), at: NOON, value: 1 }
  const message = request(sender, delta('orders', point))
  await world.send(message)
  await world.send(request(other, delta('orders', point)))
  await world.send(request(sender, delta('orders', { ...point, start: at(-2) })))
  await world.send(request(sender, delta('orders', { ...point, at: at(0, 1) })))
  await world.send(request(sender, delta('orders', { ...point, attributes: { a: '1' } })))
  await world.send(request(sender, delta('orders', { ...point, attributes: { a: 1n } })))
  await world.send(request(sender, delta('orders', { ...point, attributes: { a: true } })))
  const scoped = structuredClone(message) as { resourceMetrics: { scopeMetrics: { scope: unknown }[] }[] }
  scoped.resourceMetrics[0]!.scopeMetrics[0]!.scope = { name: 'test', version: '2' }
  await world.send(scoped)
  assert.deepEqual([world.writer.sum('orders'), world.count('repeats')], [8, 0])
})

test('the order of attributes does not make another stream', async () => {
  const world = await openWorld()
  const point = { start: at(-1), at: NOON, value: 1 }
  await world.send(request(sender, delta('orders', { ...point, attributes: { a: '1', b: '2' } })))
  await world.send(request(sender, delta('orders', { ...point, attributes: { b: '2', a: '1' } })))
  assert.equal(world.count('repeats'), 1)
})

test('nanoseconds tell points apart that milliseconds do not', async () => {
  const world = await openWorld()
  const ns = BigInt(NOON) * 1_000_000n
  await world.send(
    request(sender, delta('orders', { at: String(ns + 1n), value: 1 }, { at: String(ns + 2n), value: 1 })),
  )
  assert.deepEqual([world.writer.sum('orders'), world.count('repeats')], [2, 0])
})

test('cumulative readings become increases', async () => {
  const world = await openWorld()
  for (const [minute, value] of [
    [1, 10],
    [2, 10],
    [3, 25],
  ] as const) {
    await world.send(request(sender, cumulative('orders', { start: NOON, at: at(minute), value })), at(minute))
  }
  assert.deepEqual(
    world.writer.of('orders').map(({ stepMs, value }) => [stepMs, value]),
    [
      [at(1), 10],
      [at(2), 0],
      [at(3), 15],
    ],
  )
})

test('increases of integers beyond 2^53 are exact', async () => {
  const world = await openWorld()
  await world.send(request(sender, cumulative('bytes', { start: NOON, at: at(1), value: 2n ** 62n })), at(1))
  await world.send(request(sender, cumulative('bytes', { start: NOON, at: at(2), value: 2n ** 62n + 3n })), at(2))
  assert.deepEqual(
    world.writer.of('bytes').map(({ value }) => value),
    [2n ** 62n, 3],
  )
})

test('a cumulative reading not later than its last is dropped and counted', async () => {
  const world = await openWorld()
  await world.send(request(sender, cumulative('orders', { start: NOON, at: at(2), value: 20 })), at(2))
  await world.send(request(sender, cumulative('orders', { start: NOON, at: at(2), value: 20 })))
  await world.send(request(sender, cumulative('orders', { start: NOON, at: at(1), value: 10 })))
  assert.deepEqual([world.writer.sum('orders'), world.count('notLater'), world.count('rejected')], [20, 2, 0])
})

test('a value that falls is a reset and counts whole', async () => {
  const world = await openWorld()
  await world.send(request(sender, cumulative('orders', { start: NOON, at: at(1), value: 100 })), at(1))
  await world.send(request(sender, cumulative('orders', { start: NOON, at: at(2), value: 30 })), at(2))
  assert.deepEqual([world.writer.sum('orders'), world.count('resets')], [130, 1])
})

test('a later start is a reset also when the value is greater', async () => {
  const world = await openWorld()
  await world.send(request(sender, cumulative('orders', { start: NOON, at: at(1), value: 100 })), at(1))
  await world.send(request(sender, cumulative('orders', { start: at(10), at: at(30), value: 150 })), at(30))
  assert.deepEqual([world.writer.sum('orders'), world.count('resets')], [250, 1])
})

test('an earlier or unknown start is no reset', async () => {
  const world = await openWorld()
  await world.send(request(sender, cumulative('orders', { start: NOON, at: at(1), value: 100 })), at(1))
  await world.send(request(sender, cumulative('orders', { start: at(-1), at: at(2), value: 110 })), at(2))
  await world.send(request(sender, cumulative('orders', { at: at(3), value: 120 })), at(3))
  await world.send(request(sender, cumulative('orders', { start: NOON, at: at(4), value: 130 })), at(4))
  assert.deepEqual([world.writer.sum('orders'), world.count('resets')], [130, 0])
})

test('a first reading counts when its start lies no more than two steps before it, and else is a baseline', async () => {
  const world = await openWorld()
  const first = (name: string, start: number | undefined) =>
    cumulative(name, { ...(start === undefined ? {} : { start }), at: NOON, value: 5 })
  await world.send(request(sender, first('two', at(-2)), first('more', at(-2, -1)), first('unknown', undefined)))
  await world.send(request(sender, first('after', at(1))))
  assert.deepEqual(
    ['two', 'more', 'unknown', 'after'].map((name) => world.writer.of(name).length),
    [1, 0, 0, 0],
  )
  assert.equal(world.count('baselines'), 3)
  const second = cumulative('more', { start: at(-2, -1), at: at(1), value: 9 })
  await world.send(request(sender, second), at(1))
  assert.equal(world.writer.sum('more'), 4)
})

test('a first reading counts when another stream of its resource was already received with the same start', async () => {
  const world = await openWorld()
  const start = at(-60)
  const reading = (name: string, minute: number, value: number) => cumulative(name, { start, at: at(minute), value })
  await world.send(request(sender, reading('a', 0, 50), reading('b', 0, 70)))
  assert.equal(world.count('baselines'), 2, 'streams that come together say nothing of each other')
  await world.send(request(sender, reading('a', 1, 51), reading('new', 1, 7)), at(1))
  await world.send(request(other, reading('new', 1, 100)), at(1))
  assert.equal(world.writer.sum('new'), 7)
  assert.equal(world.count('baselines'), 3)
})

test('an up-down counter also tells that its resource was received since its start', async () => {
  const world = await openWorld()
  const start = at(-60)
  await world.send(request(sender, upDown('queue', { start, at: NOON, value: 3 })))
  await world.send(request(sender, cumulative('new', { start, at: at(1), value: 7 })), at(1))
  assert.equal(world.writer.sum('new'), 7)
})

test('the start of a gauge or a delta says nothing', async () => {
  const world = await openWorld()
  const start = at(-60)
  await world.send(
    request(sender, gauge('g', { start, at: NOON, value: 3 }), delta('d', { start, at: NOON, value: 3 })),
  )
  await world.send(request(sender, cumulative('new', { start, at: at(1), value: 7 })), at(1))
  assert.deepEqual([world.writer.sum('new'), world.count('baselines')], [0, 1])
})

test('a negative increase is rejected and counted, and the stream goes on', async () => {
  const world = await openWorld()
  const reply = await world.send(
    request(
      sender,
      delta('sent', { at: at(-1), value: -5 }, { at: NOON, value: 8 }),
      cumulative('total', { start: at(-1), at: NOON, value: -1 }),
    ),
  )
  assert.deepEqual([reply.accepted, reply.rejected, world.count('negative_increase')], [1, 2, 2])
  assert.equal(world.writer.sum('sent'), 8)
})

test('up-down counters are gauges: cumulative as sent, deltas added up per stream', async () => {
  const world = await openWorld()
  await world.send(request(sender, upDown('queue', { start: NOON, at: at(1), value: -4 })), at(1))
  await world.send(request(sender, upDownDelta('open', { start: NOON, at: at(1), value: 5 })), at(1))
  await world.send(request(sender, upDownDelta('open', { start: at(1), at: at(2), value: -2 })), at(2))
  await world.send(request(sender, upDownDelta('open', { start: at(1), at: at(2), value: -2 })), at(2))
  assert.deepEqual(
    world.writer.of('queue').map(({ type, value }) => [type, value]),
    [['GAUGE_INT64', -4]],
  )
  assert.deepEqual(
    world.writer.of('open').map(({ type, value }) => [type, value]),
    [
      ['GAUGE_INT64', 5],
      ['GAUGE_INT64', 3],
    ],
  )
  assert.equal(world.count('repeats'), 1)
})

test('a change that comes out of order shows with the next reading', async () => {
  const world = await openWorld()
  const change = (minute: number, value: number) =>
    world.send(request(sender, upDownDelta('open', { start: at(minute - 1), at: at(minute), value })), at(3))
  await change(2, 5)
  await change(1, 10)
  await change(3, 1)
  assert.deepEqual(
    world.writer.of('open').map(({ stepMs, value }) => [stepMs, value]),
    [
      [at(2), 5],
      [at(3), 16],
    ],
  )
})

test('NaN and infinities are rejected, points without a value skipped, each counted', async () => {
  const world = await openWorld()
  const reply = await world.send(
    request(
      sender,
      gauge('g', { at: at(0), double: 'NaN' }, { at: at(1), double: 'Infinity' }, { at: at(2), double: '-Infinity' }),
      gauge('h', { at: at(0), double: 1, flags: 1 }, { at: at(1) }, { at: at(2), double: 2 }),
    ),
  )
  assert.deepEqual([reply.accepted, reply.rejected], [3, 3])
  assert.deepEqual([world.count('not_finite'), world.count('noValue'), world.count('stored')], [3, 2, 1])
})

test('points older than the retention or too far ahead of the clock are rejected, at the limits they are not', async () => {
  const catalog = new MemoryCatalog([datasetOf('default', { retentionRawMs: 60 * MINUTE })])
  const world = await openWorld({ catalog })
  const times = [at(-60, -1), at(-60), at(10), at(10, 1)]
  const reply = await world.send(request(sender, gauge('g', ...times.map((time) => ({ at: time, value: 1 })))))
  assert.deepEqual([reply.rejected, world.count('too_old'), world.count('too_far_ahead')], [2, 1, 1])
  assert.deepEqual(
    world.writer.of('g').map(({ readingMs }) => readingMs),
    [at(-60), at(10)],
  )
})

test('sums without temporality are rejected', async () => {
  const world = await openWorld()
  const metric = {
    name: 's',
    sum: { isMonotonic: true, dataPoints: [{ timeUnixNano: String(BigInt(NOON) * 1_000_000n), asInt: '1' }] },
  }
  assert.equal((await world.send(request(sender, metric))).rejected, 1)
  assert.equal(world.count('temporality_unspecified'), 1)
})

test('several counter points of one series and step are one row, of several gauge readings the latest counts', async () => {
  const catalog = new MemoryCatalog([
    datasetOf('default', {
      metrics: metricsOf('default', {
        sent: { type: 'COUNTER_INT64', labels: ['metric.topic'], from: { otlp: 'bytes.out' } },
        depth: { type: 'GAUGE_INT64', labels: ['metric.topic'], from: { otlp: 'queue' } },
      }),
    }),
  ])
  const world = await openWorld({ catalog })
  const point = (client: string, ms: number, value: number) => ({
    at: at(0, ms),
    value,
    attributes: { topic: 't', client },
  })
  await world.send(
    request(
      sender,
      delta('bytes.out', point('a', 1, 5), point('b', 2, 6), { ...point('c', 3, 7), at: at(1) }),
      gauge('queue', point('a', 5, 50), point('b', 9, 20), point('c', 9, 30), point('d', 9, 10), point('e', 2, 99)),
    ),
  )
  const rows = world.writer.points.map(({ metric, stepMs, readingMs, value, labels }) => [
    metric,
    stepMs,
    readingMs,
    value,
    labels,
  ])
  const labels = { 'metric.topic': 't' }
  assert.deepEqual(rows, [
    ['sent', at(0), at(0, 2), 11, labels],
    ['sent', at(1), at(1), 7, labels],
    ['depth', at(0), at(0, 9), 30, labels],
  ])
})

test('a counter series fed by several streams adds the increases of each', async () => {
  const catalog = new MemoryCatalog([
    datasetOf('default', {
      metrics: metricsOf('default', { sent: { type: 'COUNTER_INT64', labels: [], from: { otlp: 'bytes.out' } } }),
    }),
  ])
  const world = await openWorld({ catalog })
  const point = (client: string, minute: number, value: number) => ({
    start: NOON,
    at: at(minute),
    value,
    attributes: { client },
  })
  await world.send(request(sender, cumulative('bytes.out', point('a', 1, 100), point('b', 1, 10))), at(1))
  await world.send(request(sender, cumulative('bytes.out', point('a', 2, 130), point('b', 2, 5))), at(2))
  assert.deepEqual(
    world.writer.of('sent').map(({ value }) => value),
    [110, 35],
  )
  assert.equal(world.count('resets'), 1)
})

test('increases whose sum is beyond int64 stay apart', async () => {
  const world = await openWorld()
  const huge = 2n ** 63n - 1n
  await world.send(
    request(
      sender,
      delta('n', { at: at(0, 1), value: huge }, { at: at(0, 2), value: huge }, { at: at(0, 3), value: 1 }),
    ),
  )
  assert.equal(world.writer.of('n').length, 3)
  assert.equal(world.writer.sum('n'), 2n * huge + 1n)
})

test('a point that arrives more than five seconds after its step ended marks the step late', async () => {
  const world = await openWorld({ nowMs: at(1, 5_000) })
  await world.send(request(sender, gauge('g', { at: at(0, 59_999), value: 1 })), at(1, 5_000))
  assert.deepEqual(world.writer.late, [])
  await world.send(request(sender, gauge('g', { at: at(0, 59_000), value: 1 }, { at: at(0), value: 1 })), at(1, 5_001))
  assert.deepEqual(world.writer.late, [{ dataset: 'default', stepMs: at(0) }])
  assert.equal(world.count('late'), 2)
})

test('repeats and baselines mark nothing late', async () => {
  const world = await openWorld()
  const message = request(sender, gauge('g', { at: at(0), value: 1 }))
  await world.send(message)
  await world.send(message, at(30))
  await world.send(request(sender, cumulative('c', { start: at(-60), at: at(0), value: 1 })))
  assert.deepEqual(world.writer.late, [])
})

test('a delta histogram becomes counters by count, sum and bucket, and gauges of least and greatest', async () => {
  const world = await openWorld()
  const point = { start: at(-1), at: NOON, counts: [1, 2, 0, 3], bounds: [0.5, 1, 10], sum: 40.5, min: 0.1, max: 20 }
  await world.send(request(sender, histogram(1, 'latency', point)))
  await world.send(request(sender, histogram(1, 'latency', point)))
  const rows = world.writer.points.map(({ metric, type, labels, value }) => [metric, type, labels['metric.le'], value])
  assert.deepEqual(rows, [
    ['latency.count', 'COUNTER_INT64', undefined, 6],
    ['latency.sum', 'COUNTER_DOUBLE', undefined, 40.5],
    ['latency.min', 'GAUGE_DOUBLE', undefined, 0.1],
    ['latency.max', 'GAUGE_DOUBLE', undefined, 20],
    ['latency.bucket', 'COUNTER_INT64', '0.5', 1],
    ['latency.bucket', 'COUNTER_INT64', '1', 3],
    ['latency.bucket', 'COUNTER_INT64', '10', 3],
    ['latency.bucket', 'COUNTER_INT64', '+Inf', 6],
  ])
  assert.equal(world.count('repeats'), 1)
})

test('a cumulative histogram becomes increases, all parts together reset', async () => {
  const world = await openWorld()
  const send = (minute: number, counts: number[], sum: number) =>
    world.send(
      request(sender, histogram(2, 'latency', { start: NOON, at: at(minute), counts, bounds: [1], sum })),
      at(minute),
    )
  await send(1, [2, 1], 5)
  await send(2, [3, 1], 5.5)
  await send(3, [0, 1], 6)
  const of = (metric: string) => world.writer.of(metric).map(({ value }) => value)
  assert.deepEqual(
    [of('latency.count'), of('latency.sum')],
    [
      [3, 1, 1],
      [5, 0.5, 6],
    ],
  )
  assert.deepEqual(of('latency.bucket'), [2, 3, 1, 1, 0, 1])
  assert.equal(world.count('resets'), 1)
})

test('a negative sum alone is left out of a histogram', async () => {
  const world = await openWorld()
  await world.send(
    request(sender, histogram(1, 'latency', { at: NOON, counts: [1, 0], bounds: [0], sum: -3, min: -3 })),
  )
  assert.deepEqual(
    world.writer.points.map(({ metric }) => metric),
    ['latency.count', 'latency.min', 'latency.bucket', 'latency.bucket'],
  )
})

test('histograms whose counts and bounds do not fit are rejected whole', async () => {
  const world = await openWorld()
  const bad = [
    { at: NOON, counts: [1, 2], bounds: [] },
    { at: NOON, counts: [1, 2, 3], bounds: [2, 1] },
    { at: NOON, counts: [1, 2, 3], bounds: [1, 1] },
  ]
  const reply = await world.send(request(sender, histogram(1, 'latency', ...bad, { at: NOON, counts: [], bounds: [] })))
  assert.deepEqual([reply.accepted, reply.rejected, world.count('histogram_malformed')], [1, 3, 3])
})
