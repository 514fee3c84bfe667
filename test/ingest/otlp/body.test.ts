import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { RunningIntake } from '../../../src/ingest/otlp/open.ts'
import { NOON, openWorld } from './intake-world.ts'
import { gauge, request, toJson, toProtobuf } from './requests.ts'

const message = request({ 'service.name': 'shop' }, gauge('depth', { at: NOON, value: 1 }))
const JSON_TYPE = 'application/json'
const PROTOBUF_TYPE = 'application/x-protobuf'

const code =
  (expected: string, more: Record<string, unknown> = {}) =>
  (error: { code: string; facts: object }) => {
    assert.equal(error.code, expected)
    assert.deepEqual(Object.fromEntries(Object.keys(more).map((key) => [key, error.facts[key as never]])), more)
    return true
  }

test('protobuf and JSON, plain and gzip, give the same point and a reply of their own encoding', async () => {
  const world = await openWorld()
  const sent: readonly Parameters<RunningIntake['accept']>[] = [
    [toJson(message), JSON_TYPE],
    [toJson(message), 'Application/JSON; charset=utf-8', 'identity'],
    [gzipSync(toJson(message)), JSON_TYPE, 'gzip'],
    [toProtobuf(message), PROTOBUF_TYPE, ''],
    [gzipSync(toProtobuf(message)), PROTOBUF_TYPE, 'GZIP'],
  ]
  const replies = []
  for (const each of sent) replies.push(await world.intake.accept(...each))
  const texts = replies.map(({ contentType, body }) => [contentType, Buffer.from(body).toString()])
  assert.deepEqual(texts, [
    [JSON_TYPE, '{}'],
    [JSON_TYPE, '{}'],
    [JSON_TYPE, '{}'],
    [PROTOBUF_TYPE, ''],
    [PROTOBUF_TYPE, ''],
  ])
  assert.equal(world.writer.of('depth').length, 1)
  assert.equal(world.count('repeats'), 4, 'the stream is the same in every encoding')
})

test('other content types and encodings are refused', async () => {
  const { intake } = await openWorld()
  const unsupported = code('MEDIA_TYPE_UNSUPPORTED')
  for (const type of ['', 'text/plain', 'application/protobuf', 'application/x-protobuf2', '__proto__']) {
    await assert.rejects(intake.accept(toJson(message), type), unsupported)
  }
  for (const encoding of ['deflate', 'br', 'zstd', 'gzip, gzip', 'x-gzip']) {
    await assert.rejects(intake.accept(toJson(message), JSON_TYPE, encoding), unsupported)
  }
  assert.equal(intake.oldestWaitingMs(), null)
})

test('bodies above the limit are refused before anything is read', async () => {
  const { intake } = await openWorld({ limits: { bodyBytesMax: 100 } })
  const expected = code('BODY_TOO_LARGE', { limit: 100, actual: 101, configKey: 'intake.bodyBytesMax' })
  await assert.rejects(intake.accept(Buffer.alloc(101), JSON_TYPE, 'gzip'), expected)
})

test('gzip that is cut short, damaged or none is unreadable', async () => {
  const { intake } = await openWorld()
  const whole = gzipSync(toJson(message))
  const flipped = Buffer.from(whole)
  flipped[whole.length - 6]! ^= 0xff
  for (const body of [whole.subarray(0, whole.length - 9), flipped, toJson(message), Buffer.alloc(0)]) {
    await assert.rejects(intake.accept(body, JSON_TYPE, 'gzip'), code('BODY_UNREADABLE'))
  }
})

test('a gzip bomb ends at the limit, in bounded memory', async () => {
  const { intake } = await openWorld({ limits: { inflatedBytesMax: 1_000_000 } })
  const bomb = gzipSync(Buffer.alloc(50_000_000, ' '))
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers)
  }, 1)
  const expected = code('BODY_TOO_LARGE', { limit: 1_000_000, configKey: 'intake.inflatedBytesMax' })
  await assert.rejects(intake.accept(bomb, JSON_TYPE, 'gzip'), expected)
  clearInterval(watch)
  assert.ok(most - before < 20_000_000)
  assert.equal(intake.stats().bytesWaiting, 0)
})

test('a body of many small things is refused by their number', async () => {
  const { intake } = await openWorld({ limits: { elementsMax: 1_000 } })
  const empty = {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: Array(2_000).fill({}) } }] }] }],
  }
  const counts = { exponentialHistogram: { dataPoints: [{ positive: { bucketCounts: Array(2_000).fill('1') } }] } }
  const packed = { resourceMetrics: [{ scopeMetrics: [{ metrics: [counts] }] }] }
  const expected = code('BODY_TOO_LARGE', { limit: 1_000, configKey: 'intake.elementsMax' })
  for (const each of [empty, packed]) {
    await assert.rejects(intake.accept(toProtobuf(each), PROTOBUF_TYPE), expected)
    await assert.rejects(intake.accept(toJson(each), JSON_TYPE), expected)
  }
  const long = request({ text: 'a,{['.repeat(1_000) }, gauge('depth', { at: NOON, value: 1 }))
  assert.equal((await intake.accept(toProtobuf(long), PROTOBUF_TYPE)).rejected, 1, 'long texts are no elements')
  assert.equal((await intake.accept(toJson(long), JSON_TYPE)).rejected, 1)
})
