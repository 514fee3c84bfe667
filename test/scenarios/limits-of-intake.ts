import { gzipSync } from 'node:zlib'
import { type Limit, refusedOf, row, sending, times } from './limits-row.ts'
import { counter, histogram, type LimitsWorld, question, type Reply } from './limits-world.ts'

/** Questions that share no upstream call, and so must wait for each other. */
const different = (count: number, world: LimitsWorld): Promise<Reply>[] =>
  times(count, (i) => world.ask(question({ filter: { op: 'EQ', field: 'metric.route', value: `r${i}` } })))

/** What waits. */
export const WAITING: readonly Limit[] = [
  row(
    'Questions that wait in the hot lane',
    ['lanes.hot.queueMax', 1, 'questions'],
    [429, 'LANE_FULL'],
    (world) => refusedOf(different(20, world)),
    { 'lanes.slots': 2 },
  ),
  row(
    'Time to the answer of a hot question',
    ['lanes.hot.deadlineMs', 10, 'ms'],
    [504, 'DEADLINE_EXCEEDED'],
    (world) => refusedOf(different(60, world)),
    { 'lanes.slots': 2 },
  ),
  row(
    'Points that wait for a commit',
    ['intake.pointsWaitingMax', 1, 'points'],
    [429, 'INTAKE_BUSY'],
    (world) => refusedOf(times(2, () => world.send(counter('requests', [{}])))),
    { 'intake.commitPeriodMs': 500 },
  ),
  row(
    'Bytes of OTLP bodies that wait for a commit',
    ['intake.bytesWaitingMax', 1_024, 'bytes'],
    [429, 'INTAKE_BUSY'],
    (world) =>
      refusedOf(times(2, () => world.send(`${JSON.stringify(counter('requests', [{}]))}${' '.repeat(1_000)}`))),
    { 'intake.commitPeriodMs': 500 },
  ),
  row(
    'Requests of a caller in a minute',
    ['rate.requestsPerMinuteMax', 1, 'requests'],
    [429, 'RATE_LIMITED'],
    (world) => refusedOf(times(2, () => world.ask(question()))),
    { 'rate.anonymous': true },
  ),
  row(
    'Cost of the questions of a caller in a minute',
    ['rate.costPerMinuteMax', 1, ''],
    [429, 'RATE_LIMITED'],
    async (world) => {
      await world.ask(question({ group_by: ['metric.route'] }))
      return world.ask(question())
    },
    { 'rate.anonymous': true },
  ),
]

/** OTLP. */
export const INTAKE: readonly Limit[] = [
  row(
    'OTLP body as sent',
    ['intake.bodyBytesMax', 32_768, 'bytes'],
    [413, 'BODY_TOO_LARGE'],
    sending((most) => ' '.repeat(most + 1)),
  ),
  row(
    'OTLP body after gzip',
    ['intake.inflatedBytesMax', 65_536, 'bytes'],
    [413, 'BODY_TOO_LARGE'],
    (world, { value }) => world.send(gzipSync(Buffer.alloc(Number(value) + 1, ' ')), { 'content-encoding': 'gzip' }),
  ),
  row(
    'Messages and array elements of an OTLP body',
    ['intake.elementsMax', 1_000, ''],
    [413, 'BODY_TOO_LARGE'],
    sending((most) => ({ resourceMetrics: times(most + 1, () => ({})) })),
  ),
  row(
    'Points of an OTLP request',
    ['intake.pointsPerRequestMax', 20, 'points'],
    [200, 'points: point_limit'],
    sending((most) =>
      counter(
        'requests',
        times(most + 1, (i) => ({ attributes: { route: `r${i % 3}` } })),
      ),
    ),
  ),
  row(
    'Buckets of a histogram point',
    ['intake.bucketsPerPointMax', 10, 'buckets'],
    [200, 'points: histogram_malformed'],
    sending((most) => histogram('sizes', most + 1)),
  ),
  row(
    'Labels of a point',
    ['intake.labelsMax', 4, 'labels'],
    [200, 'points: label_limit'],
    sending((most) =>
      counter('requests', [{ attributes: Object.fromEntries(times(most + 1, (i) => [`l${i}`, 'x'])) }]),
    ),
  ),
  row(
    'Length of a label value',
    ['intake.labelValueBytesMax', 100, 'bytes'],
    [200, 'points: label_too_long'],
    sending((most) => counter('requests', [{ attributes: { route: 'x'.repeat(most + 1) } }])),
  ),
  row(
    'How far ahead a point may be',
    ['intake.aheadMsMax', 60_000, 'ms'],
    [200, 'points: too_far_ahead'],
    sending((most) => counter('requests', [{ atMs: Date.now() + most + 60_000 }])),
  ),
]

/** What registers itself. */
export const CATALOG: readonly Limit[] = [
  row(
    'Datasets, self-registered ones included',
    ['catalog.datasetsMax', 3, 'datasets'],
    [200, 'points: catalog_full'],
    (world) => refusedOf(times(3, (i) => world.send(counter('requests', [{}], { 'laneway.dataset': `set-${i}` })))),
  ),
  row(
    'Metrics of a dataset, self-registered ones included',
    ['catalog.metricsMax', 3, 'metrics'],
    [200, 'points: catalog_full'],
    (world) => refusedOf(times(4, (i) => world.send(counter(`m${i}`, [{}])))),
  ),
  row(
    'Labels of a self-registered metric',
    ['catalog.labelsMax', 3, 'labels'],
    [200, 'points: catalog_full'],
    sending((most) => counter('wide', [{ attributes: Object.fromEntries(times(most + 1, (i) => [`l${i}`, 'x'])) }])),
  ),
]
