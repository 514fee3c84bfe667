import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { EventReader } from '../api/stream/event-reader.ts'
import type { Attempt } from './tenants-table.ts'
import {
  authorization,
  BYTES,
  FOREIGN_DATASET,
  FOREIGN_ID,
  FOREIGN_METRIC,
  OWN_ID,
  type TenantsWorld,
  type Who,
} from './tenants-world.ts'

/** Streams and GraphQL: what is asked over a connection that stays open, or in another language. */

const QUESTION = {
  aggregations: [{ metric: BYTES }],
  group_by: ['resource.kafka.id', 'metric.topic'],
  granularity: 'PT1M',
  intervals: ['2026-11-21T10:00:00Z/PT12M'],
}
const foreign = { field: 'resource.kafka.id', op: 'EQ', value: FOREIGN_ID }
const SENTENCE = /Query must filter by at least one of your authorized resources/

const streamPath = (over: object = {}) =>
  `/v2/metrics/cloud/stream?query=${encodeURIComponent(JSON.stringify({ ...QUESTION, ...over }))}`

interface FirstEvent {
  readonly id: string
  readonly seen: object
}

/** The first event of a stream; its id is random. */
async function firstEvent(world: TenantsWorld, who: Who, lastEventId?: string): Promise<FirstEvent> {
  const headers = { authorization: authorization(who), ...(lastEventId ? { 'last-event-id': lastEventId } : {}) }
  const reader = await EventReader.open(`${world.url}${streamPath()}`, { headers })
  const event = await reader.next()
  reader.leave()
  assert.ok(event?.id)
  return { id: event.id, seen: { event: event.event, data: event.data } }
}

const STREAMS: readonly Attempt[] = [
  {
    endpoint: 'stream',
    tries: 'streams everything, grouped by resource',
    outcome: 'a snapshot of own points, with freshness and cost of its own',
    run: async (world) => (await firstEvent(world, 'a')).seen,
    check: (seen) => assert.ok(seen.includes('snapshot') && seen.includes(OWN_ID) && seen.includes('orders'), seen),
  },
  {
    endpoint: 'stream',
    tries: "names b's resource",
    outcome: "403 with v2's sentence",
    run: async (world) => {
      const { status, text } = await world.get('a', streamPath({ filter: foreign }))
      return { status, text: text.replaceAll(/"id":"[0-9a-f-]{36}"/g, '') }
    },
    check: (seen) => {
      assert.match(seen, SENTENCE)
      assert.match(seen, /"status":403/)
    },
  },
  {
    endpoint: 'stream',
    tries: "resumes with b's Last-Event-ID of the same question",
    outcome: 'its own snapshot, as with an id that was made up',
    run: async (world) => {
      const { id } = await firstEvent(world, 'b')
      const resumed = await firstEvent(world, 'a', id)
      const forged = await firstEvent(world, 'a', `${id.slice(0, -4)}AAAA`)
      assert.deepEqual(resumed.seen, forged.seen)
      return resumed.seen
    },
    check: (seen) => assert.ok(seen.includes('snapshot') && seen.includes(OWN_ID), seen),
    reuses: true,
  },
]

const TIMESERIES = `
query Asked($input: TimeseriesInput!) {
  timeseries(dataset: "cloud", input: $input) {
    totalCount truncated
    nodes { labels { key value } points { timestamp value } }
    freshness { completeThrough asOf state sources }
    plan { catalogVersion candidateCount hint slices { source rollup raw rowsEstimated rowsRead } candidates { rollup reasons { code detail } } }
  }
}`
const EXPLAIN = `
query Planned($input: TimeseriesInput!) {
  explain(dataset: "cloud", input: $input) { catalogVersion hint slices { rollup raw rowsEstimated } candidates { rollup reasons { detail } } }
}`
const CATALOG = `
query Seen {
  metrics(dataset: "cloud") { totalCount nodes { name labels { key } rollups { id } } }
  resources(dataset: "cloud") { type }
  labelValues(dataset: "cloud", input: { groupBy: ["metric.topic", "resource.kafka.id"], intervals: ["2026-11-21T10:00:00Z/PT12M"] }) {
    nodes { labels { key value } }
  }
}`
const ELSEWHERE = `query Elsewhere($dataset: String!) { metrics(dataset: $dataset) { totalCount } }`
const SUBSCRIPTION = `
subscription Watched($input: TimeseriesInput!) {
  timeseries(dataset: "cloud", input: $input) { revision totalCount groups { labels { key value } points { timestamp value } } }
}`

const inputOf = (over: object = {}) => ({
  input: {
    aggregations: QUESTION.aggregations,
    groupBy: QUESTION.group_by,
    granularity: QUESTION.granularity,
    intervals: QUESTION.intervals,
    ...over,
  },
})
const foreignOnly = { filter: { eq: { label: 'resource.kafka.id', value: FOREIGN_ID } } }

/** Status and body of an answer, without the ids of its errors. */
async function asked(world: TenantsWorld, who: Who, body: object): Promise<object> {
  const { status, text } = await world.post(who, '/graphql', body)
  return { status, text: text.replaceAll(/"id":"[0-9a-f-]{36}"/g, '') }
}

/** The first thing that a subscription says: a state, or why not. */
async function firstState(world: TenantsWorld, variables: object): Promise<unknown> {
  const client = createClient({
    url: `${world.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: authorization('a') },
  })
  try {
    const states = client.iterate({ query: SUBSCRIPTION, variables: { ...variables } })
    const { value } = await states.next()
    await states.return?.()
    return value
  } catch (error) {
    return { refused: JSON.stringify(error).replaceAll(/"id":"[0-9a-f-]{36}"/g, '') }
  } finally {
    await client.dispose()
  }
}

const GRAPHQL: readonly Attempt[] = [
  {
    endpoint: 'GraphQL query',
    tries: 'asks timeseries and explain for everything, with the whole plan',
    outcome: 'own groups and counts; no number of rows, no catalog version, no hint',
    run: async (world) => [
      await asked(world, 'a', { query: TIMESERIES, variables: inputOf({ explain: 'FULL' }) }),
      await asked(world, 'a', { query: EXPLAIN, variables: inputOf() }),
    ],
    check: (seen) => {
      assert.match(seen, /"status":200/)
      assert.ok(seen.includes(OWN_ID) && seen.includes('"rowsEstimated":null') && !seen.includes('"errors"'), seen)
      assert.doesNotMatch(seen, /"(?:rowsEstimated|rowsRead|raw|catalogVersion|hint)":(?!null)/)
    },
  },
  {
    endpoint: 'GraphQL query',
    tries: "names b's resource, metric, dataset, and lists labels and metrics",
    outcome: "v2's sentence; the same errors as for what nobody has; own names and values",
    run: async (world) => [
      await asked(world, 'a', { query: TIMESERIES, variables: inputOf(foreignOnly) }),
      await asked(world, 'a', { query: EXPLAIN, variables: inputOf(foreignOnly) }),
      await asked(world, 'a', {
        query: TIMESERIES,
        variables: inputOf({ aggregations: [{ metric: FOREIGN_METRIC }] }),
      }),
      await asked(world, 'a', { query: ELSEWHERE, variables: { dataset: FOREIGN_DATASET } }),
      await asked(world, 'a', { query: CATALOG }),
    ],
    check: (seen) => {
      assert.match(seen, SENTENCE)
      for (const part of ['METRIC_UNKNOWN', 'DATASET_UNKNOWN', 'orders', OWN_ID]) assert.ok(seen.includes(part), seen)
    },
  },
  {
    endpoint: 'GraphQL query',
    tries: 'asks by the hash of a document that b has persisted',
    outcome: 'the same as for a hash that nobody persisted',
    run: async (world) => {
      const query = `query Own { timeseries(dataset: "cloud", input: { aggregations: [{ metric: "${BYTES}" }], granularity: ALL, intervals: ["PT1H/now"], filter: { eq: { label: "resource.kafka.id", value: "${FOREIGN_ID}" } } }) { totalCount } }`
      const hash = createHash('sha256').update(query).digest('hex')
      const by = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } })
      await asked(world, 'b', { query, ...by(hash) })
      const seen = JSON.stringify(await asked(world, 'a', by(hash))).replaceAll(hash, '')
      const nobody = '0'.repeat(64)
      assert.equal(seen, JSON.stringify(await asked(world, 'a', by(nobody))).replaceAll(nobody, ''))
      return seen
    },
    check: (seen) => assert.match(seen, /PERSISTED_QUERY_NOT_FOUND|PersistedQueryNotFound/),
    reuses: true,
  },
  {
    endpoint: 'GraphQL subscription',
    tries: 'subscribes to everything, grouped by resource',
    outcome: 'own groups and counts',
    run: (world) => firstState(world, inputOf()),
    check: (seen) => assert.ok(seen.includes(OWN_ID) && seen.includes('"totalCount":3'), seen),
  },
  {
    endpoint: 'GraphQL subscription',
    tries: "names b's resource",
    outcome: "v2's sentence",
    run: (world) => firstState(world, inputOf(foreignOnly)),
    check: (seen) => assert.match(seen, SENTENCE),
  },
]

export const LIVE: readonly Attempt[] = [...STREAMS, ...GRAPHQL]
