import assert from 'node:assert/strict'
import { test } from 'node:test'
import request from 'supertest'
import { LanewayError } from '../../../src/model/errors.ts'
import { answerOf, errorsIn, frame, openApi, plan, QUERY, question, RECEIVED, TEN } from '../api-world.ts'

test('FLAT has a row a point, group after group, with flat prefixed labels', async () => {
  const { text, status } = await (await openApi()).ask({ group_by: ['metric.topic', 'metric.type'] })
  assert.equal(status, 200)
  const rows = text.slice(text.indexOf('['), text.indexOf('],"meta"') + 1)
  assert.equal(
    rows,
    '[{"timestamp":"2026-11-21T10:00:00Z","metric.topic":"a","metric.type":null,"value":9741,"cut":true},' +
      '{"timestamp":"2026-11-21T10:01:00Z","metric.topic":"a","metric.type":null,"value":0.1},' +
      '{"timestamp":"2026-11-21T10:00:00Z","metric.topic":"\\"b\\"\\n","metric.type":"","value":9007199254740993}]',
  )
})

test('GROUPED has a row a group with its points', async () => {
  const { text } = await (await openApi()).ask({ group_by: ['metric.topic', 'metric.type'], format: 'GROUPED' })
  const { data, meta } = JSON.parse(text)
  assert.deepEqual(data[0], {
    'metric.topic': 'a',
    'metric.type': null,
    points: [
      { timestamp: '2026-11-21T10:00:00Z', value: 9741, cut: true },
      { timestamp: '2026-11-21T10:01:00Z', value: 0.1 },
    ],
  })
  assert.equal(data.length, 2)
  assert.equal(meta.format, 'GROUPED')
})

test('integers beyond 2^53 are JSON numbers with all their digits', async () => {
  const values = [2n ** 63n - 1n, -(2n ** 63n), 9_007_199_254_740_993n]
  const points = values.map((value, i) => ({ timestamp: TEN + i, values: [value], cut: false }))
  const answer = async () =>
    answerOf({ frame: { labels: [], series: [{ group: [], points }], groupsTotal: 1, truncated: false } })
  const { text } = await (await openApi({ answer })).ask()
  const sent = [...text.matchAll(/"value":(-?\d+)[,}]/g)].map(([, digits]) => BigInt(digits!))
  assert.deepEqual(sent, values)
})

test('an answer says what was cut off, how fresh it is and where it came from', async () => {
  const { text, headers } = await (await openApi()).ask({ group_by: ['metric.topic', 'metric.type'], limit: 2 })
  assert.deepEqual(JSON.parse(text).meta, {
    format: 'FLAT',
    pagination: { page_size: 2, total_size: 5 },
    truncated: true,
    groupsTotal: 5,
    freshness: answerOf().freshness,
    plan,
  })
  assert.equal(
    headers['x-laneway-result'],
    'sources=push,duckdb; lane=hot; cost=60; state=complete; asOf=2026-11-21T10:05:00Z',
  )
  assert.match(
    String(headers['server-timing']),
    /^plan;dur=0.25, queue;dur=0, upstream;dur=1.5, merge;dur=0.125, total/,
  )
  assert.match(String(headers['content-type']), /^application\/json/)
})

test('several aggregations answer their values in order, null where one is absent', async () => {
  const points = [{ timestamp: TEN, values: [1, null, 2n ** 60n], cut: false }]
  const answer = async () => answerOf({ frame: { ...frame, labels: [], series: [{ group: [], points }] } })
  const world = await openApi({ answer })
  const aggregations = [{ metric: 'a' }, { metric: 'b', agg: 'MAX', time: 'LAST' }, { metric: 'c' }]
  const { text } = await world.ask({ aggregations })
  assert.match(text, /^\{"data":\[\{"timestamp":"2026-11-21T10:00:00Z","values":\[1,null,1152921504606846976\]\}\]/)
  assert.deepEqual(world.asked[0]!.question.aggregations, aggregations)
})

test('no group answers an empty list in both formats', async () => {
  const answer = async () => answerOf({ frame: { labels: [], series: [], groupsTotal: 0, truncated: false } })
  const world = await openApi({ answer })
  for (const over of [{}, { group_by: ['metric.topic'], format: 'GROUPED' }]) {
    assert.deepEqual(JSON.parse((await world.ask(over)).text).data, [])
  }
})

test('the engine is asked exactly what the body says', async () => {
  const world = await openApi()
  await world.ask({
    group_by: ['metric.topic'],
    filter: {
      op: 'AND',
      filters: [
        { field: 'resource.kafka.id', op: 'IN', value: ['lkc-1', 2] },
        { op: 'NOT', filter: { field: 'metric.partition', op: 'GTE', value: 10 } },
        {
          op: 'OR',
          filters: [
            { field: 'a', op: 'EQ', value: '' },
            { field: 'a', op: 'GT', value: '__proto__' },
          ],
        },
      ],
    },
    order_by: [{ metric: RECEIVED, agg: 'SUM' }],
    limit: 5,
    granularity: 'ALL',
    timezone: 'Europe/Paris',
    freshness: { maxStaleness: 'PT5M' },
    use: ['push'],
    avoid: [],
  })
  assert.deepEqual(world.asked[0]!.question, {
    dataset: 'cloud',
    aggregations: [{ metric: RECEIVED }],
    groupBy: ['metric.topic'],
    granularity: 'ALL',
    intervals: ['PT1H/now'],
    filter: {
      kind: 'and',
      filters: [
        { kind: 'in', label: 'resource.kafka.id', values: ['lkc-1', '2'] },
        { kind: 'not', filter: { kind: 'gte', label: 'metric.partition', value: '10' } },
        {
          kind: 'or',
          filters: [
            { kind: 'eq', label: 'a', value: '' },
            { kind: 'gt', label: 'a', value: '__proto__' },
          ],
        },
      ],
    },
    orderBy: { metric: RECEIVED, agg: 'SUM', order: 'DESCENDING' },
    limit: 5,
    timezone: 'Europe/Paris',
    freshness: { kind: 'maxStaleness', ms: 300_000 },
    use: ['push'],
    avoid: [],
  })
})

test('explain decides how much is said, and plan does not run the question', async () => {
  const world = await openApi()
  for (const explain of [undefined, false, 'summary', true, 'full', 'plan']) await world.ask({ explain })
  assert.deepEqual(
    world.asked.map(({ level }) => level),
    ['summary', 'summary', 'summary', 'full', 'full', 'plan'],
  )
  const { text, headers } = await world.ask({ explain: 'plan' })
  assert.deepEqual(JSON.parse(text).data, [])
  assert.deepEqual(JSON.parse(text).meta.plan, { ...plan, candidates: [] })
  assert.equal(headers['x-laneway-result'], 'sources=push; cost=60; state=planned; asOf=2026-11-21T10:05:00Z')
})

test('fields that nobody knows are ignored and listed, wherever they stand', async () => {
  const world = await openApi()
  const { status, text } = await world.ask({
    aggregations: [{ metric: RECEIVED, aggregations: ['SUM'] }],
    filter: { op: 'NOT', filter: { op: 'EQ', field: 'a', value: 'b', 'x/y~z': 1 }, filters: [] },
    extra: { deep: 1 },
  })
  assert.equal(status, 200)
  assert.deepEqual(JSON.parse(text).meta.ignored, [
    '/extra',
    '/aggregations/0/aggregations',
    '/filter/filters',
    '/filter/filter/x~1y~0z',
  ])
})

test('strict=true refuses fields that nobody knows, each with its pointer', async () => {
  const world = await openApi()
  const { status, text } = await world.ask({ extra: 1, limits: 2 }, '?strict=true')
  assert.equal(status, 400)
  assert.deepEqual(
    errorsIn(text).map(({ code, pointer }) => [code, pointer]),
    [
      ['FIELD_UNKNOWN', '/extra'],
      ['FIELD_UNKNOWN', '/limits'],
    ],
  )
  assert.equal(world.asked.length, 0)
  assert.equal((await world.ask({}, '?strict=true')).status, 200)
  assert.equal((await world.ask({ extra: 1 }, '?strict=false')).status, 200)
})

test('keys named after the prototype are harmless', async () => {
  const world = await openApi()
  const base = JSON.stringify(question).slice(1, -1)
  const payload = `{${base},"__proto__":{"limit":-1,"polluted":1},"constructor":{"prototype":{"polluted":1}}}`
  const headers = { 'content-type': 'application/json' }
  const response = await world.app.inject({ method: 'POST', url: QUERY, payload, headers })
  assert.equal(response.statusCode, 200)
  assert.deepEqual(response.json().meta.ignored, ['/__proto__', '/constructor'])
  assert.equal(world.asked[0]!.question.limit, undefined)
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
})

test('an answer that would be longer than the limit is refused before it is sent', async () => {
  const world = await openApi({ limits: { answerBytesMax: 500 } })
  const { status, text } = await world.ask({ group_by: ['metric.topic', 'metric.type'] })
  assert.equal(status, 422)
  const [error] = errorsIn(text)
  assert.equal(error!.code, 'QUERY_TOO_EXPENSIVE')
  assert.match(error!.detail, /500 bytes/)
  assert.match(error!.hint, /GROUPED/)
})

test("the engine's refusals arrive with pointer, limit and key", async () => {
  const answer = async () => {
    throw new LanewayError('INTERVAL_TOO_LONG', {
      detail: 'intervals: PT1M allows 6 hours, asked were 7 hours; PT5M would be accepted.',
      pointer: '/intervals/0',
      hint: 'Ask for PT5M.',
      limit: 'PT6H',
      actual: 'PT7H',
    })
  }
  const { status, text } = await (await openApi({ answer })).ask()
  assert.equal(status, 400)
  const [error] = errorsIn(text)
  assert.deepEqual(
    [error!.code, error!.pointer, error!.hint, error!.meta],
    ['INTERVAL_TOO_LONG', '/intervals/0', 'Ask for PT5M.', { retriable: false, limit: 'PT6H', actual: 'PT7H' }],
  )
})

test('a client over HTTP gets the same', async (t) => {
  const world = await openApi()
  t.after(() => world.app.close())
  const url = await world.listen()
  const response = await request(url).post(QUERY).send(question).expect(200)
  assert.equal(response.body.data[0].value, 9741)
  assert.ok(response.headers['x-request-id'])
})

const GROUPED_BY = { group_by: ['metric.topic', 'metric.type'], limit: 2 }

test('a page with more behind it carries a token and says until when it is good; the last one does not', async () => {
  const asked: object[] = []
  const world = await openApi({
    page: { frozen: { now: 5, digest: 'd' }, groupsLeft: 3, expiresMs: TEN + 60_000 },
    onPage: (page) => asked.push(page),
  })
  const { text } = await world.ask(GROUPED_BY)
  const { pagination, truncated } = JSON.parse(text).meta
  const { next_page_token: token, ...rest } = pagination
  assert.deepEqual([rest, truncated], [{ page_size: 2, total_size: 5, expires: '2026-11-21T10:01:00Z' }, true])
  assert.equal((await world.ask(GROUPED_BY, `?page_token=${token}`)).status, 200)
  assert.deepEqual(asked, [
    { from: 0, frozen: null, level: 'summary' },
    { from: 2, frozen: { now: 5, digest: 'd' }, level: 'summary' },
  ])
  const last = JSON.parse((await (await openApi()).ask(GROUPED_BY)).text).meta.pagination
  assert.deepEqual(last, { page_size: 2, total_size: 5 })
})

test('a token belongs to its question: another body, dataset or way of asking is refused', async () => {
  const world = await openApi({ page: { groupsLeft: 3, expiresMs: TEN + 60_000 } })
  const token = JSON.parse((await world.ask(GROUPED_BY)).text).meta.pagination.next_page_token as string
  const search = `?page_token=${token}`
  for (const over of [
    { limit: 3 },
    { format: 'GROUPED' },
    { explain: 'full' },
    { explain: 'plan' },
    { group_by: ['metric.type', 'metric.topic'] },
    { group_by: [], limit: undefined },
    { filter: { op: 'EQ', field: 'metric.topic', value: 'a' } },
  ]) {
    const { status, text } = await world.ask({ ...GROUPED_BY, ...over }, search)
    assert.deepEqual([status, errorsIn(text)[0]!.code], [400, 'PAGE_TOKEN_INVALID'], JSON.stringify(over))
  }
  const other = await world.app.inject({
    method: 'POST',
    url: `/v2/metrics/other/query${search}`,
    payload: { ...question, ...GROUPED_BY },
  })
  assert.equal(errorsIn(other.body)[0]!.code, 'PAGE_TOKEN_INVALID')
  const sameOtherwise = { unknown: 1, ...GROUPED_BY }
  assert.equal((await world.ask(sameOtherwise, search)).status, 200, 'what nobody knows does not count')
})

test('a token that was given to somebody with other rights is refused', async () => {
  const scope = (tenant: string) => ({ tenant, datasets: ['cloud'], constraints: [] })
  const world = await openApi({
    page: { groupsLeft: 3, expiresMs: TEN + 60_000 },
    keys: { find: (id) => ({ id, roles: new Set(['query'] as const), scope: scope(id.slice(0, 1)) }) },
  })
  const ask = (id: string, search = '') =>
    world.app.inject({
      method: 'POST',
      url: `${QUERY}${search}`,
      payload: { ...question, ...GROUPED_BY },
      headers: { authorization: `Basic ${Buffer.from(`${id}:s`).toString('base64')}` },
    })
  const token = (await ask('a1')).json().meta.pagination.next_page_token as string
  const statuses = await Promise.all(
    ['a1', 'a2', 'b1'].map(async (id) => (await ask(id, `?page_token=${token}`)).statusCode),
  )
  assert.deepEqual(statuses, [200, 200, 400])
})
