import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeRequest } from '../../../src/ingest/otlp/decode.ts'
import { INTAKE_LIMITS } from '../../../src/ingest/otlp/limits.ts'
import { takeApart } from '../../../src/ingest/otlp/take-apart.ts'
import { LanewayError } from '../../../src/model/errors.ts'
import { NOON } from './intake-world.ts'
import { gauge, request, schema, toJson, toProtobuf } from './requests.ts'

const points = (encoding: 'json' | 'protobuf', body: Uint8Array) =>
  takeApart(decodeRequest(schema, encoding, body, INTAKE_LIMITS), INTAKE_LIMITS)
const fromText = (text: string) => points('json', Buffer.from(text))
const onePoint = (fields: string) =>
  `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{${fields}}]}}]}]}]}`

test('64-bit integers are exact, as strings and as JSON numbers', () => {
  for (const quote of ['', '"']) {
    const [point] = fromText(
      onePoint(`"timeUnixNano":${quote}1795254649726000001${quote},"asInt":${quote}-9223372036854775808${quote}`),
    )
    assert.equal(point?.timeNs, 1795254649726000001n)
    assert.equal(point?.parts[0]?.value, -(2n ** 63n))
  }
})

test('JSON knows no difference between a long integer and a double where a double is meant', () => {
  const [point] = fromText(onePoint('"timeUnixNano":"1","asDouble":12345678901234567890'))
  assert.deepEqual([point?.parts[0]?.numeric, point?.parts[0]?.value], ['DOUBLE', Number('12345678901234567890')])
})

test('fields that nobody knows are skipped, and exemplars are not even read', () => {
  const [point] = fromText(
    onePoint('"timeUnixNano":"5","asDouble":1.5,"news":{"a":[1]},"exemplars":[{"spanId":"zz","asInt":"x"}],"flags":0'),
  )
  assert.deepEqual([point?.timeNs, point?.parts[0]?.value], [5n, 1.5])
  const known = toProtobuf(request({}, gauge('m', { at: NOON, value: 1 })))
  const unknownField = Buffer.from([0xfa, 0x3f, 3, 1, 2, 3])
  assert.equal(points('protobuf', Buffer.concat([known, unknownField])).length, 1)
})

test('both encodings give the same points', () => {
  const message = request(
    {
      'service.name': 'shop',
      list: ['a', 1n, { kvlistValue: { values: [{ key: 'k', value: { boolValue: true } }] } }],
    },
    gauge('m', { at: NOON, value: 0, attributes: { a: '', b: false, c: 0n, d: 0, e: 1.5 } }, { at: NOON, double: 0 }),
  )
  assert.deepEqual(points('protobuf', toProtobuf(message)), points('json', toJson(message)))
})

test('zero, false and the empty text are values, and not the same as none', () => {
  const [zero, none] = points(
    'protobuf',
    toProtobuf(request({}, gauge('m', { at: NOON, double: 0, attributes: { a: '', b: false } }, { at: NOON }))),
  )
  assert.deepEqual(
    zero?.parts.map(({ numeric, value }) => [numeric, value]),
    [['DOUBLE', 0]],
  )
  assert.deepEqual(
    [...zero!.attributes],
    [
      ['a', ''],
      ['b', 'false'],
    ],
  )
  assert.equal(none?.fault, 'no_value')
})

test('bodies that are no request are unreadable, with the reason', () => {
  const texts: readonly [string, RegExp][] = [
    ['', /Unexpected end of JSON/],
    ['[]', /expected object/],
    ['null', /expected object/],
    ['{"resourceMetrics":5}', /expected array/],
    ['{"resourceMetrics":[null]}', /null element/],
    [onePoint('"asInt":"1.5"'), /not an integer/],
    [onePoint('"timeUnixNano":"-1"'), /out of range/],
    [onePoint('"timeUnixNano":"18446744073709551616"'), /out of range/],
    [onePoint('"asInt":"1","asDouble":1'), /multiple values/],
    [onePoint('"attributes":[{"key":5}]'), /expected string/],
    [`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, /./],
  ]
  for (const [text, reason] of texts.slice(0, -1)) {
    assert.throws(
      () => fromText(text),
      (error) => error instanceof LanewayError && error.code === 'BODY_UNREADABLE' && reason.test(error.message),
      text,
    )
  }
  assert.doesNotThrow(() => fromText(texts.at(-1)![0]), 'unknown fields may nest as they like')
  assert.throws(() => points('json', Buffer.from([0x7b, 0xff, 0x7d])), { code: 'BODY_UNREADABLE' })
  assert.throws(() => points('protobuf', Buffer.from('{}')), { code: 'BODY_UNREADABLE' })
})

test('attributes nested beyond reason are unreadable, not a crash', () => {
  let value: unknown = { stringValue: 'x' }
  for (let i = 0; i < 150; i++) value = { arrayValue: { values: [value] } }
  assert.throws(() => points('json', toJson(request({ a: value }))), { code: 'BODY_UNREADABLE' })
})

test('any bytes are a request or unreadable', () => {
  const body = toProtobuf(request({ a: 'b' }, gauge('m', { at: NOON, value: 1, attributes: { c: 'd' } })))
  const readable = (bytes: Uint8Array): boolean => {
    try {
      return points('protobuf', bytes).length >= 0
    } catch (error) {
      return error instanceof LanewayError && error.code === 'BODY_UNREADABLE'
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), readable))
  fc.assert(
    fc.property(fc.nat(body.length - 1), fc.nat(255), (at, byte) => {
      const changed = Buffer.from(body)
      changed[at] = byte
      return readable(changed) && readable(changed.subarray(0, at))
    }),
  )
})
