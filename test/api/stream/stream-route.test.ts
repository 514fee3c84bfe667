import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ANONYMOUS } from '../../../src/api/caller.ts'
import { FreshnessAnswer, Plan } from '../../../src/api/query/query-answer.ts'
import { RateLimits } from '../../../src/api/rate-limits.ts'
import type { StreamLimits } from '../../../src/api/stream/stream-limits.ts'
import { LanewayError } from '../../../src/model/errors.ts'
import { UNSCOPED } from '../../../src/model/scope.ts'
import { errorsIn, TEN } from '../api-world.ts'
import { ClientState, type EventReader, type SentEvent } from './event-reader.ts'
import { answerWith, BODY, openStreams, STREAM, type StreamWorld, TOPIC, textOf } from './stream-world.ts'

const worlds: StreamWorld[] = []
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close()
})

async function streaming(...options: Parameters<typeof openStreams>): Promise<StreamWorld> {
  const world = await openStreams(...options)
  worlds.push(world)
  return world
}

const event = async (reader: EventReader, name?: string): Promise<SentEvent> => {
  const next = await reader.next(name)
  assert.ok(next, 'the stream ended')
  return next
}

/** Waits for what takes a few turns of the loop. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(2)
}

const rowTexts = ({ data }: SentEvent): string[] =>
  data.data.map((row: Record<string, unknown>) =>
    [row[TOPIC], String(row.timestamp).slice(14, 16), row.value, row.complete, row.revision].join(' '),
  )

test('a stream begins with all points, each with its revision and whether its bucket is complete', async () => {
  const world = await streaming({ retryMs: 1234 })
  world.hand.tell(answerWith({ a: [1, 2], b: [undefined, 5] }, 1))
  const reader = await world.read()
  const { headers } = reader.response
  assert.equal(headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('x-accel-buffering'), 'no')
  assert.equal(headers.get('content-encoding'), null)
  assert.match(headers.get('x-laneway-result')!, /sources=push,duckdb; lane=hot/)
  const snapshot = await event(reader)
  assert.equal(reader.retry, '1234')
  assert.equal(snapshot.event, 'snapshot')
  assert.equal(snapshot.data.revision, 1)
  assert.deepEqual(rowTexts(snapshot), ['a 00 1 true 1', 'a 01 2 false 1', 'b 01 5 false 1'])
  const { freshness, plan, truncated, groupsTotal } = snapshot.data.meta
  FreshnessAnswer.parse(freshness)
  Plan.parse(plan)
  assert.deepEqual([truncated, groupsTotal], [false, 2])
})

test('then it tells only what is new, differs or is gone', async () => {
  const world = await streaming()
  world.hand.tell(answerWith({ a: [1, 2], b: [3] }))
  const reader = await world.read()
  await event(reader)
  world.hand.tell(answerWith({ a: [1, 7, 4] }, 1))
  const upsert = await event(reader)
  assert.equal(upsert.event, 'upsert')
  assert.deepEqual(rowTexts(upsert), ['a 00 1 true 2', 'a 01 7 false 2', 'a 02 4 false 2'])
  assert.deepEqual(upsert.data.removed, [{ timestamp: '2026-11-21T10:00:00Z', [TOPIC]: 'b' }])
  assert.equal(upsert.data.meta.freshness.completeThrough, '2026-11-21T10:01:00Z')
  assert.equal(upsert.data.meta.plan, undefined)
  const later = await event(await world.read())
  assert.deepEqual([later.event, later.data.revision, later.id], ['snapshot', 2, upsert.id])
})

test('null values, several values, absent labels and integers beyond 2^53 are written as /query writes them', async () => {
  const world = await streaming()
  const answer = answerWith({ a: [9007199254740993n, null] })
  const [series] = answer.frame.series
  const point = { timestamp: 0, values: [1, null], cut: true }
  world.hand.tell({
    ...answer,
    frame: { ...answer.frame, series: [series!, { group: [null], points: [point] }] },
  })
  const response = await fetch(`${world.url}${STREAM}?${textOf()}`)
  const { value } = await response.body!.getReader().read()
  const text = Buffer.from(value!).toString()
  const rest = text.includes('event') ? text : Buffer.from((await response.body!.getReader().read()).value!).toString()
  assert.ok(rest.includes('"value":9007199254740993,"complete"'), rest)
  assert.ok(rest.includes('"value":null,"complete"'))
  assert.ok(rest.includes('{"timestamp":"1970-01-01T00:00:00Z","metric.topic":null,"values":[1,null],"cut":true,'))
})

test('the body may also be posted, and unknown fields and names of values are told in meta', async () => {
  const world = await streaming()
  world.hand.tell(answerWith({ a: [1] }))
  const body = { ...BODY, aggregations: [{ ...BODY.aggregations[0]!, as: 'bytes' }], colour: 'red' }
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(`${world.url}${STREAM}`, init)
  assert.equal(response.status, 200)
  await response.body!.cancel()
  const { data } = await event(await world.read({ body }))
  assert.deepEqual([data.meta.values, data.meta.ignored], [['bytes'], ['/colour']])
})

test('a stream that is silent sends heartbeats', async () => {
  const world = await streaming({ heartbeatMs: 10 })
  world.hand.tell(answerWith({ a: [1] }))
  const reader = await world.read()
  await event(reader)
  const heartbeat = await event(reader, 'heartbeat')
  assert.deepEqual([heartbeat.id, heartbeat.data], [undefined, { revision: 1, time: '2026-11-21T10:00:00Z' }])
})

test('a reader who comes back gets what it missed, as one event', async () => {
  const world = await streaming()
  world.hand.tell(answerWith({ a: [1], b: [2] }))
  const first = await world.read()
  const { id } = await event(first)
  first.leave()
  await until(() => world.hand.running === 0)
  world.hand.tell(answerWith({ a: [1], b: [3] }))
  world.hand.tell(answerWith({ a: [1], b: [4], c: [5] }))
  const upsert = await event(await world.read({ lastEventId: id }))
  assert.equal(upsert.event, 'upsert')
  assert.deepEqual(rowTexts(upsert), ['b 00 4 false 2', 'c 00 5 false 2'])
  assert.equal(world.hand.begun, 2)
})

test('the id may stand in the URL, and the header wins', async () => {
  const world = await streaming()
  world.hand.tell(answerWith({ a: [1] }))
  const staying = await world.read()
  const old = await event(staying)
  world.hand.tell(answerWith({ a: [2] }))
  const newer = await event(staying)
  const url = `${world.url}${STREAM}?${textOf()}&last_event_id=${old.id}`
  const upsert = await event(await world.read({ lastEventId: old.id }))
  assert.equal(upsert.event, 'upsert')
  const { EventReader } = await import('./event-reader.ts')
  assert.equal((await event(await EventReader.open(url))).event, 'upsert')
  const current = await EventReader.open(url, { headers: { 'last-event-id': newer.id! } })
  world.hand.tell(answerWith({ a: [3] }))
  assert.deepEqual(rowTexts(await event(current)), ['a 00 3 false 3'])
})

test('an id that is not of this stream is worth as much as none', async () => {
  const world = await streaming()
  world.hand.tell(answerWith({ a: [1] }))
  const { id } = await event(await world.read())
  const other = await event(await world.read({ body: { ...BODY, limit: 7 } }))
  for (const lastEventId of [other.id, 'nonsense', `${id}0`, id!.replace('.1.', '.2.')]) {
    assert.equal((await event(await world.read({ lastEventId }))).event, 'snapshot', lastEventId)
  }
})

test('an id of a history that is no longer kept gets a snapshot', async () => {
  const world = await streaming({ resumePointsMax: 0 })
  world.hand.tell(answerWith({ a: [1] }))
  const reader = await world.read()
  const { id } = await event(reader)
  reader.leave()
  await until(() => world.hand.running === 0)
  assert.equal((await event(await world.read({ lastEventId: id }))).event, 'snapshot')
})

test('callers of different rights share nothing, not even with the same question and id', async () => {
  const scopes = { tenant: 'b', datasets: null, constraints: [{ label: TOPIC, values: ['a'] }] }
  const find = (id: string) => ({ ...ANONYMOUS, id, scope: id === 'a' ? UNSCOPED : scopes })
  const world = await streaming({}, { find })
  world.hand.tell(answerWith({ a: [1] }))
  const as = (id: string) => ({ authorization: `Basic ${Buffer.from(`${id}:s`).toString('base64')}` })
  const { id } = await event(await world.read({ headers: as('a') }))
  assert.equal(world.hand.begun, 1)
  const other = await event(await world.read({ headers: as('b'), lastEventId: id }))
  assert.equal(other.event, 'snapshot')
  assert.equal(world.hand.begun, 2)
  const own = await event(await world.read({ headers: as('a'), lastEventId: 'none' }))
  assert.equal(own.id, id)
  assert.equal(world.hand.begun, 2)
})

test('what is refused is an ordinary error, before anything is streamed', async () => {
  const world = await streaming()
  world.hand.tell(answerWith({}))
  const refusals: [string, string, RegExp][] = [
    ['', 'FIELD_MISSING', /query parameter query is missing/],
    ['query=nonsense', 'FIELD_INVALID', /query parameter query must be the JSON body/],
    [textOf({ ...BODY, granularity: 'PT3M' }), 'FIELD_INVALID', /granularity must be one of/],
    [textOf({ ...BODY, format: 'GROUPED' }), 'FIELD_INVALID', /format must be FLAT/],
    [textOf({ ...BODY, explain: 'plan' }), 'FIELD_INVALID', /explain must be summary/],
    [`${textOf({ ...BODY, colour: 'red' })}&strict=true`, 'FIELD_UNKNOWN', /colour is not a field/],
  ]
  for (const [search, code, detail] of refusals) {
    const response = await fetch(`${world.url}${STREAM}?${search}`)
    const [error] = errorsIn(await response.text())
    assert.equal(error!.code, code, search)
    assert.match(error!.detail, detail)
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
  }
})

test('so is what the engine refuses', async () => {
  const world = await streaming()
  const waiting = fetch(`${world.url}${STREAM}?${textOf()}`)
  await until(() => world.hand.running === 1)
  world.hand.fail(new LanewayError('METRIC_UNKNOWN', { detail: 'no metric', pointer: '/aggregations/0/metric' }))
  const response = await waiting
  assert.equal(response.status, 400)
  assert.equal(errorsIn(await response.text())[0]!.code, 'METRIC_UNKNOWN')
})

test('a question that fails later ends its streams with the error, and can be gone on with', async () => {
  const world = await streaming()
  world.hand.tell(answerWith({ a: [1] }))
  const readers = [await world.read(), await world.read()]
  let lastEventId: string | undefined
  for (const reader of readers) lastEventId = (await event(reader)).id
  world.hand.fail(new LanewayError('SOURCE_FAILED', { detail: 'duckdb is gone' }))
  for (const reader of readers) {
    const failed = await event(reader)
    assert.equal(failed.event, 'failed')
    assert.equal(failed.data.errors[0]?.code, 'SOURCE_FAILED')
    assert.equal(await reader.next(), null)
  }
  world.hand.tell(answerWith({ a: [2] }))
  const again = await event(await world.read({ lastEventId }))
  assert.deepEqual([again.event, rowTexts(again)], ['upsert', ['a 00 2 false 2']])
})

test('only event streams are answered, and only to GET and POST', async () => {
  const world = await streaming()
  const ask = (method: string, accept: string) =>
    fetch(`${world.url}${STREAM}?${textOf()}`, { method, headers: { accept } })
  const refused = await ask('GET', 'application/json')
  assert.equal(refused.status, 406)
  assert.equal(errorsIn(await refused.text())[0]!.code, 'NOT_ACCEPTABLE')
  for (const method of ['HEAD', 'PUT']) {
    const { status, headers } = await ask(method, '*/*')
    assert.deepEqual([status, headers.get('allow')], [405, 'GET, POST'])
  }
})

test('open streams are bounded, together and by caller, and who leaves makes room', async () => {
  const find = (id: string) => ({ ...ANONYMOUS, id })
  const world = await streaming({ connectionsMax: 3, connectionsPerCallerMax: 2 }, { find })
  world.hand.tell(answerWith({ a: [1] }))
  const as = (id: string) => ({ authorization: `Basic ${Buffer.from(`${id}:s`).toString('base64')}` })
  const own = [await world.read({ headers: as('a') }), await world.read({ headers: as('a') })]
  const refused = async (id: string) => {
    const response = await fetch(`${world.url}${STREAM}?${textOf()}`, { headers: as(id) })
    const [error] = errorsIn(await response.text())
    assert.deepEqual([response.status, error!.code], [429, 'WATCH_FULL'])
    assert.ok(Number(response.headers.get('retry-after')) > 0)
    return error!.meta.configKey
  }
  assert.equal(await refused('a'), 'stream.connectionsPerCallerMax')
  await world.read({ headers: as('b') })
  assert.equal(await refused('b'), 'stream.connectionsMax')
  own[0]!.leave()
  await until(() => world.hand.running === 1)
  let again: EventReader | null = null
  while (!again) again = await world.read({ headers: as('b') }).catch(() => sleep(2, null))
  assert.equal((await event(again)).event, 'snapshot')
})

test('every answer that is told is charged, the first one with headers', async () => {
  const options = { costPerMinuteMax: 100, requestsPerMinuteMax: 100, burstMs: 60_000, callersMax: 10, anonymous: true }
  const world = await streaming({}, null, { rates: new RateLimits(options, () => TEN) })
  world.hand.tell(answerWith({ a: [1] }, 0, { cost: 60 }))
  const reader = await world.read()
  await event(reader)
  assert.equal(reader.response.headers.get('ratelimit-remaining'), '40')
  world.hand.tell(answerWith({ a: [2] }, 0, { cost: 60 }))
  await event(reader)
  const response = await fetch(`${world.url}${STREAM}?${textOf()}`)
  assert.equal(response.status, 429)
  assert.equal(errorsIn(await response.text())[0]!.code, 'RATE_LIMITED')
  world.hand.tell(answerWith({ a: [3] }, 0, { cost: 60 }))
  assert.equal((await event(reader)).event, 'upsert', 'what is open goes on')
})

test('an answer longer than an event may be is refused, and one that grows so long ends the stream', async () => {
  const world = await streaming({ eventBytesMax: 4096 })
  const long = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`t${i}`, [1]]))
  world.hand.tell(answerWith(long))
  const response = await fetch(`${world.url}${STREAM}?${textOf()}`)
  assert.equal(response.status, 422)
  assert.equal(errorsIn(await response.text())[0]!.meta.configKey, 'stream.eventBytesMax')
  world.hand.tell(answerWith({ a: [1] }))
  const reader = await world.read()
  await event(reader)
  world.hand.tell(answerWith(long))
  const failed = await event(reader)
  assert.deepEqual([failed.event, failed.data.errors[0]?.code], ['failed', 'QUERY_TOO_EXPENSIVE'])
})

test('a server that closes says goodbye and ends its streams', async () => {
  const world = await streaming()
  world.hand.tell(answerWith({ a: [1] }))
  const reader = await world.read()
  await event(reader)
  const closed = world.close()
  assert.equal((await event(reader)).event, 'bye')
  assert.equal(await reader.next(), null)
  await closed
  assert.equal(world.hand.running, 0)
})

test('a client that leaves before the first answer leaves nothing behind', async () => {
  const world = await streaming()
  const leaving = new AbortController()
  const response = fetch(`${world.url}${STREAM}?${textOf()}`, { signal: leaving.signal })
  await until(() => world.hand.running === 1)
  leaving.abort()
  await assert.rejects(response)
  await until(() => world.hand.running === 0)
})

/** A client that asks and then reads nothing until it is told to. */
async function stoppedClient(world: StreamWorld) {
  const { hostname, port } = new URL(world.url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.write(`GET ${STREAM}?${textOf()} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
  await new Promise((resolve) => socket.once('readable', resolve))
  let text = ''
  return {
    socket,
    text: () => text,
    read: () => socket.on('data', (chunk) => (text += chunk)),
  }
}

/** Large enough for sockets to be full after a few of them. */
const large = (value: number) =>
  answerWith(
    Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`t${i}`, Array.from({ length: 60 }, () => value)])),
  )

const SLOW: Partial<StreamLimits> = { heartbeatMs: 3_600_000, eventBytesMax: 64 * 1024 * 1024 }

test('a reader who does not read makes one event wait, and gets the newest state when it reads again', async () => {
  const world = await streaming(SLOW)
  world.hand.tell(large(0))
  const client = await stoppedClient(world)
  for (let value = 1; value <= 6; value++) {
    world.hand.tell(large(value))
    await sleep(1)
  }
  client.read()
  await until(() => client.text().slice(-1_000).includes('"value":6,') && client.text().endsWith('\n\n\r\n'))
  const revisions = [...client.text().matchAll(/^data: \{"revision":(\d+)/gm)].map(([, revision]) => Number(revision))
  assert.equal(revisions[0], 1)
  assert.equal(revisions.at(-1), 7)
  assert.ok(revisions.length <= 3, `${revisions.length} events of 7 revisions were sent`)
  client.socket.destroy()
})

test('a reader who takes nothing for too long is cut off', async () => {
  const world = await streaming({ ...SLOW, stuckMsMax: 20 })
  world.hand.tell(large(0))
  const client = await stoppedClient(world)
  world.hand.tell(large(1))
  await until(() => world.hand.running === 0)
  client.read()
  await new Promise((resolve) => client.socket.once('close', resolve))
  assert.ok(!client.text().includes('"value":1,'))
})

test('a reader who takes nothing does not keep the server from closing', async () => {
  const world = await streaming(SLOW)
  world.hand.tell(large(0))
  const client = await stoppedClient(world)
  client.socket.on('error', () => undefined)
  await world.close()
  await until(() => world.hand.running === 0)
  client.socket.destroy()
})

test('a reader has after any disconnects what the newest answer says', async () => {
  const world = await streaming()
  const state = new ClientState([TOPIC])
  const seen: string[] = []
  let reader: EventReader | null = null
  for (let round = 0; round < 30; round++) {
    const values = { a: [round % 3, round], [`t${round % 4}`]: [round % 2 ? undefined : round], z: [7] }
    world.hand.tell(answerWith(values, round / 10))
    reader ??= await world.read({ lastEventId: state.lastId })
    const told = await event(reader)
    seen.push(told.event)
    state.apply(told)
    const expected = Object.entries(values).flatMap(([topic, ofTopic]) =>
      ofTopic.flatMap((value, i) => (value === undefined ? [] : [`2026-11-21T10:0${i}:00Z "${topic}" ${value}`])),
    )
    assert.deepEqual(state.texts(), expected.sort(), `round ${round}`)
    if (round % 7 < 3) {
      reader.leave()
      reader = null
      if (round % 7 === 0) await until(() => world.hand.running === 0)
    }
  }
  assert.deepEqual(seen, ['snapshot', ...Array.from({ length: 29 }, () => 'upsert')])
})
