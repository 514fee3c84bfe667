import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LanewayError, LanewayErrors } from '../../../src/model/errors.ts'
import { type ApiWorld, type Asked, answerOf, catalog, openApi, RECEIVED, TEN } from '../api-world.ts'
import { ask, NEW, refusal, saidBy, timeseries } from './graphql-client.ts'

let failure: unknown = null
let world: ApiWorld
before(async () => {
  world = await openApi({
    answer: async ({ question }: Asked) => {
      if (failure && question.granularity === 'PT5M') throw failure
      return answerOf()
    },
  })
})
after(() => world.app.close())

const INPUT = `query ($input: TimeseriesInput!) { timeseries(dataset: "cloud", input: $input) { totalCount } }`
const input = { aggregations: [{ metric: RECEIVED }], granularity: 'PT1M', intervals: ['PT1H/now'] }

test('groups, absent and empty labels, cut buckets and whole numbers beyond 2^53 arrive as over REST', async () => {
  const selection = 'nodes { labels { key value } points { timestamp value values cut } } totalCount truncated'
  const { status, text, data } = await ask(world.app, `{ ${timeseries(selection)} }`)
  assert.equal(status, 200)
  assert.ok(text.includes('"value":9007199254740993,"values":[9007199254740993]'), text)
  const { nodes, totalCount, truncated } = data!.timeseries as {
    nodes: object[]
    totalCount: number
    truncated: boolean
  }
  assert.deepEqual([totalCount, truncated], [5, true])
  assert.deepEqual(nodes[0], {
    labels: [
      { key: 'metric.topic', value: 'a' },
      { key: 'metric.type', value: null },
    ],
    points: [
      { timestamp: '2026-11-21T10:00:00Z', value: 9741, values: [9741], cut: true },
      { timestamp: '2026-11-21T10:01:00Z', value: 0.1, values: [0.1], cut: false },
    ],
  })
  const [topic, type] = (nodes[1] as { labels: { value: string }[] }).labels
  assert.deepEqual([topic!.value, type!.value], ['"b"\n', ''])
})

test('freshness and plan mirror the JSON', async () => {
  const selection = `granularity intervals measures { metric agg time unit type }
    freshness { completeThrough asOf state sources }
    plan { catalogVersion exact asOf candidateCount candidates { source } missing stale hint slices { source rollup grain raw rowsEstimated rowsRead } }`
  const { data } = await ask(world.app, `{ ${timeseries(selection)} }`)
  assert.deepEqual(data!.timeseries, {
    granularity: 'PT1M',
    intervals: ['2026-11-21T10:00:00Z/2026-11-21T10:02:00Z'],
    measures: [{ metric: RECEIVED, agg: 'SUM', time: 'SUM', unit: 'By', type: 'COUNTER_INT64' }],
    freshness: {
      completeThrough: '2026-11-21T10:02:00Z',
      asOf: '2026-11-21T10:05:00Z',
      state: 'COMPLETE',
      sources: ['push', 'duckdb'],
    },
    plan: {
      catalogVersion: 7,
      exact: true,
      asOf: '2026-11-21T10:05:00Z',
      candidateCount: 3,
      candidates: null,
      missing: [],
      stale: [],
      hint: null,
      slices: [{ source: 'push', rollup: 'cloud/topic_1m', grain: 'PT1M', raw: 17, rowsEstimated: 60, rowsRead: null }],
    },
  })
})

test('every part of an input reaches the engine as the same question over REST', async () => {
  const graphql = {
    aggregations: [
      { metric: RECEIVED, as: 'got' },
      { metric: 'a_metric', agg: 'MAX', time: 'LAST', as: 'most' },
    ],
    ratios: [{ numerator: 'got', denominator: 'most', as: 'share' }],
    granularity: 'ALL',
    intervals: ['PT1H/now'],
    groupBy: ['metric.topic'],
    filter: {
      and: [
        { eq: { label: 'a', value: '1' } },
        { ne: { label: 'b', value: '2' } },
        { in: { label: 'c', values: ['3', '4'] } },
        { or: [{ prefix: { label: 'd', value: '5' } }, { regex: { label: 'e', value: '6.*' } }] },
        { not: { gt: { label: 'f', value: '7' } } },
        { gte: { label: 'g', value: '8' } },
        { lt: { label: 'h', value: '9' } },
        { lte: { label: 'i', value: '10' } },
      ],
    },
    having: {
      and: [{ gt: { metric: 'share', value: 0.5 } }, { not: { eq: { metric: 'got', agg: 'SUM', value: 0 } } }],
    },
    orderBy: { metric: 'share', order: 'ASCENDING' },
    fill: 'PREVIOUS',
    freshness: { maxStaleness: 'PT5M' },
    use: ['push'],
    avoid: ['duckdb'],
    explain: 'FULL',
  }
  const rest = {
    aggregations: graphql.aggregations,
    ratios: graphql.ratios,
    granularity: 'ALL',
    intervals: ['PT1H/now'],
    group_by: ['metric.topic'],
    filter: {
      op: 'AND',
      filters: [
        { op: 'EQ', field: 'a', value: '1' },
        { op: 'NE', field: 'b', value: '2' },
        { op: 'IN', field: 'c', value: ['3', '4'] },
        {
          op: 'OR',
          filters: [
            { op: 'PREFIX', field: 'd', value: '5' },
            { op: 'REGEX', field: 'e', value: '6.*' },
          ],
        },
        { op: 'NOT', filter: { op: 'GT', field: 'f', value: '7' } },
        { op: 'GTE', field: 'g', value: '8' },
        { op: 'LT', field: 'h', value: '9' },
        { op: 'LTE', field: 'i', value: '10' },
      ],
    },
    having: {
      op: 'AND',
      conditions: [
        { op: 'GT', metric: 'share', value: 0.5 },
        { op: 'NOT', condition: { op: 'EQ', metric: 'got', agg: 'SUM', value: 0 } },
      ],
    },
    order_by: [{ metric: 'share', order: 'ASCENDING' }],
    fill: 'previous',
    limit: 7,
    freshness: { maxStaleness: 'PT5M' },
    use: ['push'],
    avoid: ['duckdb'],
    explain: 'full',
  }
  const query = `query ($input: TimeseriesInput!) { timeseries(dataset: "cloud", input: $input, first: 7) { totalCount } }`
  const { errors } = await ask(world.app, query, { variables: { input: graphql } })
  assert.deepEqual(errors, [])
  const byGraphql = world.asked.at(-1)!
  await world.app.inject({ method: 'POST', url: '/v2/metrics/cloud/query', payload: rest })
  const byRest = world.asked.at(-1)!
  assert.deepEqual(byGraphql.question, byRest.question)
  assert.equal(byGraphql.level, byRest.level)
})

test('a mistake is told with code, status and hint, and points to where it stands in the arguments', async () => {
  const filter = { and: [{ eq: { label: 'a', value: '1' } }, { not: { in: { label: 'b', values: [] } } }] }
  const { errors, data } = await ask(world.app, INPUT, { variables: { input: { ...input, filter } } })
  const [{ message, path, locations, extensions }] = errors as [(typeof errors)[0]]
  assert.deepEqual(data, { timeseries: null })
  assert.deepEqual([path, locations!.length], [['timeseries'], 1])
  assert.equal(message, extensions.detail)
  assert.equal(extensions.code, 'FIELD_INVALID')
  assert.equal(extensions.status, 400)
  assert.equal(extensions.pointer, '/input/filter/and/1/not/in/values')
  assert.ok(extensions.hint)
})

test('failures of the engine keep code, limit and key; several become several', async () => {
  const facts = { detail: 'far too much', pointer: '/group_by/0', limit: 5, actual: 9, configKey: 'query.valuesMax' }
  failure = new LanewayErrors([
    new LanewayError('QUERY_TOO_EXPENSIVE', facts),
    new LanewayError('FORBIDDEN', { detail: 'no' }),
  ])
  const both = `{ bad: ${timeseries('totalCount').replace('PT1M', 'PT5M')} good: ${timeseries('totalCount')} }`
  const { data, errors, status } = await ask(world.app, both, { headers: NEW })
  assert.equal(status, 200)
  assert.deepEqual(data, { bad: null, good: { totalCount: 5 } })
  assert.deepEqual(
    errors.map(({ extensions: { code, status, pointer, limit, actual, configKey } }) => ({
      code,
      status,
      pointer,
      limit,
      actual,
      configKey,
    })),
    [
      {
        code: 'QUERY_TOO_EXPENSIVE',
        status: 422,
        pointer: '/input/groupBy/0',
        limit: 5,
        actual: 9,
        configKey: 'query.valuesMax',
      },
      { code: 'FORBIDDEN', status: 403, pointer: undefined, limit: undefined, actual: undefined, configKey: undefined },
    ],
  )
})

test('what broke unexpectedly says nothing of itself', async () => {
  failure = new TypeError('secret of the inside')
  const { text, errors } = await ask(world.app, `{ ${timeseries('totalCount').replace('PT1M', 'PT5M')} }`)
  assert.equal(errors[0]!.extensions.code, 'INTERNAL')
  assert.doesNotMatch(text, /secret|TypeError|stack/)
})

test('a lane that is full says when to come back, in the error and in the header', async () => {
  failure = new LanewayError('LANE_FULL', { detail: 'full', retryAfterSeconds: 3 })
  const { headers, errors } = await ask(world.app, `{ ${timeseries('totalCount').replace('PT1M', 'PT5M')} }`)
  assert.equal(errors[0]!.extensions.code, 'LANE_FULL')
  assert.equal(headers['retry-after'], '3')
})

test('the status says how it went to readers of graphql-response+json; readers of JSON get 200 for documents', async () => {
  for (const query of [
    '{',
    '{ nothing }',
    'query ($a: Int!) { metrics(dataset: "cloud", first: $a) { totalCount } }',
  ]) {
    const told = await ask(world.app, query, { headers: NEW })
    assert.deepEqual([told.status, told.data], [400, undefined], query)
    assert.equal(told.type, 'application/graphql-response+json; charset=utf-8')
    const plain = await ask(world.app, query)
    assert.deepEqual([plain.status, plain.data, plain.type], [200, undefined, 'application/json; charset=utf-8'], query)
  }
})

test('Accept decides by quality, the newer type only where it is named', async () => {
  const typeFor = async (accept: string) =>
    (await ask(world.app, '{ __typename }', { headers: { accept } })).type.split(';')[0]
  const [newer, plain] = ['application/graphql-response+json', 'application/json']
  assert.equal(await typeFor(`${newer}, ${plain}`), newer)
  assert.equal(await typeFor(`${plain}, ${newer}; q=0.9`), plain)
  assert.equal(await typeFor('*/*'), plain)
  assert.equal(await typeFor(`${plain}; q=0, application/*`), newer)
})

test('what Accept does not take is refused in the words of GraphQL', async () => {
  const { status, errors } = await ask(world.app, '{ __typename }', { headers: { accept: 'text/html' } })
  assert.deepEqual([status, errors[0]!.extensions.code], [406, 'NOT_ACCEPTABLE'])
})

test('GET reads parameters from the URL, and never runs a subscription', async () => {
  const get = async (search: Record<string, string>) => {
    const { statusCode, body, headers } = await world.app.inject({
      url: `/graphql?${new URLSearchParams(search)}`,
      headers: NEW,
    })
    return saidBy(statusCode, body, headers)
  }
  const variables = JSON.stringify({ input })
  assert.deepEqual((await get({ query: INPUT, variables })).data, { timeseries: { totalCount: 5 } })
  assert.equal((await get({ query: INPUT, variables: '{' })).errors[0]!.extensions.pointer, '/variables')
  const told = await get({ query: `subscription { ${timeseries('totalCount')} }` })
  assert.match(told.errors[0]!.extensions.hint, /graphql-transport-ws/)
  assert.equal((await get({ query: 'mutation { a }' })).status, 405)
})

test('several requests in one body are refused', async () => {
  const payload = [{ query: '{ __typename }' }, { query: '{ __typename }' }]
  const { statusCode, body } = await world.app.inject({ method: 'POST', url: '/graphql', payload })
  assert.equal(statusCode, 400)
  assert.match(body, /several requests in one/)
})

test('metrics come page by page with what their descriptors say', async () => {
  const query = `query ($after: String) { metrics(dataset: "cloud", first: 2, after: $after) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
    nodes { name type labels { key } defaultAggregation { agg time } step retention rollups { id grain } } } }`
  interface Page {
    readonly totalCount: number
    readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean; readonly endCursor: string }
    readonly nodes: readonly { readonly name: string }[]
  }
  const first = (await ask(world.app, query)).data!.metrics as Page
  const second = (await ask(world.app, query, { variables: { after: first.pageInfo.endCursor } })).data!.metrics as Page
  const names = [...first.nodes, ...second.nodes].map(({ name }) => name)
  assert.deepEqual(names, [...catalog.datasets.get('cloud')!.metrics.keys()].sort())
  assert.deepEqual([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage], [true, false])
  assert.deepEqual([first.pageInfo.hasPreviousPage, second.pageInfo.hasPreviousPage], [false, true])
  assert.deepEqual(second.nodes.at(-1), {
    name: RECEIVED,
    type: 'COUNTER_INT64',
    labels: [{ key: 'metric.topic' }, { key: 'resource.kafka.id' }],
    defaultAggregation: { agg: 'SUM', time: 'SUM' },
    step: 'PT1M',
    retention: 'P7D',
    rollups: [{ id: 'cloud/topic_1m', grain: 'PT1M' }],
  })
})

test('a cursor of another list is refused', async () => {
  const cursorOf = async (query: string) =>
    ((await ask(world.app, query)).data!.metrics as { pageInfo: { endCursor: string } }).pageInfo.endCursor
  const cursor = await cursorOf(
    '{ metrics(dataset: "cloud", resourceType: "kafka", first: 1) { pageInfo { endCursor } } }',
  )
  const error = await refusal(world.app, `{ metrics(dataset: "cloud", after: "${cursor}") { totalCount } }`)
  assert.deepEqual([error.code, error.pointer], ['PAGE_TOKEN_INVALID', '/after'])
})

test('resources, and a dataset that is not there', async () => {
  const { data } = await ask(world.app, '{ resources(dataset: "cloud") { type description labels { key } } }')
  assert.deepEqual(data!.resources, [
    { type: 'kafka', description: 'A cluster', labels: [{ key: 'resource.kafka.id' }] },
  ])
  const error = await refusal(world.app, '{ resources(dataset: "elsewhere") { type } }')
  assert.deepEqual([error.code, error.status, error.pointer], ['DATASET_UNKNOWN', 404, '/dataset'])
})

test('one moment is `now` for all fields of an operation', async () => {
  world.asked.length = 0
  await ask(world.app, `{ a: ${timeseries('totalCount')} b: ${timeseries('totalCount', ', groupBy: ["x"]')} }`)
  assert.deepEqual(
    world.asked.map(({ options }) => options.now),
    [TEN, TEN],
  )
})
