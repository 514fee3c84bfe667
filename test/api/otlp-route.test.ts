import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import protobuf from 'protobufjs'
import request from 'supertest'
import { buildOtlpApi } from '../../src/api/build-api.ts'
import { LanewayError } from '../../src/model/errors.ts'
import { NOON, openWorld } from '../ingest/otlp/intake-world.ts'
import { gauge, request as otlp, toJson, toProtobuf } from '../ingest/otlp/requests.ts'
import { type ApiWorld, errorsIn, openApi } from './api-world.ts'

const PROTOBUF = 'application/x-protobuf'
const { root } = protobuf.parse('syntax = "proto3"; message Status { int32 code = 1; string message = 2; }')
const readStatus = (body: Uint8Array) =>
  root.lookupType('Status').decode(body).toJSON() as { code: number; message: string }

async function send(world: ApiWorld, headers: Record<string, string>, payload: Buffer | string = Buffer.of(1, 2)) {
  return await world.app.inject({ method: 'POST', url: '/v1/metrics', headers, payload })
}

test('bodies reach the intake as they came, with type and encoding', async () => {
  const world = await openApi()
  const packed = gzipSync('{"resourceMetrics":[]}')
  await send(world, { 'content-type': PROTOBUF }, Buffer.of(0xff, 0x00))
  await send(world, { 'content-type': 'application/json; charset=utf-8', 'content-encoding': 'gzip' }, packed)
  await send(world, { 'content-type': PROTOBUF }, Buffer.alloc(0))
  assert.deepEqual(world.taken, [
    { body: Buffer.of(0xff, 0x00), contentType: PROTOBUF, encoding: undefined },
    { body: packed, contentType: 'application/json; charset=utf-8', encoding: 'gzip' },
    { body: Buffer.alloc(0), contentType: PROTOBUF, encoding: undefined },
  ])
})

test("the intake's reply is sent as it is", async () => {
  const body = Buffer.from('{"partialSuccess":{"rejectedDataPoints":"3"}}')
  const accept = async () => ({ body, contentType: 'application/json', accepted: 1, rejected: 3 })
  const response = await send(await openApi({ accept }), { 'content-type': 'application/json' }, '{}')
  assert.deepEqual(
    [response.statusCode, response.headers['content-type'], response.body],
    [200, 'application/json', `${body}`],
  )
})

test('what the intake refuses is told to JSON clients as errors and to protobuf clients as a status', async () => {
  const cases = [
    ['INTAKE_BUSY', 429, 8, '2'],
    ['STORE_UNWRITABLE', 503, 14, undefined],
    ['NOT_READY', 503, 14, '1'],
    ['BODY_UNREADABLE', 400, 3, undefined],
    ['BODY_TOO_LARGE', 413, 3, undefined],
    ['MEDIA_TYPE_UNSUPPORTED', 415, 3, undefined],
  ] as const
  for (const [code, status, rpcCode, retryAfter] of cases) {
    const facts = { detail: 'größer', ...(code === 'INTAKE_BUSY' ? { retryAfterSeconds: 2 } : {}) }
    const accept = async () => {
      throw new LanewayError(code, facts)
    }
    const world = await openApi({ accept })
    const json = await send(world, { 'content-type': 'application/json' })
    assert.deepEqual(
      [json.statusCode, errorsIn(json.body)[0]!.code, json.headers['retry-after']],
      [status, code, retryAfter],
    )
    const proto = await send(world, { 'content-type': PROTOBUF })
    assert.deepEqual(
      [proto.statusCode, proto.headers['content-type'], proto.headers['retry-after']],
      [status, PROTOBUF, retryAfter],
    )
    assert.deepEqual(readStatus(proto.rawPayload), { code: rpcCode, message: `${code}: größer` })
  }
})

test('long messages keep their length in a protobuf status', async () => {
  const accept = async () => {
    throw new LanewayError('BODY_UNREADABLE', { detail: 'x'.repeat(70_000) })
  }
  const { rawPayload } = await send(await openApi({ accept }), { 'content-type': PROTOBUF })
  assert.equal(readStatus(rawPayload).message.length, 'BODY_UNREADABLE: '.length + 70_000)
})

test('a body above the limit is refused before the intake sees it', async () => {
  const world = await openApi({ limits: { intakeBodyBytesMax: 10, bodyBytesMax: 1 } })
  const fits = await send(world, { 'content-type': PROTOBUF }, Buffer.alloc(10))
  assert.equal(fits.statusCode, 200)
  const proto = await send(world, { 'content-type': PROTOBUF }, Buffer.alloc(11))
  assert.equal(proto.statusCode, 413)
  assert.match(
    readStatus(proto.rawPayload).message,
    /^BODY_TOO_LARGE: The body has 11 bytes, more than the limit of 10 bytes/,
  )
  const json = await send(world, { 'content-type': 'application/json' }, Buffer.alloc(11))
  assert.equal(errorsIn(json.body)[0]!.meta.configKey, 'intake.bodyBytesMax')
  assert.equal(world.taken.length, 1)
})

test('other content types, none, and other paths and methods are refused', async () => {
  const world = await openApi()
  for (const headers of [{ 'content-type': 'text/plain' }, { 'content-type': 'application/grpc' }, {}]) {
    const response = await send(world, headers as Record<string, string>)
    assert.deepEqual([response.statusCode, errorsIn(response.body)[0]!.code], [415, 'MEDIA_TYPE_UNSUPPORTED'])
    assert.match(errorsIn(response.body)[0]!.detail, /application\/x-protobuf or application\/json/)
  }
  const bare = await world.app.inject({ method: 'POST', url: '/v1/metrics' })
  assert.equal(bare.statusCode, 415)
  const traces = await world.app.inject({
    method: 'POST',
    url: '/v1/traces',
    headers: { 'content-type': PROTOBUF },
    payload: Buffer.of(1),
  })
  assert.deepEqual([traces.statusCode, readStatus(traces.rawPayload).code], [404, 5])
  assert.equal((await world.app.inject({ method: 'GET', url: '/v1/metrics' })).statusCode, 405)
  assert.equal(world.taken.length, 0)
})

test('an own port serves OTLP alone, with the same keys', async (t) => {
  const accept = async () => ({ body: Buffer.from('{}'), contentType: 'application/json', accepted: 0, rejected: 0 })
  const keys = { find: () => null }
  const limits = { bodyBytesMax: 1, intakeBodyBytesMax: 100 }
  const open = await buildOtlpApi({ intake: { accept }, keys: null, limits, logger: false })
  t.after(() => open.close())
  const url = await open.listen({ host: '127.0.0.1', port: 0 })
  await request(url).post('/v1/metrics').send({}).expect(200, {})
  await request(url).get('/health/live').expect(404)
  const closed = await buildOtlpApi({ intake: { accept }, keys, limits, logger: false })
  t.after(() => closed.close())
  await request(await closed.listen({ host: '127.0.0.1', port: 0 }))
    .post('/v1/metrics')
    .send({})
    .expect(401)
})

test('with the real intake, replies and refusals come in the encoding of the request', async (t) => {
  const { intake } = await openWorld()
  t.after(() => intake.close())
  const world = await openApi({ accept: (...sent) => intake.accept(...sent) })
  const message = otlp({}, gauge('load', { at: NOON, value: 1 }, { at: NOON, double: 'NaN' }))
  const json = await send(world, { 'content-type': 'application/json' }, Buffer.from(toJson(message)))
  assert.equal(json.json().partialSuccess.rejectedDataPoints, '1')
  const packed = gzipSync(toProtobuf(otlp({}, gauge('load', { at: NOON + 60_000, value: 1 }))))
  const proto = await send(world, { 'content-type': PROTOBUF, 'content-encoding': 'gzip' }, packed)
  assert.deepEqual([proto.statusCode, proto.headers['content-type'], proto.rawPayload.length], [200, PROTOBUF, 0])
  const cut = await send(world, { 'content-type': PROTOBUF, 'content-encoding': 'gzip' }, packed.subarray(0, 20))
  assert.deepEqual([cut.statusCode, readStatus(cut.rawPayload).code], [400, 3])
  const brotli = await send(world, { 'content-type': 'application/json', 'content-encoding': 'br' }, '{}')
  assert.deepEqual([brotli.statusCode, errorsIn(brotli.body)[0]!.code], [415, 'MEDIA_TYPE_UNSUPPORTED'])
})

test('a gzip bomb ends at the limit of the intake', async (t) => {
  const { intake } = await openWorld({ limits: { inflatedBytesMax: 10_000 } })
  t.after(() => intake.close())
  const world = await openApi({ accept: (...sent) => intake.accept(...sent) })
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024))
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const response = await send(world, headers, bomb)
  assert.deepEqual([response.statusCode, errorsIn(response.body)[0]!.code], [413, 'BODY_TOO_LARGE'])
})
