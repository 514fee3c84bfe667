import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ApiWorld, errorsIn, openApi, QUERY, question, RECEIVED } from '../api-world.ts'

let world: ApiWorld
before(async () => {
  world = await openApi()
})
after(() => world.app.close())

const EQ = { field: 'metric.topic', op: 'EQ', value: 'a' }
const many = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one)
const long = 'x'.repeat(256)

/** What is changed of a right question ▸ code, pointer, and what the detail must name. `undefined` leaves a field out. */
type Case = readonly [change: Record<string, unknown>, code: string, pointer: string, detail: RegExp]

const aggregations: readonly Case[] = [
  [{ aggregations: undefined }, 'FIELD_MISSING', '/aggregations', /^aggregations is missing: it must be a list/],
  [{ aggregations: null }, 'FIELD_INVALID', '/aggregations', /must be a list, got null/],
  [{ aggregations: {} }, 'FIELD_INVALID', '/aggregations', /must be a list, got an object/],
  [{ aggregations: [] }, 'FIELD_INVALID', '/aggregations', /at least 1 entry, got a list of 0/],
  [
    { aggregations: many(17, { metric: 'a' }) },
    'FIELD_INVALID',
    '/aggregations',
    /at most 16 entries, got a list of 17/,
  ],
  [{ aggregations: ['a'] }, 'FIELD_INVALID', '/aggregations/0', /aggregations\[0\] must be an object, got "a"/],
  [
    { aggregations: [{}] },
    'FIELD_MISSING',
    '/aggregations/0/metric',
    /aggregations\[0\]\.metric is missing: it must be a text/,
  ],
  [{ aggregations: [{ metric: 1 }] }, 'FIELD_INVALID', '/aggregations/0/metric', /must be a text, got 1/],
  [{ aggregations: [{ metric: '' }] }, 'FIELD_INVALID', '/aggregations/0/metric', /must not be empty/],
  [{ aggregations: [{ metric: long }] }, 'FIELD_INVALID', '/aggregations/0/metric', /at most 255 characters/],
  [
    { aggregations: [{ metric: 'a', agg: 'sum' }] },
    'FIELD_INVALID',
    '/aggregations/0/agg',
    /one of SUM, MIN, .*got "sum"/,
  ],
  [
    { aggregations: [{ metric: 'a', time: 'COUNT' }] },
    'FIELD_INVALID',
    '/aggregations/0/time',
    /one of SUM, .*LAST, got "COUNT"/,
  ],
  [{ aggregations: [{ metric: 'a', as: '' }] }, 'FIELD_INVALID', '/aggregations/0/as', /must not be empty/],
  [
    { aggregations: [{ metric: 'a', as: 'b'.repeat(65) }] },
    'FIELD_INVALID',
    '/aggregations/0/as',
    /at most 64 characters/,
  ],
]

const time: readonly Case[] = [
  [{ granularity: undefined }, 'FIELD_MISSING', '/granularity', /granularity is missing: it must be one of PT1M/],
  [{ granularity: 'PT2M' }, 'FIELD_INVALID', '/granularity', /one of PT1M, .*ALL, got "PT2M"/],
  [{ granularity: 60 }, 'FIELD_INVALID', '/granularity', /got 60/],
  [{ granularity: 'toString' }, 'FIELD_INVALID', '/granularity', /got "toString"/],
  [{ intervals: undefined }, 'FIELD_MISSING', '/intervals', /intervals is missing/],
  [{ intervals: 'PT1H/now' }, 'FIELD_INVALID', '/intervals', /must be a list, got "PT1H\/now"/],
  [{ intervals: [] }, 'FIELD_INVALID', '/intervals', /at least 1 entry/],
  [{ intervals: [1] }, 'FIELD_INVALID', '/intervals/0', /must be a text, got 1/],
  [{ intervals: ['PT1H/now', ''] }, 'FIELD_INVALID', '/intervals/1', /must not be empty/],
  [{ intervals: ['1'.repeat(201)] }, 'FIELD_INVALID', '/intervals/0', /at most 200 characters/],
  [{ timezone: 1 }, 'FIELD_INVALID', '/timezone', /must be a text/],
]

const groups: readonly Case[] = [
  [{ group_by: 'metric.topic' }, 'FIELD_INVALID', '/group_by', /must be a list, got "metric.topic"/],
  [{ group_by: [null] }, 'FIELD_INVALID', '/group_by/0', /must be a text, got null/],
  [{ group_by: [''] }, 'FIELD_INVALID', '/group_by/0', /must not be empty/],
  [{ group_by: many(33, 'a') }, 'FIELD_INVALID', '/group_by', /at most 32 entries/],
  [{ limit: 0 }, 'FIELD_INVALID', '/limit', /must be at least 1, got 0/],
  [{ limit: 1.5 }, 'FIELD_INVALID', '/limit', /must be an integer, got 1.5/],
  [{ limit: '5' }, 'FIELD_INVALID', '/limit', /must be a number, got "5"/],
  [{ limit: 1e300 }, 'FIELD_INVALID', '/limit', /must be at most 9007199254740991/],
  [{ format: 'flat' }, 'FIELD_INVALID', '/format', /one of FLAT, GROUPED, got "flat"/],
  [{ format: 'GROUPED' }, 'FORMAT_NEEDS_GROUP_BY', '/format', /needs a non-empty group_by/],
  [{ format: 'GROUPED', group_by: [] }, 'FORMAT_NEEDS_GROUP_BY', '/format', /needs a non-empty group_by/],
  [{ order_by: {} }, 'FIELD_INVALID', '/order_by', /must be a list/],
  [{ order_by: many(2, { metric: 'a' }) }, 'FIELD_INVALID', '/order_by', /at most 1 entry, got a list of 2/],
  [{ order_by: [{}] }, 'FIELD_MISSING', '/order_by/0/metric', /is missing/],
  [
    { order_by: [{ metric: 'a', order: 'UP' }] },
    'FIELD_INVALID',
    '/order_by/0/order',
    /one of ASCENDING, DESCENDING, got "UP"/,
  ],
]

const OPS = /filter\.op must be one of EQ, NE, GT, GTE, LT, LTE, PREFIX, REGEX, IN, AND, OR, NOT/
const filters: readonly Case[] = [
  [{ filter: 'a = b' }, 'FIELD_INVALID', '/filter', /must be an object, got "a = b"/],
  [{ filter: null }, 'FIELD_INVALID', '/filter', /must be an object, got null/],
  [{ filter: [] }, 'FIELD_INVALID', '/filter', /must be an object, got a list of 0/],
  [{ filter: {} }, 'FIELD_MISSING', '/filter/op', /filter\.op is missing: it must be one of EQ/],
  [{ filter: { op: 'eq' } }, 'FIELD_INVALID', '/filter/op', OPS],
  [{ filter: { op: 1 } }, 'FIELD_INVALID', '/filter/op', OPS],
  [{ filter: { ...EQ, op: 'PREFIX', value: 1 } }, 'FIELD_INVALID', '/filter/value', /must be a text, got 1/],
  [{ filter: { ...EQ, op: 'REGEX', value: undefined } }, 'FIELD_MISSING', '/filter/value', /must be a text/],
  [{ filter: { ...EQ, field: undefined } }, 'FIELD_MISSING', '/filter/field', /filter\.field is missing/],
  [{ filter: { ...EQ, field: 1 } }, 'FIELD_INVALID', '/filter/field', /must be a text/],
  [{ filter: { ...EQ, value: undefined } }, 'FIELD_MISSING', '/filter/value', /must be a text or an integer/],
  [{ filter: { ...EQ, value: null } }, 'FIELD_INVALID', '/filter/value', /got null/],
  [{ filter: { ...EQ, value: true } }, 'FIELD_INVALID', '/filter/value', /text or an integer.* got true/],
  [{ filter: { ...EQ, value: 1.5 } }, 'FIELD_INVALID', '/filter/value', /got 1.5/],
  [{ filter: { ...EQ, value: 2 ** 60 } }, 'FIELD_INVALID', '/filter/value', /9007199254740991/],
  [{ filter: { ...EQ, value: ['a'] } }, 'FIELD_INVALID', '/filter/value', /got a list of 1/],
  [{ filter: { ...EQ, op: 'IN' } }, 'FIELD_INVALID', '/filter/value', /must be a list, got "a"/],
  [{ filter: { ...EQ, op: 'IN', value: [] } }, 'FIELD_INVALID', '/filter/value', /at least 1 entry/],
  [{ filter: { ...EQ, op: 'IN', value: ['a', {}] } }, 'FIELD_INVALID', '/filter/value/1', /got an object/],
  [{ filter: { op: 'AND' } }, 'FIELD_MISSING', '/filter/filters', /is missing/],
  [{ filter: { op: 'OR', filters: [] } }, 'FIELD_INVALID', '/filter/filters', /at least 1 entry/],
  [
    { filter: { op: 'AND', filters: [EQ, { ...EQ, value: {} }] } },
    'FIELD_INVALID',
    '/filter/filters/1/value',
    /filter\.filters\[1\]\.value/,
  ],
  [{ filter: { op: 'NOT' } }, 'FIELD_MISSING', '/filter/filter', /is missing: it must be an object/],
  [{ filter: { op: 'NOT', filter: [EQ] } }, 'FIELD_INVALID', '/filter/filter', /got a list of 1/],
]

const extensions: readonly Case[] = [
  [
    { freshness: 'newest' },
    'FIELD_INVALID',
    '/freshness',
    /latest, sealed or \{"maxStaleness": "PT5M"\}, got "newest"/,
  ],
  [{ freshness: {} }, 'FIELD_INVALID', '/freshness', /got an object/],
  [{ freshness: { maxStaleness: 5 } }, 'FIELD_INVALID', '/freshness', /PT5M/],
  [{ freshness: { maxStaleness: '5m' } }, 'FIELD_INVALID', '/freshness/maxStaleness', /like PT5M, got "5m"/],
  [{ explain: 'all' }, 'FIELD_INVALID', '/explain', /true, false, summary, full or plan, got "all"/],
  [{ explain: 1 }, 'FIELD_INVALID', '/explain', /got 1/],
  [{ use: [] }, 'FIELD_INVALID', '/use', /at least 1 entry/],
  [{ use: 'push' }, 'FIELD_INVALID', '/use', /must be a list/],
  [{ avoid: [1] }, 'FIELD_INVALID', '/avoid/0', /must be a text/],
  [{ avoid: many(33, 'push') }, 'FIELD_INVALID', '/avoid', /at most 32 entries/],
  [{ fill: 'nothing' }, 'FIELD_INVALID', '/fill', /one of none, null, zero, previous, got "nothing"/],
  [{ fill: null }, 'FIELD_INVALID', '/fill', /got null/],
  [{ accuracy: 'best' }, 'FIELD_INVALID', '/accuracy', /one of exact, approximate/],
  [{ verify: true }, 'NOT_SUPPORTED_YET', '/verify', /verify is part of the contract but not built yet/],
  [{ partial: true }, 'NOT_SUPPORTED_YET', '/partial', /partial/],
]

const HAVING = { op: 'GT', metric: 'a', value: 1 }
const ofValues: readonly Case[] = [
  [{ ratios: {} }, 'FIELD_INVALID', '/ratios', /must be a list/],
  [{ ratios: [{ numerator: 'a' }] }, 'FIELD_MISSING', '/ratios/0/denominator', /is missing/],
  [{ ratios: many(17, { numerator: 'a', denominator: 'a' }) }, 'FIELD_INVALID', '/ratios', /at most 16 entries/],
  [{ having: {} }, 'FIELD_MISSING', '/having/op', /one of GT, GTE, LT, LTE, EQ, NE, AND, OR, NOT/],
  [{ having: { ...HAVING, op: 'IN' } }, 'FIELD_INVALID', '/having/op', /one of GT/],
  [{ having: { ...HAVING, value: '1' } }, 'FIELD_INVALID', '/having/value', /must be a number, got "1"/],
  [{ having: { ...HAVING, metric: undefined } }, 'FIELD_MISSING', '/having/metric', /is missing/],
  [{ having: { op: 'AND', conditions: [] } }, 'FIELD_INVALID', '/having/conditions', /at least 1 entry/],
  [
    { having: { op: 'NOT', condition: { op: 'OR', conditions: [HAVING, 1] } } },
    'FIELD_INVALID',
    '/having/condition/conditions/1',
    /must be an object, got 1/,
  ],
]

for (const [change, code, pointer, detail] of [
  ...aggregations,
  ...time,
  ...groups,
  ...filters,
  ...extensions,
  ...ofValues,
]) {
  const name = Object.entries(change)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join(', ')
  test(`${name.slice(0, 90)} is refused with ${code} at ${pointer}`, async () => {
    const { status, text } = await world.ask(change)
    const [error] = errorsIn(text)
    assert.deepEqual([status, error!.code, error!.pointer, error!.status], [400, code, pointer, '400'], text)
    assert.match(error!.detail, detail)
    assert.ok(error!.hint.length > 0)
  })
}

test('a body of another type than an object is refused as a whole', async () => {
  for (const [payload, got] of [
    ['[]', 'a list of 0'],
    ['null', 'null'],
    ['3', '3'],
    ['"a"', '"a"'],
    ['true', 'true'],
  ]) {
    const headers = { 'content-type': 'application/json' }
    const response = await world.app.inject({ method: 'POST', url: QUERY, headers, payload: payload! })
    const [error] = errorsIn(response.body)
    assert.deepEqual([response.statusCode, error!.code, error!.pointer], [400, 'FIELD_INVALID', ''], payload)
    assert.match(error!.detail, new RegExp(`^the body must be an object, got ${got}\\.$`))
  }
})

test('no body at all is told apart from an empty one', async () => {
  const none = await world.app.inject({ method: 'POST', url: QUERY })
  assert.equal(errorsIn(none.body)[0]!.code, 'FIELD_MISSING')
  const headers = { 'content-type': 'application/json' }
  const empty = await world.app.inject({ method: 'POST', url: QUERY, headers, payload: '' })
  assert.deepEqual([empty.statusCode, errorsIn(empty.body)[0]!.code], [400, 'BODY_UNREADABLE'])
})

test('several mistakes are told together, and bounded', async () => {
  const { text } = await world.ask({ limit: 0, granularity: 'PT2M', explain: 3 })
  assert.deepEqual(
    errorsIn(text).map(({ pointer }) => pointer),
    ['/granularity', '/limit', '/explain'],
  )
  const flood = await world.ask({ intervals: many(5000, 1) })
  assert.equal(errorsIn(flood.text).length, 20)
})

test('a limit names itself and what was sent', async () => {
  const { text } = await world.ask({ aggregations: many(17, { metric: 'a' }) })
  assert.deepEqual(errorsIn(text)[0]!.meta, { retriable: false, limit: 16, actual: 17 })
})

test('wrong query parameters are named', async () => {
  const wrong = await world.ask({}, '?strict=yes')
  assert.match(errorsIn(wrong.text)[0]!.detail, /^query parameter strict must be one of true, false, got "yes"/)
  assert.equal((await world.ask({}, '?strict=true&strict=true')).status, 400)
  const paging = await world.ask({}, '?page_token=abc')
  assert.deepEqual([paging.status, errorsIn(paging.text)[0]!.code], [400, 'PAGE_TOKEN_INVALID'])
})

test('a filter that is nested as deep as allowed passes, one deeper does not', async () => {
  const shallow = await openApi({ limits: { filterDepthMax: 3 } })
  const nested = (depth: number): object => (depth === 1 ? EQ : { op: 'NOT', filter: nested(depth - 1) })
  const listed = (depth: number): object => (depth === 1 ? EQ : { op: 'AND', filters: [EQ, listed(depth - 1)] })
  for (const filter of [nested, listed]) {
    assert.equal((await shallow.ask({ filter: filter(3) })).status, 200)
    const { status, text } = await shallow.ask({ filter: filter(4) })
    const [error] = errorsIn(text)
    assert.deepEqual([status, error!.code, error!.pointer], [400, 'FILTER_TOO_COMPLEX', '/filter'])
    assert.deepEqual(error!.meta, { retriable: false, limit: 3, configKey: 'query.filterDepthMax' })
  }
  const having = (depth: number): object =>
    depth === 1 ? HAVING : { op: 'OR', conditions: [HAVING, having(depth - 1)] }
  assert.equal((await shallow.ask({ having: having(3) })).status, 200)
  const { text } = await shallow.ask({ having: having(4) })
  assert.deepEqual([errorsIn(text)[0]!.code, errorsIn(text)[0]!.pointer], ['FILTER_TOO_COMPLEX', '/having'])
})

const DEEP = 100_000
const bombs = {
  NOT: `${'{"op":"NOT","filter":'.repeat(DEEP)}{}${'}'.repeat(DEEP)}`,
  AND: `${'{"op":"AND","filters":['.repeat(DEEP)}{}${']}'.repeat(DEEP)}`,
  lists: `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`,
  'objects of other names': `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`,
}
for (const [name, filter] of Object.entries(bombs)) {
  test(`a filter ${DEEP} deep ends with FILTER_TOO_COMPLEX: ${name}`, async () => {
    const deep = await openApi({ limits: { bodyBytesMax: 8 * 1024 * 1024 } })
    const payload = `{${JSON.stringify(question).slice(1, -1)},"filter":${filter}}`
    const headers = { 'content-type': 'application/json' }
    const response = await deep.app.inject({ method: 'POST', url: QUERY, headers, payload })
    assert.deepEqual([response.statusCode, errorsIn(response.body)[0]!.code], [400, 'FILTER_TOO_COMPLEX'])
  })
}

test('depth elsewhere is refused or ignored like any other value', async () => {
  const deep = '['.repeat(DEEP) + ']'.repeat(DEEP)
  const headers = { 'content-type': 'application/json' }
  const asked = async (body: string) => await world.app.inject({ method: 'POST', url: QUERY, headers, payload: body })
  const base = JSON.stringify(question).slice(1, -1)
  assert.equal((await asked(`{${base},"extra":${deep}}`)).statusCode, 200)
  const limit = await asked(`{${base},"limit":${deep}}`)
  assert.match(errorsIn(limit.body)[0]!.detail, /limit must be a number, got a list of 1/)
  assert.equal((await asked(`{"aggregations":[{"metric":"${RECEIVED}","agg":${deep}}]}`)).statusCode, 400)
})
