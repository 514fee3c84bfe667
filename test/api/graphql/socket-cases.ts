import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import type { Caller } from '../../../src/api/caller.ts'
import { DEFAULT_GRAPHQL } from '../../../src/api/graphql/options.ts'
import type { StaticKeys } from '../../../src/api/static-keys.ts'
import { UNSCOPED } from '../../../src/model/scope.ts'
import type { Watched } from '../../../src/planner/engine.ts'
import { type ApiWorld, answerOf, openApi } from '../api-world.ts'
import { type SentError, timeseries } from './graphql-client.ts'
import { RawSocket, refusedUpgrade } from './raw-socket.ts'

const SUBSCRIPTION = `subscription { ${timeseries('revision groups { points { value } }')} }`
const GRAPHQL = { ...DEFAULT_GRAPHQL, socketsMax: 3, subscriptionsMax: 2, messageBytesMax: 4096, initMsMax: 300 }

/** What watched questions are told, by hand; counts who is watching. */
class HandWatch {
  readonly told: Watched[] = []
  watching = 0
  #wake = Promise.withResolvers<void>()

  tell(state: Watched): void {
    this.told.push(state)
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }

  /** Newest only, as the engine promises. */
  watch(signal: AbortSignal): AsyncIterable<Watched> {
    const self = this
    const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    return {
      async *[Symbol.asyncIterator]() {
        self.watching++
        let seen = 0
        try {
          while (!signal.aborted) {
            if (self.told.length > seen) {
              seen = self.told.length
              yield self.told.at(-1)!
            } else await Promise.race([self.#wake.promise, gone])
          }
        } finally {
          self.watching--
        }
      },
    }
  }

  async until(watching: number): Promise<void> {
    while (this.watching !== watching) await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const stateOf = (revision: number, value = revision): Watched => {
  const series = [{ group: ['a', null], points: [{ timestamp: 0, values: [value], cut: false }] }]
  const frame = { labels: ['metric.topic', 'metric.type'], series, groupsTotal: 1, truncated: false }
  return { revision, answer: answerOf({ frame }) }
}

const keysOf = (roles: Readonly<Record<string, 'query' | 'export'>>): StaticKeys => ({
  find: (id, secret): Caller | null =>
    secret === 'secret' && id in roles ? { id, roles: new Set([roles[id]!]), scope: UNSCOPED } : null,
})

let world: ApiWorld
let url: string
const hand = new HandWatch()
before(async () => {
  world = await openApi({ watch: (_question, { signal }) => hand.watch(signal), limits: { graphql: GRAPHQL } })
  url = await world.listen()
})
after(() => world.app.close())

test('a subscription is told the answer, and again when it changed, until it completes', async () => {
  hand.told.length = 0
  hand.tell(stateOf(1, Number.MAX_SAFE_INTEGER))
  const raw = await RawSocket.ready(url)
  raw.subscribe('1', SUBSCRIPTION)
  const dataOf = async () => (await raw.next()).payload as { data: { timeseries: object } }
  assert.deepEqual((await dataOf()).data.timeseries, {
    revision: 1,
    groups: [{ points: [{ value: Number.MAX_SAFE_INTEGER }] }],
  })
  hand.tell(stateOf(2))
  assert.deepEqual((await dataOf()).data.timeseries, { revision: 2, groups: [{ points: [{ value: 2 }] }] })
  await hand.until(1)
  raw.send({ id: '1', type: 'complete' })
  await hand.until(0)
  raw.socket.close()
  await raw.closed
})

test('queries are answered over the same WebSocket', async () => {
  const raw = await RawSocket.ready(url)
  raw.subscribe('1', '{ __typename }')
  assert.deepEqual(await raw.next(), { id: '1', type: 'next', payload: { data: { __typename: 'Query' } } })
  assert.deepEqual(await raw.next(), { id: '1', type: 'complete' })
  raw.socket.close()
})

test('a WebSocket that goes away ends what it watched', async () => {
  hand.tell(stateOf(1))
  const raw = await RawSocket.ready(url)
  raw.subscribe('1', SUBSCRIPTION)
  await raw.next()
  raw.socket.terminate()
  await hand.until(0)
})

test('what the protocol forbids closes the WebSocket with its code', async () => {
  const subscribe = { id: '1', type: 'subscribe', payload: { query: SUBSCRIPTION } }
  const init = { type: 'connection_init' }
  const early: readonly (readonly [number, readonly (object | string)[]])[] = [
    [4401, [subscribe]],
    [4429, [init, init]],
    [1009, ['x'.repeat(5000)]],
    [4408, []],
  ]
  const acknowledged: typeof early = [
    [4429, [init]],
    [4400, ['no JSON']],
    [4400, [{ type: 'nothing' }]],
    [4409, [subscribe, subscribe]],
  ]
  const closedAfter = async (raw: RawSocket, messages: readonly (object | string)[]) => {
    for (const message of messages) raw.send(message)
    return (await raw.closed).code
  }
  for (const [code, messages] of early) assert.equal(await closedAfter(await RawSocket.open(url), messages), code)
  for (const [code, messages] of acknowledged)
    assert.equal(await closedAfter(await RawSocket.ready(url), messages), code)
})

test('another protocol is not taken', async () => {
  const raw = new RawSocket(url, { protocol: 'graphql-ws' })
  raw.socket.on('error', () => undefined)
  assert.equal((await raw.closed).code, 1006)
})

test('a document that is wrong or too expensive is told as over HTTP, and the WebSocket stays', async () => {
  const raw = await RawSocket.ready(url)
  const errorsOf = async (query: string) => {
    raw.subscribe('1', query)
    const { type, payload } = await raw.next()
    assert.equal(type, 'error')
    return payload as SentError[]
  }
  assert.equal((await errorsOf('subscription {'))[0]!.extensions.code, 'FIELD_INVALID')
  assert.equal((await errorsOf('subscription { nothing }'))[0]!.extensions.code, 'FIELD_INVALID')
  const many = `{ ${Array.from({ length: 70 }, (_, i) => `a${i}: __typename`).join(' ')} }`
  assert.equal((await errorsOf(many))[0]!.extensions.configKey, 'graphql.aliasesMax')
  raw.subscribe('1', SUBSCRIPTION.replace('"PT1H/now"', ''))
  const refused = await raw.next()
  const { errors } = (refused.type === 'next' ? refused.payload : { errors: refused.payload }) as {
    errors: SentError[]
  }
  assert.deepEqual([errors[0]!.extensions.code, errors[0]!.extensions.pointer], ['FIELD_INVALID', '/input/intervals'])
  raw.socket.close()
})

test('so many operations run on one WebSocket', async () => {
  hand.tell(stateOf(1))
  const raw = await RawSocket.ready(url)
  for (const id of ['1', '2', '3']) raw.subscribe(id, SUBSCRIPTION)
  const told = [await raw.next(), await raw.next(), await raw.next()]
  const refused = told.filter(({ type }) => type === 'error')
  assert.deepEqual(
    refused.map(({ id }) => id),
    ['3'],
  )
  const [error] = refused[0]!.payload as SentError[]
  assert.deepEqual([error!.extensions.code, error!.extensions.configKey], ['WATCH_FULL', 'graphql.subscriptionsMax'])
  raw.socket.terminate()
  await hand.until(0)
})

test('so many WebSockets are open', async () => {
  const open = [await RawSocket.open(url), await RawSocket.open(url), await RawSocket.open(url)]
  const { status, text } = await refusedUpgrade(url)
  assert.equal(status, 429)
  assert.match(text, /"code":"WATCH_FULL".*"configKey":"graphql.socketsMax"/)
  for (const raw of open) raw.socket.close()
  await Promise.all(open.map(({ closed }) => closed))
})

test('a caller has so many WebSockets, and who has not said who it is may take half of them', async () => {
  const limits = { graphql: { ...GRAPHQL, socketsMax: 6, socketsPerCallerMax: 2, initMsMax: 5_000 } }
  const guarded = await openApi({ keys: keysOf({ good: 'query', other: 'query' }), limits })
  const at = await guarded.listen()
  const keyOf = (id: string) => ({ authorization: `Basic ${Buffer.from(`${id}:secret`).toString('base64')}` })
  const open = [await RawSocket.ready(at, keyOf('good')), await RawSocket.ready(at, keyOf('good'))]
  const third = await RawSocket.open(at)
  third.send({ type: 'connection_init', payload: keyOf('good') })
  assert.equal((await third.closed).code, 1013)
  open.push(await RawSocket.ready(at, keyOf('other')))
  const waiting = [await RawSocket.open(at), await RawSocket.open(at), await RawSocket.open(at)]
  waiting[0]!.socket.close()
  await waiting[0]!.closed
  open[2]!.socket.close()
  await open[2]!.closed
  waiting.push(await RawSocket.open(at))
  assert.equal((await refusedUpgrade(at)).status, 429)
  for (const { socket } of [...open, ...waiting]) socket.terminate()
  await guarded.app.close()
})

test('a reader that is slow gets the newest answer, not all between', async () => {
  hand.told.length = 0
  const [last, long] = [100, 'x'.repeat(256 * 1024)]
  const big = (revision: number): Watched => {
    const series = [{ group: [long], points: [{ timestamp: 0, values: [revision], cut: false }] }]
    return { revision, answer: answerOf({ frame: { labels: ['x'], series, groupsTotal: 1, truncated: false } }) }
  }
  hand.tell(big(1))
  const raw = await RawSocket.ready(url)
  raw.subscribe('1', `subscription { ${timeseries('revision groups { labels { value } }')} }`)
  const revisionOf = async () =>
    ((await raw.next()).payload as { data: { timeseries: Watched } }).data.timeseries.revision
  assert.equal(await revisionOf(), 1)
  raw.socket.pause()
  for (let revision = 2; revision <= last; revision++) {
    hand.tell(big(revision))
    await new Promise((resolve) => setTimeout(resolve, 4))
  }
  raw.socket.resume()
  const seen = [await revisionOf()]
  while (seen.at(-1) !== last) seen.push(await revisionOf())
  assert.ok(seen.length < 0.7 * last, `${seen.length} of ${last - 1} were sent`)
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  )
  raw.socket.terminate()
  await hand.until(0)
})

test('who does not answer pings is cut off', async () => {
  const quick = await openApi({ limits: { graphql: { ...GRAPHQL, pingPeriodMs: 20 } } })
  const raw = await RawSocket.ready(await quick.listen())
  raw.socket.pause()
  while ((quick.app.server as unknown as { _connections: number })._connections > 0)
    await new Promise((r) => setTimeout(r, 5))
  raw.socket.terminate()
  await quick.app.close()
})

test('a page of another origin may not open a WebSocket', async () => {
  const { status, text } = await refusedUpgrade(url, { origin: 'http://evil.example' })
  assert.equal(status, 403)
  assert.match(text, /"code":"FORBIDDEN"/)
})

test('upgrades to anything else are answered as plain requests', async () => {
  const { port } = new URL(url)
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': '' }
  const asked = request({ port, host: '127.0.0.1', path: '/health/live', headers })
  asked.end()
  const [response] = await once(asked, 'response')
  response.resume()
  assert.equal(response.statusCode, 200)
})

test('a closing server says goodbye', async () => {
  const other = await openApi()
  const raw = await RawSocket.ready(await other.listen())
  await other.app.close()
  assert.equal((await raw.closed).code, 1001)
})

test('with keys, a WebSocket brings its key in a header or in connection_init, and is told nothing else', async () => {
  const keys = keysOf({ good: 'query', weak: 'export' })
  const guarded = await openApi({ keys, limits: { graphql: { ...GRAPHQL, socketsMax: 10 } } })
  const at = await guarded.listen()
  const authorization = (id: string) => `Basic ${Buffer.from(`${id}:secret`).toString('base64')}`

  const byHeader = await RawSocket.open(at, { headers: { authorization: authorization('good') } })
  byHeader.send({ type: 'connection_init' })
  assert.deepEqual(await byHeader.next(), { type: 'connection_ack' })
  const byInit = await RawSocket.ready(at, { authorization: authorization('good') })
  byInit.subscribe('1', '{ __typename }')
  assert.equal((await byInit.next()).type, 'next')

  const codeOf = async (payload?: object) => {
    const raw = await RawSocket.open(at)
    raw.send({ type: 'connection_init', ...(payload && { payload }) })
    return (await raw.closed).code
  }
  assert.equal(await codeOf(), 4401)
  assert.equal(await codeOf({ authorization: authorization('nobody') }), 4401)
  assert.equal(await codeOf({ authorization: authorization('weak') }), 4403)
  assert.equal((await refusedUpgrade(at, { authorization: authorization('nobody') })).status, 401)
  const foreign = { authorization: authorization('good'), origin: 'http://evil.example' }
  assert.equal((await refusedUpgrade(at, foreign)).status, 403)
  byHeader.socket.close()
  byInit.socket.close()
  await guarded.app.close()
})

test('a key that is withdrawn ends its WebSockets', async () => {
  const keys = keysOf({ good: 'query' })
  let withdrawn = false
  const reloading = { find: (id: string, secret: string) => (withdrawn ? null : keys.find(id, secret)) }
  const guarded = await openApi({ keys: reloading, limits: { graphql: { ...GRAPHQL, pingPeriodMs: 20 } } })
  const authorization = `Basic ${Buffer.from('good:secret').toString('base64')}`
  const raw = await RawSocket.ready(await guarded.listen(), { authorization })
  withdrawn = true
  assert.equal((await raw.closed).code, 4403)
  await guarded.app.close()
})
