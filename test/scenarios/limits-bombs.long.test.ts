import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { WebSocket } from 'ws'
import { counter, type LimitsWorld, openLimitsWorld, question, type Reply } from './limits-world.ts'

// What is small to send and large to take in: each ends with an answer, in bounded memory, and light questions are
// answered meanwhile and after. (The runner's own limit of time ends a test that hangs.)

const MIB = 1024 * 1024
/** The whole process, client and test included, may grow by this while a bomb goes off. */
const GROWTH_BYTES_MAX = 400 * MIB
const HASTY_MS = 1_000

let world: LimitsWorld
before(async () => {
  world = await openLimitsWorld({ 'http.requestMsMax': HASTY_MS })
  const points = ['a'.repeat(1_000), 'b', 'c'].map((route) => ({ attributes: { route } }))
  assert.equal((await world.send(counter('requests', points))).text, '{}')
})
after(() => world.close())

async function assertLight(): Promise<void> {
  const { status, text } = await world.ask(question({ granularity: 'ALL' }))
  assert.equal(status, 200, text)
  assert.equal(JSON.parse(text).data[0].value, 3)
}

/** Runs it and says how much memory there was at most, beyond what there was before. */
async function growthOf(act: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss()
  let most = before
  const sample = () => {
    most = Math.max(most, process.memoryUsage.rss())
  }
  const timer = setInterval(sample, 5)
  try {
    await act()
  } finally {
    clearInterval(timer)
  }
  sample()
  return most - before
}

async function assertHarmless(explode: () => Promise<Reply>, statuses: readonly number[]): Promise<void> {
  const growth = await growthOf(async () => {
    const { status, text } = await explode()
    assert.ok(statuses.includes(status), `${status} ${text.slice(0, 500)}`)
    assert.ok(text.length < 20_000, `an answer of ${text.length} characters`)
    await assertLight()
  })
  assert.ok(growth < GROWTH_BYTES_MAX, `memory grew by ${Math.round(growth / MIB)} MiB`)
}

/** Almost 8 GB of nothing in less than 8 MiB: one member of 32 MiB, again and again. */
function gzipBomb(): Buffer {
  const member = gzipSync(Buffer.alloc(32 * MIB))
  return Buffer.concat(Array.from({ length: Math.floor((8 * MIB) / member.byteLength) }, () => member))
}

const bomb = gzipBomb()

test('a gzip bomb is refused where it would become larger than the limit', async () => {
  await assertHarmless(() => world.send(bomb, { 'content-encoding': 'gzip' }), [413])
})

test('two gzip bombs at once are two refusals', async () => {
  const both = async () => {
    const replies = await Promise.all([1, 2].map(() => world.send(bomb, { 'content-encoding': 'gzip' })))
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([413]))
    return replies[0]!
  }
  await assertHarmless(both, [413])
})

const nested = (open: string, inner: string, close: string, depth: number): string =>
  open.repeat(depth) + inner + close.repeat(depth)

const DEEP: Readonly<Record<string, string>> = {
  'lists in lists': nested('[', '', ']', 100_000),
  'objects in objects': nested('{"a":', '1', '}', 100_000),
  'a body that only opens': '['.repeat(500_000),
  'filters in filters': JSON.stringify(question()).replace(
    /\}$/,
    `,"filter":${nested('{"op":"NOT","filter":', '{"op":"EQ","field":"metric.route","value":"a"}', '}', 30_000)}}`,
  ),
  'unknown fields in unknown fields': JSON.stringify(question()).replace(
    /\}$/,
    `,"more":${nested('{"a":', '1', '}', 100_000)}}`,
  ),
}
for (const [what, body] of Object.entries(DEEP)) {
  test(`a question of ${what} is answered without a deep walk`, async () => {
    await assertHarmless(() => world.ask(body), [200, 400])
  })
}

test('so is OTLP with values in values, as JSON and as protobuf', async () => {
  const value = nested('{"arrayValue":{"values":[', '{"stringValue":"x"}', ']}}', 50_000)
  const attributes = `[{"key":"a","value":${value}}]`
  await assertHarmless(
    () => world.send(`{"resourceMetrics":[{"resource":{"attributes":${attributes}},"scopeMetrics":[]}]}`),
    [200, 400],
  )
  await assertHarmless(
    () => world.send(nestedProtobuf(20_000), { 'content-type': 'application/x-protobuf' }),
    [200, 400],
  )
})

/** ExportMetricsServiceRequest ▸ resource ▸ attribute ▸ value ▸ list ▸ value ▸ list … */
function nestedProtobuf(depth: number): Buffer {
  let parts: Buffer[] = []
  let length = 0
  const wrap = (field: number) => {
    const head = Buffer.from([(field << 3) | 2, ...varint(length)])
    parts.push(head)
    length += head.byteLength
  }
  for (let i = 0; i < depth; i++) {
    wrap(1) // ArrayValue.values
    wrap(5) // AnyValue.array_value
  }
  for (const field of [2, 1, 1, 1]) wrap(field)
  parts = parts.reverse()
  return Buffer.concat(parts)
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return [...bytes, rest]
}

const GRAPHQL: Readonly<Record<string, string>> = {
  'nothing but brackets': '{'.repeat(100_000),
  'fields in fields': `{ ${nested('a {', 'a', '}', 15_000)} }`,
  'the same field under a thousand names': `{ ${Array.from({ length: 1_000 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
  'fragments that double each other': `{ ...f0 } ${Array.from({ length: 40 }, (_, i) => `fragment f${i} on Query { a: __typename ...f${i + 1} ...f${i + 1} }`).join(' ')} fragment f40 on Query { __typename }`,
  'fragments in a circle': '{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }',
  'a thousand directives': `{ __typename ${'@skip(if: false) '.repeat(1_000)} }`,
  'lists in lists': `{ timeseries(dataset: ${nested('[', '', ']', 20_000)}) { totalCount } }`,
}
for (const [what, document] of Object.entries(GRAPHQL)) {
  test(`a GraphQL document of ${what} is refused`, async () => {
    await assertHarmless(() => world.graphql(document), [200, 400])
    assert.ok(JSON.parse((await world.graphql(document)).text).errors.length > 0)
  })
}

test('variables that are nested deeply are refused before anything walks them', async () => {
  const filter = nested('{"not":', '{"eq":{"field":"metric.route","value":"a"}}', '}', 20_000)
  const body = `{"query":"query ($f: FilterInput) { __typename }","variables":{"f":${filter}}}`
  const post = async () => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${world.url}/graphql`, { method: 'POST', headers, body })
    return { status: response.status, text: await response.text() }
  }
  await assertHarmless(post, [200, 400])
})

test('a WebSocket message of many megabytes closes its WebSocket', async () => {
  const socket = new WebSocket(`${world.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.on('error', () => undefined)
  const growth = await growthOf(async () => {
    socket.send(`{"type":"connection_init","payload":"${'x'.repeat(16 * MIB)}"}`)
    await once(socket, 'close')
    await assertLight()
  })
  assert.ok(growth < GROWTH_BYTES_MAX)
})

test('an export of many metrics and many ids is answered', async () => {
  const metrics = Array.from({ length: 200 }, (_, i) => `metric=m${i}`).join('&')
  await assertHarmless(() => world.get(`/v2/metrics/default/export?${metrics}`), [200, 400])
  const ids = Array.from({ length: 2_000 }, (_, i) => `i${i}`).join(',')
  await assertHarmless(() => world.get(`/v2/metrics/cloud/export?resource.kafka.id=${ids}`), [200, 400])
})

const REGEX: readonly string[] = ['(a+)+$', '(a|aa)+b', '(a|a|a|a)*c', '(.*)*x', 'a{0,500}a{0,500}z']
for (const value of REGEX) {
  test(`the pattern ${value} takes no more than linear time`, async () => {
    const filter = { op: 'REGEX', field: 'metric.route', value }
    await assertHarmless(() => world.ask(question({ granularity: 'ALL', filter })), [200, 400])
  })
}

const ODD: Readonly<Record<string, string>> = {
  'a number of a hundred thousand digits': JSON.stringify(question()).replace(
    /\}$/,
    `,"limit":${'9'.repeat(100_000)}}`,
  ),
  'a number beyond every double': JSON.stringify(question()).replace(/\}$/, ',"limit":1e999999999}'),
  'keys that objects have already': JSON.stringify(question()).replace(
    /\}$/,
    ',"__proto__":{"limit":1,"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1}',
  ),
  'a hundred thousand unknown fields': JSON.stringify({
    ...question(),
    ...Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`f${i}`, 1])),
  }),
  'one field a hundred thousand times': `{${'"intervals":["PT1H/now"],'.repeat(30_000)}"granularity":"ALL"}`,
  'a name of a megabyte': JSON.stringify(question({ group_by: ['x'.repeat(900_000)] })),
  'lone surrogates and control characters': JSON.stringify(question()).replace(
    'requests',
    '\\ud800\\u0000\\u202e\\uffff',
  ),
}
for (const [what, body] of Object.entries(ODD)) {
  test(`a question with ${what} is answered shortly`, async () => {
    await assertHarmless(() => world.ask(body), [200, 400])
    assert.equal(({} as { polluted?: true }).polluted, undefined)
  })
}

test('a thousand headers, and a URL of a thousand parameters, are refused or ignored', async () => {
  const headers = Object.fromEntries(Array.from({ length: 1_500 }, (_, i) => [`x-${i}`, 'v']))
  await assertHarmless(() => world.get('/health/live', headers), [200, 431])
  const parameters = Array.from({ length: 1_500 }, (_, i) => `p${i}=v`).join('&')
  await assertHarmless(() => world.get(`/v2/metrics/default/descriptors/metrics?${parameters}`), [200, 400, 431])
})

test('bodies that drip are cut off in time, and questions are answered meanwhile', async () => {
  const head = 'POST /v2/metrics/default/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
  const sockets = Array.from({ length: 100 }, () => connect(Number(new URL(world.url).port), '127.0.0.1'))
  const ended = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.resume().on('close', resolve))))
  for (const socket of sockets) {
    socket.on('error', () => undefined)
    socket.write(`${head}Content-Length: 1000000\r\n\r\n{`)
  }
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write(' ')
  }, 20)
  try {
    for (let i = 0; i < 10; i++) await assertLight()
    await ended
  } finally {
    clearInterval(drip)
  }
  await assertLight()
})
