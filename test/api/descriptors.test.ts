import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ApiWorld, errorsIn, openApi, RECEIVED } from './api-world.ts'

let world: ApiWorld
before(async () => {
  world = await openApi()
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
      rollups: ['cloud/topic_1m'],
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
  for (const search of [
    'page_size=0',
    'page_size=1001',
    'page_size=1.5',
    'page_size=x',
    'page_size=1&page_size=2',
    'page_token=!!',
  ]) {
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
