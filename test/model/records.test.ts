import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LanewayError } from '../../src/model/errors.ts'
import { type AggregateRecord, decodeRecord, encodeRecord, type Place } from '../../src/model/records.ts'
import { SEED } from '../seed.ts'

const recordOf = <T extends object>(of: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(of, { noNullPrototype: true }) as fc.Arbitrary<T>
const rollup = fc.constantFrom('cloud/topic_1m', 'my-shop/auto_1m.größe/"x"')
const defHash = fc.constantFrom('0123456789abcdef', 'fedcba9876543210')
const ms = fc.integer({ min: 0, max: 8.64e15 })
const count = fc.nat()
const place = fc.constantFrom<Place>('push', 'druid')
const written = fc.constantFrom(
  [1.5],
  [3, 2],
  ['9007199254740993', 2, -1, '-9007199254740993', 60_000, 0],
  [1, 2, 3, 4, 5, 6, 7, 8],
)
const name = fc.string({ unit: 'grapheme', maxLength: 8 })

const record: fc.Arbitrary<AggregateRecord> = fc.oneof(
  recordOf({
    kind: fc.constant('aggregate' as const),
    rollup,
    defHash,
    bucket: ms,
    group: fc.array(fc.option(name), { maxLength: 3 }),
    epoch: count,
    measures: fc.dictionary(name, written, { noNullPrototype: true }),
  }),
  recordOf({
    kind: fc.constant('seal' as const),
    rollup,
    defHash,
    bucket: ms,
    partition: count,
    epoch: count,
    keys: count,
    of: count,
    raw: count,
    through: ms,
  }),
  recordOf({ kind: fc.constant('dirty' as const), rollup, defHash, place, bucket: ms, raw: count }),
  recordOf({ kind: fc.constant('rawVersion' as const), dataset: rollup, chunkStart: ms, version: count }),
  recordOf({
    kind: fc.constant('coverage' as const),
    rollup,
    defHash,
    place,
    partition: count,
    complete: fc.array(recordOf({ interval: recordOf({ start: ms, end: ms }), raw: count }), { maxLength: 3 }),
  }),
)

test('every record is read back as it was written', () => {
  fc.assert(
    fc.property(record, (of) => {
      const { key, value } = encodeRecord(of)
      assert.deepEqual(decodeRecord(key, value), of)
    }),
  )
})

test('keys and values are those of the documented schema', () => {
  assert.deepEqual(
    encodeRecord({
      kind: 'aggregate',
      rollup: 'cloud/topic_1m',
      defHash: '0123456789abcdef',
      bucket: 60_000,
      group: ['lkc-1', null],
      epoch: 7,
      measures: { 'SUM:bytes': [12], 'AVG:size': [30, 4] },
    }),
    {
      key: '["a","cloud/topic_1m","0123456789abcdef",60000,["lkc-1",null]]',
      value: '{"e":7,"m":{"SUM:bytes":[12],"AVG:size":[30,4]}}',
    },
  )
  const at = { rollup: 'cloud/topic_1m', defHash: '0123456789abcdef', bucket: 60_000 }
  assert.deepEqual(
    encodeRecord({ kind: 'seal', ...at, partition: 3, epoch: 7, keys: 2, of: 4, raw: 9, through: 200_000 }),
    {
      key: '["s","cloud/topic_1m","0123456789abcdef",60000,3]',
      value: '{"e":7,"keys":2,"of":4,"raw":9,"through":200000}',
    },
  )
  assert.deepEqual(encodeRecord({ kind: 'dirty', ...at, place: 'push', raw: 9 }), {
    key: '["d","cloud/topic_1m","0123456789abcdef","push",60000]',
    value: '{"raw":9}',
  })
  assert.deepEqual(encodeRecord({ kind: 'rawVersion', dataset: 'cloud', chunkStart: 0, version: 9 }), {
    key: '["r","cloud",0]',
    value: '{"v":9}',
  })
})

test('fields that a later release adds to values are ignored', () => {
  assert.deepEqual(decodeRecord('["r","cloud",0]', '{"v":9,"by":"someone"}'), {
    kind: 'rawVersion',
    dataset: 'cloud',
    chunkStart: 0,
    version: 9,
  })
})

const KEY = '["a","cloud/r","0123456789abcdef",60000,["x"]]'
const UNREADABLE: readonly (readonly [string, string, RegExp])[] = [
  ['not json', '{}', /key is not JSON/],
  [KEY, 'not json', /value is not JSON/],
  ['{"a":1}', '{}', /key is not a JSON array/],
  [KEY, '[]', /value is not a JSON object/],
  [KEY, 'null', /value is not a JSON object/],
  ['["x"]', '{}', /key starts with "x", expected "a", "s", "d", "r" or "c"/],
  ['[]', '{}', /key starts with undefined/],
  ['["a",1,"h",0,[]]', '{"e":1,"m":{}}', /key\[1\] is not a string/],
  ['["a","r","h","0",[]]', '{"e":1,"m":{}}', /key\[3\] is not an integer/],
  ['["a","r","h",0.5,[]]', '{"e":1,"m":{}}', /key\[3\] is not an integer/],
  ['["a","r","h",0,{}]', '{"e":1,"m":{}}', /key\[4\] is not an array of strings and nulls/],
  ['["a","r","h",0,[1]]', '{"e":1,"m":{}}', /key\[4\] is not an array of strings and nulls/],
  [KEY, '{"m":{}}', /e is not an integer/],
  [KEY, '{"e":9007199254740993,"m":{}}', /e is not an integer below 2\^53/],
  [KEY, '{"e":1}', /m is not an object/],
  [KEY, '{"e":1,"m":{"SUM:x":1}}', /m\["SUM:x"\] is not an array of 1, 2, 6 or 8 numbers/],
  [KEY, '{"e":1,"m":{"SUM:x":[1,2,3]}}', /1, 2, 6 or 8 numbers/],
  [KEY, '{"e":1,"m":{"SUM:x":["1e3"]}}', /1, 2, 6 or 8 numbers/],
  [KEY, '{"e":1,"m":{"SUM:x":[null]}}', /1, 2, 6 or 8 numbers/],
  ['["s","r","h",0,0]', '{"e":1,"keys":1,"of":1,"raw":0}', /through is not an integer/],
  ['["d","r","h","cache",0]', '{"raw":1}', /place is neither "push" nor "druid"/],
  ['["r","cloud",0]', '{}', /v is not an integer/],
  ['["c","r","h","push",0]', '{"complete":{}}', /complete is not an array/],
  ['["c","r","h","push",0]', '{"complete":[[0,1]]}', /complete\[0\]\[2\] is not an integer/],
]
for (const [key, value, reason] of UNREADABLE) {
  test(`${key} ▸ ${value} is unreadable, with the reason`, () => {
    assert.throws(
      () => decodeRecord(key, value),
      (error) => {
        assert.ok(error instanceof LanewayError && error.code === 'RECORD_UNREADABLE')
        assert.match(error.facts.detail, reason)
        return true
      },
    )
  })
}

test('nothing that stands on a topic makes anything but a record or RECORD_UNREADABLE', () => {
  const json = fc.json({ maxDepth: 3 })
  const mangled = fc.tuple(record, fc.nat(), fc.constantFrom('', '0', '"', '[', 'null')).map(([of, at, by]) => {
    const { key, value } = encodeRecord(of)
    const both = `${key}\n${value}`
    const where = at % both.length
    return (both.slice(0, where) + by + both.slice(where + 1)).split('\n') as [string, string]
  })
  fc.assert(
    fc.property(fc.oneof(fc.tuple(json, json), mangled), ([key, value]) => {
      try {
        decodeRecord(key, value ?? '')
      } catch (error) {
        assert.ok(error instanceof LanewayError && error.code === 'RECORD_UNREADABLE')
      }
    }),
    { numRuns: 1000, seed: SEED },
  )
})
