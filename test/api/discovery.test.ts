import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiscoveryAnswer } from '../../src/api/discovery.ts'
import { DEFAULT_DISCOVERY_LIMITS, type DiscoveryLimits } from '../../src/api/discovery-limits.ts'
import type { Group } from '../../src/model/label.ts'
import type { LabelsRequest } from '../../src/planner/engine.ts'
import { errorsIn, labelsAnswer, openApi } from './api-world.ts'

async function open(ids: readonly string[], limits: Partial<DiscoveryLimits> = {}) {
  const asked: LabelsRequest[] = []
  const { app } = await openApi({
    limits: { discovery: { ...DEFAULT_DISCOVERY_LIMITS, ...limits } },
    engine: {
      async labels(request) {
        asked.push(request)
        const groups = ids.slice(0, request.limit).map((id): Group => [id])
        return { ...labelsAnswer, groups, more: ids.length > request.limit }
      },
    },
  })
  const get = (search = '', headers: Record<string, string> = {}) =>
    app.inject({
      method: 'GET',
      url: `/v2/metrics/cloud/discovery${search}`,
      headers: { host: 'lane:8080', ...headers },
    })
  return { app, asked, get }
}

test('resources with data of the last hour become targets as Prometheus reads them', async () => {
  const { get, asked } = await open(['lkc-1', 'lkc-2'])
  const response = await get()
  assert.match(response.headers['content-type'] as string, /^application\/json/)
  assert.deepEqual(DiscoveryAnswer.parse(response.json()), [
    {
      targets: ['lane:8080'],
      labels: {
        __metrics_path__: '/v2/metrics/cloud/export',
        __scheme__: 'http',
        __param_resource_kafka_id: 'lkc-1,lkc-2',
        instance: 'lane:8080/cloud/kafka/0',
      },
    },
  ])
  assert.deepEqual(asked, [
    { dataset: 'cloud', metric: null, groupBy: ['resource.kafka.id'], intervals: ['PT1H/now'], limit: 10_000 },
  ])
})

test('where nothing had data there are no targets', async () => {
  assert.deepEqual((await (await open([])).get()).json(), [])
})

test('a resource type and a cluster narrow the list', async () => {
  const { get, asked } = await open(['lkc-1'])
  await get('?resource_type=kafka&associated_kafka_id=lkc-1')
  assert.deepEqual(asked[0]?.filter, { kind: 'eq', label: 'resource.kafka.id', value: 'lkc-1' })
})

test('what cannot be asked is refused, with the types there are', async () => {
  const { get } = await open(['lkc-1'])
  for (const [search, message] of [
    ['?resource_type=abc', `Invalid resource type "abc". Supported resource types for view 'cloud': kafka`],
    ['?env=env-1', 'query parameter env is "env-1"; resources of this service do not belong to environments.'],
    ['?resource_type=kafka&resource_type=kafka', 'query parameter resource_type must be a text, got a list of 2.'],
  ] as const) {
    const response = await get(search)
    assert.deepEqual([response.statusCode, errorsIn(response.body)[0]!.detail], [400, message])
  }
  const many = await open(['a', 'b', 'c'], { resourcesMax: 2 })
  const [error] = errorsIn((await many.get()).body)
  assert.deepEqual([error!.code, error!.meta.configKey], ['QUERY_TOO_EXPENSIVE', 'discovery.resourcesMax'])
})

test('a Host header that is no host is refused; a public URL is told instead of it', async () => {
  const { get } = await open(['lkc-1'])
  for (const host of ['a b', 'x/y', 'evil"', '[::1', 'u@h', 'h:p']) {
    assert.equal((await get('', { host })).statusCode, 400, host)
  }
  for (const host of ['h', '10.0.0.1:80', '[::1]:80', 'a-b.c:65535']) {
    assert.deepEqual((await get('', { host })).json()[0].targets, [host])
  }
  const open2 = await open(['lkc-1'], { publicUrl: 'https://metrics.example:8443/lane/' })
  const [{ targets, labels }] = (await open2.get()).json()
  assert.deepEqual(
    [targets, labels.__scheme__, labels.__metrics_path__],
    [['metrics.example:8443'], 'https', '/lane/v2/metrics/cloud/export'],
  )
})

test('the same resources are not sent again', async () => {
  const { get } = await open(['lkc-1'])
  const tag = (await get()).headers.etag as string
  assert.equal((await get('', { 'if-none-match': tag })).statusCode, 304)
})
