import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LanewayError } from '../../../src/model/errors.ts'
import type { ResultFrame } from '../../../src/model/frame.ts'
import type { MeasureRef } from '../../../src/model/measure.ts'
import type { QueryRequest } from '../../../src/planner/engine.ts'
import { type ApiWorld, answerOf, openApi, TEN } from '../api-world.ts'
import { ask } from './graphql-client.ts'

let world: ApiWorld
let truncated = false
let measure = answerOf().measures[0]!
let state = answerOf().freshness.state
before(async () => {
  world = await openApi({
    answer: async ({ question }) => {
      if (question.aggregations.some(({ metric }) => metric === 'unknown')) throw unknown(question)
      if (question.aggregations.some(({ metric }) => metric === 'busy'))
        throw new LanewayError('LANE_FULL', { detail: 'full' })
      const measures = question.aggregations.map(measureOf)
      const freshness = { ...answerOf().freshness, state }
      return answerOf({ frame: { ...frameOf(question), truncated }, measures, freshness })
    },
  })
})
after(() => world.app.close())

const unknown = ({ aggregations }: QueryRequest) => {
  const position = aggregations.findIndex(({ metric }) => metric === 'unknown')
  return new LanewayError('METRIC_UNKNOWN', { detail: 'no', pointer: `/aggregations/${position}/metric` })
}

const measureOf = ({ metric }: QueryRequest['aggregations'][number]): MeasureRef => ({
  ...measure,
  metric,
})

/** Group `both` has all metrics, group `m0` that metric alone, in the second minute. */
function frameOf({ aggregations }: QueryRequest): ResultFrame {
  const all = aggregations.map(({ metric }) => Number(metric.slice(1)))
  const first = aggregations.map(({ metric }) => (metric === 'm0' ? 7 : null))
  const series = [
    { group: ['both'], points: [{ timestamp: TEN, values: all, cut: true }] },
    { group: ['m0'], points: [{ timestamp: TEN + 60_000, values: first, cut: false }] },
  ]
  const there = series.filter(({ points }) => points[0]!.values.some((value) => value !== null))
  return { labels: ['metric.topic'], series: there, groupsTotal: there.length, truncated: false }
}

const field = (
  metric: string,
  selection = 'totalCount nodes { labels { value } points { timestamp value } }',
  over = '',
) =>
  `${metric.replace('-', '_')}: timeseries(dataset: "cloud", input: { aggregations: [{ metric: "${metric}" }], granularity: PT1M, intervals: ["PT1H/now"], groupBy: ["metric.topic"]${over} }) { ${selection} }`

async function asks(...fields: readonly string[]) {
  world.asked.length = 0
  const said = await ask(world.app, `{ ${fields.join(' ')} }`)
  return { ...said, questions: world.asked.map(({ question }) => question.aggregations.map(({ metric }) => metric)) }
}

test('siblings that differ in their metrics alone are one question, and each gets its own groups and points', async () => {
  const { questions, data } = await asks(field('m0'), field('m1'))
  assert.deepEqual(questions, [['m0', 'm1']])
  const both = { labels: [{ value: 'both' }], points: [{ timestamp: '2026-11-21T10:00:00Z', value: 0 }] }
  assert.deepEqual(data!.m0, {
    totalCount: 2,
    nodes: [both, { labels: [{ value: 'm0' }], points: [{ timestamp: '2026-11-21T10:01:00Z', value: 7 }] }],
  })
  assert.deepEqual(data!.m1, { totalCount: 1, nodes: [{ ...both, points: [{ ...both.points[0], value: 1 }] }] })
})

test('a question has at most 16 aggregations', async () => {
  const { questions } = await asks(...Array.from({ length: 20 }, (_, i) => field(`m${i}`, 'totalCount')))
  assert.deepEqual(
    questions.map(({ length }) => length),
    [16, 4],
  )
})

test('the same question twice, or with its freshness beside it, is asked once', async () => {
  const again = field('m1', 'totalCount').replace('m1:', 'again:')
  const fresh = field('m1', 'state').replace('m1: timeseries', 'fresh: freshness')
  const { questions, data } = await asks(field('m1', 'totalCount'), again, fresh)
  assert.deepEqual(questions, [['m1']])
  assert.deepEqual([data!.again, data!.fresh], [{ totalCount: 1 }, { state: 'COMPLETE' }])
})

test('another filter, time, grouping or order is another question; a plan is read for its field alone', async () => {
  const over = [
    ', freshness: { mode: SEALED }',
    ', orderBy: { metric: "m2" }',
    ', fill: ZERO',
    ', filter: { eq: { label: "a", value: "b" } }',
  ]
  const others = over.map((each, i) => field(`m${i + 1}`, 'totalCount', each))
  const { questions } = await asks(field('m0', 'totalCount'), ...others, field('m9', 'plan { exact }'))
  assert.deepEqual(questions.map(String).sort(), ['m0', 'm1', 'm2', 'm3', 'm4', 'm9'])
})

test('where groups were left out each field is asked alone: others may have pushed its own out', async () => {
  truncated = true
  const { questions } = await asks(field('m0'), field('m1'))
  truncated = false
  assert.deepEqual(questions, [['m0', 'm1'], ['m0'], ['m1']])
})

test('an average over all steps is asked alone while it is not known how many there are', async () => {
  measure = { ...measure, time: 'AVG', missing: 'zero' }
  assert.deepEqual((await asks(field('m0'), field('m1'))).questions, [['m0', 'm1']])
  state = 'provisional'
  assert.deepEqual((await asks(field('m0'), field('m1'))).questions, [['m0', 'm1'], ['m0'], ['m1']])
  state = 'complete'
  measure = answerOf().measures[0]!
})

test('a field that is wrong fails alone, pointing to its own mistake', async () => {
  const { questions, data, errors } = await asks(field('m1', 'totalCount'), field('unknown', 'totalCount'))
  assert.deepEqual(questions, [['m1', 'unknown'], ['m1'], ['unknown']])
  assert.deepEqual(data, { m1: { totalCount: 1 }, unknown: null })
  assert.deepEqual(
    errors.map(({ path, extensions }) => [path, extensions.code, extensions.pointer]),
    [[['unknown'], 'METRIC_UNKNOWN', '/input/aggregations/0/metric']],
  )
})

test('a full lane is not asked again', async () => {
  const { questions, errors } = await asks(field('m1', 'totalCount'), field('busy', 'totalCount'))
  assert.deepEqual(questions, [['m1', 'busy']])
  assert.deepEqual(
    errors.map(({ extensions }) => extensions.code),
    ['LANE_FULL', 'LANE_FULL'],
  )
})
