import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ReadSample, readExport } from '../api/export/read-export.ts'
import { type HandClock, handClock } from '../hand-clock.ts'
import { HALVES, halvesRequest, writeHalvesCatalog } from './halves.ts'
import { type House, openHouse } from './house.ts'

const T0 = Date.parse('2026-11-21T10:00:00Z')
const MINUTE = 60_000
const TOPICS = 3

let folder: string
let clock: HandClock
let house: House

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'laneway-export-'))
  clock = handClock(T0)
  house = await openHouse(clock, { 'catalog.paths': [writeHalvesCatalog(folder)] })
})
after(async () => {
  await house.close()
  rmSync(folder, { recursive: true, force: true })
})

async function send(minute: number, value: number, second = 10): Promise<void> {
  const timeMs = T0 + minute * MINUTE + second * 1000
  const batch = { metric: 'orders', temporality: 1, topics: TOPICS, startMs: timeMs - 1000, timeMs, value } as const
  const reply = await house.laneway.intake.accept(Buffer.from(halvesRequest(batch)), 'application/json')
  assert.equal(reply.rejected, 0)
}

/** Sends minutes as they pass, then rolls up what is due. */
async function pass(from: number, until: number): Promise<void> {
  for (let minute = from; minute < until; minute++) {
    clock.set(T0 + minute * MINUTE + 30_000)
    await send(minute, 10 + minute)
  }
  clock.set(T0 + (until + 2) * MINUTE)
  await house.laneway.idle()
}

async function scrape(search = ''): Promise<string> {
  const accept = 'application/openmetrics-text;version=1.0.0'
  const url = `/v2/metrics/${HALVES}/export${search}`
  const response = await house.laneway.app.inject({ method: 'GET', url, headers: { accept } })
  assert.equal(response.statusCode, 200, response.body)
  return response.body
}

const samplesIn = (text: string): readonly ReadSample[] =>
  readExport(text, 'openmetrics').flatMap(({ samples }) => samples)
const idOf = ({ name, labels, time }: ReadSample): string => `${name}${JSON.stringify(labels)} ${time}`
const valuesIn = (text: string) => new Map(samplesIn(text).map((sample) => [idOf(sample), sample.value]))
const orders = (topic: string, minute: number): string =>
  `orders${JSON.stringify({ half: 'left', topic })} ${T0 / 1000 + minute * 60}`

async function queried(minute: number): Promise<number> {
  const { status, text } = await house.ask(HALVES, {
    aggregations: [{ metric: 'orders' }],
    filter: {
      op: 'AND',
      filters: [
        { op: 'EQ', field: 'metric.half', value: 'left' },
        { op: 'EQ', field: 'metric.topic', value: 't0' },
      ],
    },
    granularity: 'PT1M',
    intervals: [`${new Date(T0 + minute * MINUTE).toISOString()}/PT1M`],
  })
  assert.equal(status, 200, text)
  return (JSON.parse(text) as { data: { value: number }[] }).data[0]!.value
}

async function lateBuckets(): Promise<number> {
  const { body } = await house.laneway.app.inject({ method: 'GET', url: '/metrics' })
  return Number(/^laneway_export_late_buckets_total (\d+)$/m.exec(body)![1])
}

test('a value at a timestamp never changes: a late point shows in /query and in a counter, and not in the export', async () => {
  await pass(0, 5)
  const first = valuesIn(await scrape())
  assert.equal(first.size, TOPICS * 2, 'one bucket of each series of the one metric that has data')
  assert.equal(first.get(orders('t0', 4)), '14')
  const lateBefore = await lateBuckets()

  await send(4, 1000, 40)
  await house.laneway.idle()
  assert.equal(await queried(4), 1014, 'the answer has the late point')
  await pass(5, 7)
  const later = valuesIn(await scrape('?lookback=PT5M'))
  assert.equal(later.get(orders('t0', 4)), '14', 'the exported value stays')
  assert.equal(later.get(orders('t0', 6)), '16')
  for (const [id, value] of first) assert.equal(later.get(id), value)
  assert.equal((await lateBuckets()) - lateBefore, 1)

  await scrape('?lookback=PT5M')
  assert.equal((await lateBuckets()) - lateBefore, 1, 'each corrected bucket is counted once')
})

test('totals count every settled bucket once, also those that nobody scraped', async () => {
  const total = async () => {
    const samples = samplesIn(await scrape('?counters=cumulative&metric=orders'))
    const [sample] = samples.filter(
      ({ name, labels }) => name === 'orders_total' && labels.topic === 't0' && labels.half === 'left',
    )
    const [created] = samples.filter(({ name }) => name === 'orders_created')
    return { value: Number(sample!.value), time: Number(sample!.time), created: Number(created!.value) }
  }
  await pass(7, 8)
  const begin = await total()
  assert.deepEqual(begin, { value: 17, time: T0 / 1000 + 8 * 60, created: T0 / 1000 + 7 * 60 })
  await pass(8, 12)
  const end = await total()
  assert.deepEqual(end, { value: 17 + 18 + 19 + 20 + 21, time: T0 / 1000 + 12 * 60, created: begin.created })
  assert.deepEqual(await total(), end)
})
