import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { EventSource } from 'eventsource'
import fc from 'fast-check'
import { ClientState, EventReader, type SentEvent } from '../api/stream/event-reader.ts'
import { type HandClock, handClock } from '../hand-clock.ts'
import { SEED } from '../seed.ts'
import { HALVES, halvesRequest, writeHalvesCatalog } from './halves.ts'
import { type House, openHouse } from './house.ts'

const T0 = Date.parse('2026-11-21T10:00:00Z')
const MINUTE_MS = 60_000
const HALF = 'metric.half'
const MINUTES = 10
/** More than any change takes to be told. */
const PATIENCE_MS = 5_000

const QUESTION = {
  aggregations: [{ metric: 'orders' }],
  group_by: [HALF],
  granularity: 'PT1M',
  intervals: ['2026-11-21T10:00:00Z/PT10M'],
}

let folder: string
let clock: HandClock
let house: House
let url: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'laneway-stream-'))
  clock = handClock(T0)
  const over = { 'watch.periodMsMin': 5, 'watch.tailPeriodMs': 20, 'stream.heartbeatMs': 20, 'http.port': 0 }
  house = await openHouse(clock, { ...over, 'catalog.paths': [writeHalvesCatalog(folder)] })
  const listening = await house.laneway.listen()
  url = `${listening.url}/v2/metrics/${HALVES}/stream?query=${encodeURIComponent(JSON.stringify(QUESTION))}`
})
after(async () => {
  await house.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Each at a moment of its own: a point of the same moment would be a repeat. */
let sent = 0
async function send(minute: number, value: number): Promise<void> {
  const timeMs = T0 + minute * MINUTE_MS + 10_000 + ++sent * 10
  const batch = { metric: 'orders', temporality: 1, topics: 2, startMs: timeMs - 1000, timeMs, value } as const
  const reply = await house.laneway.intake.accept(Buffer.from(halvesRequest(batch)), 'application/json')
  assert.equal(reply.rejected, 0)
}

/** What a client should have: each point of an answer, and whether its bucket is complete. */
async function queried(): Promise<string[]> {
  const { text } = await house.ask(HALVES, QUESTION)
  const { data, meta } = JSON.parse(text) as {
    data: { timestamp: string; value: number; [HALF]: string }[]
    meta: { freshness: { completeThrough: string } }
  }
  const through = Date.parse(meta.freshness.completeThrough)
  const isComplete = (start: string) => Date.parse(start) + MINUTE_MS <= through
  return data.map((row) => `${row.timestamp} "${row[HALF]}" ${row.value} ${isComplete(row.timestamp)}`).sort()
}

const told = (state: ClientState): string[] =>
  [...state.rows].map(([key, { value, complete }]) => `${key} ${value} ${complete}`).sort()

/** Waits until the client has what an answer says, or fails with the difference. */
async function agrees(state: ClientState): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS
  let expected = await queried()
  while (JSON.stringify(told(state)) !== JSON.stringify(expected) && performance.now() < untilMs) {
    await sleep(5)
    expected = await queried()
  }
  assert.deepEqual(told(state), expected)
}

test('an EventSource gets the points, a new one, a late correction of a settled one, and heartbeats', async () => {
  const events: SentEvent[] = []
  const state = new ClientState([HALF])
  const source = new EventSource(url)
  const heartbeat = Promise.withResolvers<void>()
  source.addEventListener('heartbeat', () => heartbeat.resolve())
  for (const name of ['snapshot', 'upsert']) {
    source.addEventListener(name, ({ data, lastEventId }) => {
      const event = { event: name, id: lastEventId, data: JSON.parse(data) }
      events.push(event)
      state.apply(event)
    })
  }
  try {
    clock.set(T0 + 30_000)
    await send(0, 100)
    await agrees(state)
    assert.equal(events[0]!.event, 'snapshot')
    assert.equal(state.rows.size, 2)
    clock.set(T0 + MINUTE_MS + 30_000)
    await send(1, 5)
    await agrees(state)
    assert.equal(state.rows.size, 4)
    clock.set(T0 + (MINUTES + 3) * MINUTE_MS)
    await house.laneway.idle()
    await agrees(state)
    const before = state.rows.get('2026-11-21T10:00:00Z "left"')!
    assert.deepEqual([before.value, before.complete], [200, true])
    await send(0, 1)
    await house.laneway.idle()
    await agrees(state)
    const corrected = state.rows.get('2026-11-21T10:00:00Z "left"')!
    assert.deepEqual([corrected.value, corrected.complete], [202, true])
    assert.ok(corrected.revision > before.revision)
    const { data } = events.at(-1)!.data
    assert.deepEqual(new Set(data.map(({ timestamp }) => timestamp)), new Set(['2026-11-21T10:00:00Z']))
    assert.equal(events.filter(({ event }) => event === 'snapshot').length, 1)
    await heartbeat.promise
  } finally {
    source.close()
  }
})

type Step =
  | { readonly kind: 'send'; readonly minute: number; readonly value: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'roll up' | 'disconnect' | 'pause' }

const Steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('send' as const),
      minute: fc.integer({ min: 0, max: MINUTES - 1 }),
      value: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 90_000 }) }),
    fc.record({ kind: fc.constantFrom('roll up' as const, 'disconnect' as const, 'pause' as const) }),
  ),
  { minLength: 10, maxLength: 20 },
)

/** Reads into the state until it is closed; opened again it goes on from the last event. */
class Client {
  readonly state = new ClientState([HALF])
  readonly names: string[] = []
  #reader: EventReader | null = null

  async open(): Promise<void> {
    const headers: Record<string, string> = this.state.lastId ? { 'last-event-id': this.state.lastId } : {}
    this.#reader = await EventReader.open(url, { headers })
    void this.#read(this.#reader)
  }

  close(): void {
    this.#reader?.leave()
  }

  async #read(reader: EventReader): Promise<void> {
    for (let event = await reader.next().catch(() => null); event; event = await reader.next().catch(() => null)) {
      if (reader !== this.#reader) return
      this.names.push(event.event)
      this.state.apply(event)
    }
  }
}

test('whatever arrives, is corrected and breaks, a client ends with what /query answers', async () => {
  const act = async (step: Step, client: Client) => {
    if (step.kind === 'send') await send(step.minute, step.value)
    else if (step.kind === 'pass') clock.set(clock() + step.ms)
    else if (step.kind === 'roll up') await house.laneway.idle()
    else if (step.kind === 'pause') await sleep(10)
    else {
      client.close()
      await client.open()
    }
  }
  await fc.assert(
    fc.asyncProperty(Steps, async (steps) => {
      const client = new Client()
      await client.open()
      for (const step of steps) await act(step, client)
      await agrees(client.state)
      client.close()
      assert.ok(client.names.filter((name) => name === 'snapshot').length <= 1 + steps.filter(isDisconnect).length)
    }),
    { seed: SEED, numRuns: 4, endOnFailure: true },
  )
})

const isDisconnect = ({ kind }: Step): boolean => kind === 'disconnect'
