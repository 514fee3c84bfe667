import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AttributesAnswer } from '../../src/api/attributes.ts'
import type { Group } from '../../src/model/label.ts'
import type { AskOptions, LabelsRequest } from '../../src/planner/engine.ts'
import { errorsIn, labelsAnswer, openApi, RECEIVED, TEN, type WorldOptions } from './api-world.ts'

const GROUPS: readonly Group[] = [
  ['a', null],
  ['a', 'x'],
  ['b', ''],
  ['c', 'x'],
]
const body = { metric: RECEIVED, group_by: ['metric.topic', 'metric.type'] }

/** The API with an engine that knows the groups above. */
async function open(options: WorldOptions = {}) {
  const asked: { request: LabelsRequest; options: AskOptions }[] = []
  const world = await openApi({
    ...options,
    engine: {
      async labels(request, options) {
        asked.push({ request, options })
        const from = request.after ? GROUPS.findIndex((group) => String(group) === String(request.after)) + 1 : 0
        const groups = GROUPS.slice(from, from + request.limit)
        return { ...labelsAnswer, labels: request.groupBy, groups, more: from + groups.length < GROUPS.length }
      },
    },
  })
  const post = (over: object = {}, search = '') =>
    world.app.inject({ method: 'POST', url: `/v2/metrics/cloud/attributes${search}`, payload: { ...body, ...over } })
  return { ...world, asked, post }
}

test('label values are answered as in Metrics API v2, absent ones as null', async () => {
  const { post, asked } = await open()
  const answer = (await post()).json()
  AttributesAnswer.parse(answer)
  assert.deepEqual(answer.data, [
    { 'metric.topic': 'a', 'metric.type': null },
    { 'metric.topic': 'a', 'metric.type': 'x' },
    { 'metric.topic': 'b', 'metric.type': '' },
    { 'metric.topic': 'c', 'metric.type': 'x' },
  ])
  assert.deepEqual([answer.meta.pagination, answer.links], [{ page_size: 100 }, null])
  assert.deepEqual(asked[0]?.request, {
    dataset: 'cloud',
    metric: RECEIVED,
    groupBy: ['metric.topic', 'metric.type'],
    intervals: ['PT1H/now'],
    limit: 100,
  })
})

test('pages follow each other behind the last row, over the interval of the first', async () => {
  const { post, asked, app } = await open()
  const seen: object[] = []
  let next = (await post({ limit: 3 })).json()
  seen.push(...next.data)
  const { next_page_token: token } = next.meta.pagination
  assert.equal(next.links.next, `/v2/metrics/cloud/attributes?page_token=${token}`)
  next = (await app.inject({ method: 'POST', url: next.links.next, payload: { ...body, limit: 3 } })).json()
  seen.push(...next.data)
  assert.deepEqual([seen.length, next.links, next.meta.pagination.next_page_token], [4, null, undefined])
  assert.deepEqual(asked[1]?.request.after, ['b', ''])
  assert.deepEqual(
    asked.map(({ options }) => options.now),
    [TEN, TEN],
  )
})

test('a token is good for the same question only', async () => {
  const { post } = await open()
  const token = (await post({ limit: 1 })).json().meta.pagination.next_page_token as string
  assert.equal((await post({ limit: 1 }, `?page_token=${token}`)).statusCode, 200)
  for (const over of [
    { limit: 2 },
    { limit: 1, metric: 'a_metric' },
    { limit: 1, filter: { op: 'EQ', field: 'metric.topic', value: 'a' } },
    { limit: 1, intervals: ['PT2H/now'] },
  ]) {
    const response = await post(over, `?page_token=${token}`)
    assert.deepEqual([response.statusCode, errorsIn(response.body)[0]!.code], [400, 'PAGE_TOKEN_INVALID'])
  }
})

test('metric may be left out, and the filter is the one of questions', async () => {
  const { post, asked } = await open()
  const filter = { op: 'AND', filters: [{ op: 'EQ', field: 'resource.kafka.id', value: 'lkc-1' }] }
  assert.equal((await post({ metric: undefined, filter, intervals: ['PT6H/now'], limit: 1000 })).statusCode, 200)
  const { metric, filter: read, intervals, limit } = asked[0]!.request
  assert.deepEqual([metric, intervals, limit], [null, ['PT6H/now'], 1000])
  assert.deepEqual(read, { kind: 'and', filters: [{ kind: 'eq', label: 'resource.kafka.id', value: 'lkc-1' }] })
})

test('mistakes in the body are named, unknown fields told or refused', async () => {
  const { post } = await open()
  for (const [over, code, pointer] of [
    [{ group_by: [] }, 'FIELD_INVALID', '/group_by'],
    [{ group_by: undefined }, 'FIELD_MISSING', '/group_by'],
    [{ limit: 1001 }, 'FIELD_INVALID', '/limit'],
    [{ limit: 0 }, 'FIELD_INVALID', '/limit'],
    [{ intervals: [] }, 'FIELD_INVALID', '/intervals'],
    [{ filter: { op: 'LIKE', field: 'a', value: 'b' } }, 'FIELD_INVALID', '/filter/op'],
  ] as const) {
    const [error] = errorsIn((await post(over)).body)
    assert.deepEqual([error!.code, error!.pointer], [code, pointer], JSON.stringify(over))
  }
  const odd = { 'a/b': 1, filter: { op: 'EQ', field: 'metric.topic', value: 'a', extra: 1 } }
  assert.deepEqual((await post(odd)).json().meta.ignored, ['/a~1b', '/filter/extra'])
  const refused = errorsIn((await post(odd, '?strict=true')).body)
  assert.deepEqual(
    refused.map(({ code, pointer }) => [code, pointer]),
    [
      ['FIELD_UNKNOWN', '/a~1b'],
      ['FIELD_UNKNOWN', '/filter/extra'],
    ],
  )
})
