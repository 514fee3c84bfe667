import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type HandClock, handClock } from '../hand-clock.ts'
import { type House, openHouse } from '../scenarios/house.ts'
import { laneway, type Told } from './told.ts'

// What the other tests of commands take as given: that a gateway understands what the commands ask.

const START_MS = Date.parse('2026-11-21T10:00:00Z')
const MINUTE_MS = 60_000
const MINUTES = 10

let house: House
let url: string
let clock: HandClock
before(async () => {
  clock = handClock(START_MS)
  house = await openHouse(clock, { 'http.port': 0, 'intake.commitPeriodMs': 1, 'catalog.paths': ['test/commands'] })
  url = (await house.laneway.listen()).url
  for (let minute = 0; minute < MINUTES; minute++) {
    clock.set(START_MS + (minute + 1) * MINUTE_MS)
    await house.laneway.intake.accept(Buffer.from(JSON.stringify(pointsOf(minute))), 'application/json')
  }
  clock.set(START_MS + (MINUTES + 2) * MINUTE_MS)
  await house.laneway.idle()
})
after(() => house?.close())

/** 30 orders of books a minute, 10 of them returned; 20 and 1 of games. */
function pointsOf(minute: number): object {
  const timeUnixNano = `${START_MS + minute * MINUTE_MS + 30_000}000000`
  const startTimeUnixNano = `${START_MS + minute * MINUTE_MS}000000`
  const metric = (name: string, counts: Readonly<Record<string, number>>) => ({
    name,
    sum: {
      aggregationTemporality: 1,
      isMonotonic: true,
      dataPoints: Object.entries(counts).map(([kind, count]) => ({
        attributes: [{ key: 'kind', value: { stringValue: kind } }],
        ...{ startTimeUnixNano, timeUnixNano, asInt: String(count) },
      })),
    },
  })
  const attributes = [{ key: 'laneway.dataset', value: { stringValue: 'shop' } }]
  const metrics = [metric('orders', { books: 30, games: 20 }), metric('returns', { books: 10, games: 1 })]
  return { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] }
}

const command = (...args: readonly string[]): Promise<Told> => laneway([...args, '--dataset', 'shop', '--url', url])
const TEN_MINUTES = ['--interval', '2026-11-21T10:00:00Z/PT10M']

test('a question with everything in it is answered', async () => {
  const metrics = [
    '--metric',
    'orders',
    '--as',
    'all',
    '--metric',
    'returns',
    '--as',
    'back',
    '--ratio',
    'share=back/all',
  ]
  const which = ['--group-by', 'metric.kind', '--where', 'metric.kind=~b.*|g.*', '--where', 'metric.kind!=toys']
  const kept = [
    '--having',
    'share>0.01',
    '--order-by',
    'all:asc',
    '--limit',
    '5',
    '--fill',
    'zero',
    '--granularity',
    'ALL',
  ]
  const { code, out, err } = await command('query', ...metrics, ...which, ...kept, ...TEN_MINUTES)
  assert.deepEqual([code, err], [0, ''])
  assert.deepEqual(out.split('\n').slice(0, 3), [
    'timestamp             metric.kind  all  back               share',
    '2026-11-21T10:00:00Z  games        200    10                0.05',
    '2026-11-21T10:00:00Z  books        300   100  0.3333333333333333',
  ])
})

test('pages follow one another until there are no groups left', async () => {
  const question = [
    '--metric',
    'orders',
    '--group-by',
    'metric.kind',
    '--limit',
    '1',
    '--granularity',
    'ALL',
    ...TEN_MINUTES,
  ]
  const { code, out } = await command('query', ...question, '--page', '--json')
  const kinds = out
    .trimEnd()
    .split('\n')
    .flatMap((line) => JSON.parse(line).data.map((row: Record<string, unknown>) => row['metric.kind']))
  assert.deepEqual([code, kinds], [0, ['books', 'games']])
})

test('explain draws the rollup that serves, and raw where it ends', async () => {
  const { code, out } = await command('explain', '--metric', 'orders', '--ascii', '--interval', 'PT20M/now')
  assert.equal(code, 0)
  assert.match(out, /^2026-11-21T09:52:00Z\/2026-11-21T10:12:00Z, exact/)
  assert.match(out, /^push \S+ +.*#/m)
  assert.match(out, /^duckdb raw +.*#/m)
})

test('an export is printed in the format that was asked for', async () => {
  const text = await command('export', '--metric', 'orders')
  assert.equal(text.code, 0, text.err)
  assert.match(text.out, /^orders\{kind="books"\} 30 \d{13}$/m)
  const strict = await command('export', '--metric', 'orders', '--format', 'openmetrics', '--cumulative')
  assert.match(strict.out, /^orders_total\{kind="books"\} \d+ \d+(?:\.\d+)?$[\s\S]*# EOF\n$/m)
})

test('what is not there is refused in the words of the gateway', async () => {
  const { code, err } = await command('query', '--metric', 'ordres')
  assert.equal(code, 1)
  assert.match(err, /^METRIC_UNKNOWN: /)
})
