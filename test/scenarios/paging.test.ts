import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type HandClock, handClock } from '../hand-clock.ts'
import { SEED } from '../seed.ts'
import { HALVES, halvesRequest, writeHalvesCatalog } from './halves.ts'
import { type House, openHouse } from './house.ts'
import { type Draw, random } from './random-questions.ts'

const T0 = Date.parse('2026-11-21T10:00:00Z')
const MINUTE = 60_000
const MINUTES = 10
/** Of the house that keeps answers, and of the one that keeps none. */
const ROUNDS = [5, 10] as const

let folder: string
const houses: { house: House; clock: HandClock; topics: number }[] = []

/** One that keeps answers for their next pages, and one that keeps none. */
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'laneway-paging-'))
  const paths = [writeHalvesCatalog(folder)]
  for (const keptBytesMax of [64 * 1024 * 1024, 1]) {
    const clock = handClock(T0)
    const over = { 'catalog.paths': paths, 'paging.keptBytesMax': keptBytesMax, 'intake.commitPeriodMs': 1 }
    const world = { house: await openHouse(clock, over), clock, topics: 4 }
    houses.push(world)
    for (let minute = 0; minute < MINUTES; minute++) {
      clock.set(T0 + minute * MINUTE + 30_000)
      await send(world, minute)
    }
    clock.set(T0 + (MINUTES + 3) * MINUTE)
    await idle(world)
  }
})
after(async () => {
  for (const { house } of houses) await house.close()
  rmSync(folder, { recursive: true, force: true })
})

type Paged = (typeof houses)[number]

/** A roll-up that failed on a busy machine is tried again when time goes on. */
async function idle({ house, clock }: Paged): Promise<void> {
  const done = house.laneway.idle().then(() => true)
  while (!(await Promise.race([done, sleep(3000, false, { ref: false })]))) clock.set(clock() + 5000)
}

async function send({ house, topics }: Paged, minute: number, value = 1): Promise<void> {
  const timeMs = T0 + minute * MINUTE + 10_000
  const batch = { metric: 'orders', temporality: 1, topics, startMs: timeMs - 1000, timeMs, value } as const
  const reply = await house.laneway.intake.accept(Buffer.from(halvesRequest(batch)), 'application/json')
  assert.equal(reply.rejected, 0)
}

/** Another time, number and labels than anything before, so that no point is taken for a repeat. */
async function change(world: Paged, draw: Draw, sent: { count: number }): Promise<string> {
  const { house, clock } = world
  sent.count++
  const kind = draw()
  if (kind < 0.3) return 'nothing'
  if (kind < 0.5) {
    clock.set(clock() + Math.floor(draw() * 3) * 40_000)
    return 'time'
  }
  if (kind < 0.6) {
    await idle(world)
    return 'roll-up'
  }
  if (kind < 0.7) world.topics++
  const isLate = draw() < 0.6
  const minute = isLate ? Math.floor(draw() * MINUTES) : Math.floor((clock() - T0) / MINUTE)
  const timeMs = T0 + minute * MINUTE + (isLate ? 20_000 + sent.count : 100 + (sent.count % 50_000))
  const batch = {
    metric: 'orders',
    temporality: 1,
    topics: world.topics,
    startMs: timeMs - 1,
    timeMs,
    value: 7,
  } as const
  await house.laneway.intake.accept(Buffer.from(halvesRequest(batch)), 'application/json')
  return isLate ? 'late points' : 'new points'
}

function drawBody(draw: Draw) {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(draw() * from.length)]!
  return {
    aggregations: [{ metric: 'orders' }],
    group_by: pick([['metric.half', 'metric.topic'], ['metric.topic']]),
    granularity: pick(['PT1M', 'PT5M', 'ALL']),
    intervals: [
      pick(['2026-11-21T10:00:00Z/PT10M', '2026-11-21T10:02:00Z/PT4M', 'PT8M/now', '2026-11-21T10:05:00Z/now']),
    ],
    format: pick(['FLAT', 'GROUPED']),
    ...(draw() < 0.4 && { order_by: [{ metric: 'orders', order: pick(['ASCENDING', 'DESCENDING']) }] }),
    ...(draw() < 0.2 && { fill: 'null' }),
  }
}

interface Page {
  readonly data: readonly object[]
  readonly errors?: readonly { readonly code: string }[]
  readonly meta: {
    readonly truncated: boolean
    readonly groupsTotal: number
    readonly pagination: { readonly next_page_token?: string; readonly expires?: string }
  }
}

async function ask({ house }: Paged, body: object, token?: string): Promise<Page> {
  const search = token === undefined ? '' : `?page_token=${token}`
  const url = `/v2/metrics/${HALVES}/query${search}`
  const response = await house.laneway.app.inject({ method: 'POST', url, payload: body })
  return response.json()
}

/** Pages to the last one, the dataset changing in between; null when they ended before. */
async function joined(world: Paged, body: object, first: Page, draw: Draw, sent: { count: number }) {
  const data = [...first.data]
  const changes: string[] = []
  for (let page = first; page.meta.pagination.next_page_token !== undefined; ) {
    assert.equal(page.meta.truncated, true)
    changes.push(await change(world, draw, sent))
    const next = await ask(world, body, page.meta.pagination.next_page_token)
    if (next.errors) {
      assert.deepEqual(
        next.errors.map(({ code }) => code),
        ['PAGE_TOKEN_EXPIRED'],
        JSON.stringify(next),
      )
      return { data: null, changes }
    }
    assert.equal(next.meta.groupsTotal, first.meta.groupsTotal)
    data.push(...next.data)
    page = next
  }
  return { data, changes }
}

test('pages of a changing dataset joined equal the frozen answer, or say that it is gone where it was not kept', async (t) => {
  const draw = random(SEED)
  const sent = { count: 0 }
  const outcomes = { kept: 0, askedAgain: 0, expired: 0 }
  const seen = new Set<string>()
  for (const [i, world] of houses.entries()) {
    for (let round = 0; round < ROUNDS[i]!; round++) {
      const body = drawBody(draw)
      // What was sent last reaches the push table in its own time: the moment to freeze comes after.
      await idle(world)
      const frozen = await ask(world, { ...body, limit: 1000 })
      assert.equal(frozen.meta.truncated, false)
      const paged = { ...body, limit: 1 + Math.floor(draw() * 4) }
      const first = await ask(world, paged)
      const { data, changes } = await joined(world, paged, first, draw, sent)
      for (const each of changes) seen.add(each)
      if (data === null) outcomes.expired++
      else {
        assert.deepEqual(data, frozen.data, `${i} ${round} ${JSON.stringify([paged, changes])}`)
        outcomes[i === 0 ? 'kept' : 'askedAgain']++
      }
      assert.ok(data !== null || i === 1, 'what is kept does not expire')
    }
  }
  t.diagnostic(JSON.stringify(outcomes))
  assert.equal(outcomes.kept, ROUNDS[0])
  assert.ok(outcomes.askedAgain >= 1 && outcomes.expired >= 1, JSON.stringify(outcomes))
  assert.equal(seen.size, 5)
})

test('a token outlives a restart, and is good until it says', async () => {
  const own = mkdtempSync(join(tmpdir(), 'laneway-restart-'))
  const clock = handClock(T0)
  const over = { 'catalog.paths': [writeHalvesCatalog(folder)], 'data.path': own, 'paging.keptMs': 60_000 }
  const body = {
    aggregations: [{ metric: 'orders' }],
    group_by: ['metric.topic'],
    granularity: 'PT1M',
    intervals: ['2026-11-21T10:00:00Z/PT1M'],
    limit: 1,
  }
  const open = async (): Promise<Paged> => ({ house: await openHouse(clock, over), clock, topics: 3 })
  try {
    const before = await open()
    clock.set(T0 + 30_000)
    await send(before, 0)
    clock.set(T0 + 5 * MINUTE)
    await idle(before)
    const first = await ask(before, body)
    const { next_page_token: token, expires } = first.meta.pagination
    assert.equal(expires, new Date(clock() + 60_000).toISOString().replace('.000', ''))
    await before.house.laneway.close()
    const again = await open()
    await idle(again)
    const second = await ask(again, body, token)
    assert.deepEqual(
      second.data.map((row) => (row as Record<string, unknown>)['metric.topic']),
      ['t1'],
      JSON.stringify(second),
    )
    clock.set(clock() + 60_000)
    assert.equal((await ask(again, body, token)).errors?.[0]?.code, 'PAGE_TOKEN_EXPIRED')
    await again.house.laneway.close()
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
})
