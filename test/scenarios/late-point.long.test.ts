import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeRecord } from '../../src/model/records.ts'
import { topicNames } from '../../src/model/topics.ts'
import { type HandClock, handClock } from '../hand-clock.ts'
import { HALVES, type HalvesRow, halvesRequest, unequalBuckets, writeHalvesCatalog } from './halves.ts'
import { type House, openHouse } from './house.ts'
import { unequalWindows } from './unequal-windows.ts'

const T0 = Date.parse('2026-11-21T10:00:00Z')
const MINUTE = 60_000
const TOPICS = 200
const LATE = 3
const INTERVAL = '2026-11-21T10:00:00Z/PT1H'

interface Sight {
  readonly total: number
  readonly plan: { readonly slices: readonly Slice[]; readonly candidates: readonly Candidate[] }
  readonly freshness: { readonly completeThrough: string; readonly state: string }
  readonly unequal: readonly string[]
}
interface Slice {
  readonly interval: string
  readonly source: string
  readonly rollup: string | null
  readonly raw: number
}
interface Candidate {
  readonly rollup: string | null
  readonly reasons: readonly { readonly code: string; readonly interval?: string }[]
}

let folder: string
let clock: HandClock
let house: House

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'laneway-late-'))
  clock = handClock(T0)
  house = await openHouse(clock, { 'catalog.paths': [writeHalvesCatalog(folder)] })
  for (let minute = 0; minute < 60; minute++) {
    clock.set(T0 + minute * MINUTE + 30_000)
    await send(minute, 1, 10_000)
  }
  clock.set(T0 + 63 * MINUTE)
  await house.laneway.idle()
})
after(async () => {
  await house.close()
  rmSync(folder, { recursive: true, force: true })
})

/** One batch of the minute: the same increase for each topic of both halves. */
async function send(minute: number, value: number, atMs: number): Promise<void> {
  const timeMs = T0 + minute * MINUTE + atMs
  const batch = { metric: 'orders', temporality: 1, topics: TOPICS, startMs: timeMs - 1000, timeMs, value } as const
  const reply = await house.laneway.intake.accept(Buffer.from(halvesRequest(batch)), 'application/json')
  assert.equal(reply.rejected, 0)
}

const lateMinute = (i: number): number => T0 + (5 + i * 7) * MINUTE
const minuteOf = (ms: number): string => `${new Date(ms).toISOString()}/PT1M`

async function look(granularity: string, extra: object = {}): Promise<Sight> {
  const { status, text } = await house.ask(HALVES, {
    aggregations: [{ metric: 'orders' }],
    group_by: ['metric.half'],
    granularity,
    intervals: [INTERVAL],
    explain: 'full',
    ...extra,
  })
  assert.equal(status, 200, text)
  const { data, meta } = JSON.parse(text) as { data: HalvesRow[]; meta: Sight }
  const total = data.reduce((sum, row) => sum + row.value, 0)
  return { total, plan: meta.plan, freshness: meta.freshness, unequal: unequalBuckets(data) }
}

const isDirty = ({ plan }: Sight): boolean =>
  plan.candidates.some(({ reasons }) => reasons.some(({ code }) => code === 'DIRTY'))
/** Slices of a rollup that reach into time of which the same plan says that the rollup is dirty there. */
function servedDirty({ plan }: Sight): Slice[] {
  const dirty = plan.candidates.flatMap(({ rollup, reasons }) =>
    reasons.filter(({ code }) => code === 'DIRTY').map(({ interval }) => ({ rollup, interval: interval! })),
  )
  return plan.slices.filter((slice) =>
    dirty.some(({ rollup, interval }) => slice.rollup === rollup && overlap(slice.interval, interval)),
  )
}

function overlap(a: string, b: string): boolean {
  const [from, to] = a.split('/') as [string, string]
  const [start, end] = b.split('/') as [string, string]
  return from < end && start < to
}

const pushedOnly = ({ plan }: Sight): boolean => plan.slices.every(({ source }) => source === 'push')
const rawVersions = ({ plan }: Sight): number[] => plan.slices.map(({ raw }) => raw)

async function epochs(): Promise<Map<string, number>> {
  const tail = house.laneway.log.tail(topicNames('laneway.').aggregates)
  const { partitions } = await tail.describe()
  const found = new Map<string, number>()
  const ended = new AbortController()
  const waiting = new Map(partitions.map(({ partition, end }) => [partition, end]))
  await tail.run(
    new Map(),
    {
      onRecords(partition, records, next) {
        for (const { key, value } of records) {
          const record = decodeRecord(Buffer.from(key!).toString(), Buffer.from(value!).toString())
          if (record.kind !== 'seal') continue
          const id = `${record.rollup} ${record.bucket}`
          found.set(id, Math.max(found.get(id) ?? 0, record.epoch))
        }
        if (next >= (waiting.get(partition) ?? 0n)) waiting.delete(partition)
        if (waiting.size === 0) ended.abort()
      },
      onOutOfRange: () => assert.fail('out of range'),
      onTopicChanged: () => assert.fail('topic changed'),
      onPartitionsAdded: () => undefined,
    },
    ended.signal,
  )
  return found
}

test('around late points every answer is one moment: no epochs mixed, nothing stale unsaid, versions and epochs rise', async (t) => {
  const rawOfFirst = async () => rawVersions(await look('PT1M', { intervals: [minuteOf(lateMinute(0))] }))[0]!
  const before = { minutes: await look('PT1M'), epochs: await epochs(), raw: await rawOfFirst() }
  assert.ok(pushedOnly(before.minutes) && !isDirty(before.minutes))
  assert.equal(before.minutes.freshness.state, 'complete')

  const sights: Sight[] = []
  const mixed: string[] = []
  const { table, catalog } = house.laneway
  const unsubscribe = table.subscribe((change) => mixed.push(...unequalWindows(table, catalog.current(), change)))
  let acknowledged = before.minutes.total
  let watching = true
  const watch = async (granularity: string, each: (sight: Sight, atLeast: number) => void) => {
    while (watching) {
      const atLeast = acknowledged
      each(await look(granularity), atLeast)
      await sleep(1)
    }
  }
  const check = (sight: Sight) => {
    assert.deepEqual(sight.unequal, [], 'an answer mixes epochs')
    sights.push(sight)
  }
  const watchers = [watch('PT1M', check), watch('PT1H', check)]
  for (let i = 0; i < LATE; i++) {
    clock.set(clock() + 10_000)
    await send(5 + i * 7, 1000, 20_000 + i)
    acknowledged += 1000 * TOPICS * 2
    await sleep(5)
    const sight = await look('PT1M')
    assert.ok(!pushedOnly(sight) || sight.total >= before.minutes.total)
    await house.laneway.idle()
    const settled = await look('PT1M')
    assert.equal(settled.total, acknowledged, 'once rolled up again, the push table has the late points')
    assert.ok(pushedOnly(settled) && !isDirty(settled))
    assert.equal(settled.freshness.state, 'complete')
    assert.equal((await look('PT1H')).total, acknowledged)
  }
  watching = false
  await Promise.all(watchers)
  unsubscribe()
  assert.deepEqual(mixed, [], 'at some change of the push table a reader could have seen mixed epochs')

  const dirty = sights.filter(isDirty)
  t.diagnostic(`${sights.length} answers watched, ${dirty.length} while windows were dirty`)
  assert.ok(dirty.length > 0, 'no answer was seen while a window was dirty')
  for (const sight of dirty) assert.deepEqual(servedDirty(sight), [], 'a dirty window was served from the push table')
  const after = { epochs: await epochs(), raw: await rawOfFirst() }
  assert.ok(after.raw > before.raw, `raw version rises: ${before.raw} ▸ ${after.raw}`)
  for (let i = 0; i < LATE; i++) {
    const id = `halves/topic_1m ${lateMinute(i)}`
    assert.ok(after.epochs.get(id)! > before.epochs.get(id)!, `epoch of ${id} rises`)
  }
  const [pushed, raw] = [await look('PT1M', { use: ['push'] }), await look('PT1M', { avoid: ['push'] })]
  assert.equal(pushed.total, raw.total)
})
