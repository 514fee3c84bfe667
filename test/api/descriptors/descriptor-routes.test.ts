import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ApiWorld, errorsIn, openApi, RECEIVED } from '../api-world.ts'

let world: ApiWorld
before(async () => {
  world = await openApi({ engine: { seriesCounts: () => new Map([[RECEIVED, 1337]]) } })
})
after(() => world.app.close())

const get = async (path: string) => await world.app.inject({ method: 'GET', url: `/v2/metrics/${path}` })

test('a metric is described as in Metrics API v2, and as questions write its labels', async () => {
  const { data } = (await get('cloud/descriptors/metrics')).json()
  assert.deepEqual(
    data.find(({ name }: { name: string }) => name === RECEIVED),
    {
      name: RECEIVED,
      description: `${RECEIVED} in words`,
      type: 'COUNTER_INT64',
      unit: 'By',
      lifecycle_stage: 'GENERAL_AVAILABILITY',
      exportable: true,
      resources: ['kafka'],
      labels: [{ key: 'topic', description: 'The topic' }],
      query_labels: ['metric.topic', 'resource.kafka.id'],
      default_aggregation: { agg: 'SUM', time: 'SUM' },
      allowed_aggregations: {
        agg: ['SUM', 'MIN', 'MAX', 'AVG', 'COUNT'],
        time: ['SUM', 'MIN', 'MAX', 'AVG', 'LAST'],
      },
      value_range: { min: 0, max: null },
      missing: 'absent',
      step: 'PT1M',
      freshness: { settles_after: 'PT1M' },
      retention: { raw: 'P7D' },
      series_estimate: 1300,
      rollups: [
        {
          id: 'cloud/topic_1m',
          grain: 'PT1M',
          labels: ['metric.topic', 'resource.kafka.id'],
          measures: [`SUM:${RECEIVED}`],
          retention: 'P1D',
        },
      ],
    },
  )
})

test('resources are described with their id label', async () => {
  assert.deepEqual((await get('cloud/descriptors/resources')).json(), {
    data: [{ type: 'kafka', description: 'A cluster', labels: [{ key: 'kafka.id', description: 'A cluster' }] }],
    meta: { pagination: { page_size: 100, total_size: 1 } },
    links: null,
  })
})

test('pages follow each other by name, each metric once', async () => {
  const seen: string[] = []
  let token = ''
  do {
    const { data, meta } = (await get(`cloud/descriptors/metrics?page_size=1${token}`)).json()
    seen.push(...data.map(({ name }: { name: string }) => name))
    assert.equal(meta.pagination.total_size, 3)
    token = meta.pagination.next_page_token === undefined ? '' : `&page_token=${meta.pagination.next_page_token}`
  } while (token !== '')
  assert.deepEqual(seen, ['a_metric', 'b_metric', RECEIVED])
})

test('a resource type picks its metrics', async () => {
  assert.equal((await get('cloud/descriptors/metrics?resource_type=kafka')).json().data.length, 3)
  assert.equal((await get('cloud/descriptors/metrics?resource_type=connector')).json().data.length, 0)
})

test('wrong parameters and unknown datasets are named', async () => {
  for (const search of ['page_size=0', 'page_size=1001', 'page_size=1.5', 'page_size=x', 'page_size=1&page_size=2']) {
    const response = await get(`cloud/descriptors/metrics?${search}`)
    assert.deepEqual([response.statusCode, errorsIn(response.body)[0]!.code], [400, 'FIELD_INVALID'], search)
    assert.match(errorsIn(response.body)[0]!.detail, /^query parameter page_/)
  }
  for (const dataset of ['nobody', '__proto__', 'a%2Fb']) {
    const response = await get(`${dataset}/descriptors/resources`)
    assert.deepEqual([response.statusCode, errorsIn(response.body)[0]!.code], [404, 'DATASET_UNKNOWN'])
    assert.match(errorsIn(response.body)[0]!.detail, /there are cloud/)
  }
})

test('a link to the next page keeps everything else that was asked', async () => {
  const { links } = (await get('cloud/descriptors/metrics?page_size=2&resource_type=kafka')).json()
  assert.match(links.next, /^\/v2\/metrics\/cloud\/descriptors\/metrics\?resource_type=kafka&page_size=2&page_token=/)
  const last = await world.app.inject({ method: 'GET', url: links.next })
  assert.deepEqual(
    last.json().data.map(({ name }: { name: string }) => name),
    [RECEIVED],
  )
  assert.equal(last.json().links, null)
})

test('a token is good for the list it was given out by, and for no other', async () => {
  const { meta } = (await get('cloud/descriptors/metrics?page_size=1')).json()
  const token = meta.pagination.next_page_token as string
  for (const path of [
    `cloud/descriptors/resources?page_token=${token}`,
    `cloud/descriptors/metrics?resource_type=kafka&page_token=${token}`,
    `cloud/descriptors/metrics?page_token=${token.slice(0, -1)}`,
    `cloud/descriptors/metrics?page_token=${Buffer.from('a_metric').toString('base64url')}`,
    'cloud/descriptors/metrics?page_token=!!',
    'cloud/descriptors/metrics?page_token=',
  ]) {
    const response = await get(path)
    assert.deepEqual([response.statusCode, errorsIn(response.body)[0]!.code], [400, 'PAGE_TOKEN_INVALID'], path)
  }
})

test('an answer that the client has already is not sent again', async () => {
  const first = await get('cloud/descriptors/metrics')
  const tag = first.headers.etag as string
  assert.match(tag, /^"[\w-]{27}"$/)
  assert.deepEqual([first.headers.vary, first.headers['cache-control']], ['Authorization', 'private, no-cache'])
  const url = '/v2/metrics/cloud/descriptors/metrics'
  for (const [known, status] of [
    [tag, 304],
    [`W/${tag}`, 304],
    [`"x", ${tag}`, 304],
    ['*', 304],
    ['"x"', 200],
  ] as const) {
    const again = await world.app.inject({ method: 'GET', url, headers: { 'if-none-match': known } })
    assert.deepEqual([again.statusCode, again.body === ''], [status, status === 304], known)
    assert.equal(again.headers.etag, tag)
  }
  const other = await world.app.inject({ method: 'GET', url: `${url}?page_size=1`, headers: { 'if-none-match': tag } })
  assert.equal(other.statusCode, 200)
})

test('a caller with constraints sees its own metrics and no number of series', async () => {
  const scope = { tenant: 'a', datasets: null, constraints: [{ label: 'resource.kafka.id', values: ['lkc-1'] }] }
  const constrained = await openApi({
    keys: { find: (id) => ({ id, roles: new Set(['query'] as const), scope }) },
    engine: { seriesCounts: () => null },
  })
  const headers = { authorization: `Basic ${Buffer.from('k:s').toString('base64')}` }
  const url = '/v2/metrics/cloud/descriptors/metrics'
  const { data } = (await constrained.app.inject({ method: 'GET', url, headers })).json()
  assert.equal(data.length, 3)
  assert.ok(data.every((each: object) => !('series_estimate' in each)))
  await constrained.app.close()
})
