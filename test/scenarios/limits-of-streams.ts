import type { ConfigKey } from '../../src/config-keys.ts'
import { type Limit, row, times } from './limits-row.ts'
import { type LimitsWorld, question, type Reply } from './limits-world.ts'

const grouped = question({ group_by: ['metric.route'] })

export const STREAMS: readonly Limit[] = [
  row('Open streams', ['stream.connectionsMax', 1, 'streams'], [429, 'WATCH_FULL'], secondStream, {}),
  row(
    'Open streams of one caller',
    ['stream.connectionsPerCallerMax', 1, 'streams'],
    [429, 'WATCH_FULL'],
    secondStream,
    {},
  ),
  row('Questions watched', ['watch.questionsMax', 1, 'questions'], [429, 'WATCH_FULL'], secondStream, {}),
  row('Readers of watched questions', ['watch.watchersMax', 1, 'readers'], [429, 'WATCH_FULL'], secondStream, {}),
  row('One event of a stream', ['stream.eventBytesMax', 1_024, 'bytes'], [422, 'QUERY_TOO_EXPENSIVE'], (world) =>
    world.get(streamPath(grouped)),
  ),
]

const streamPath = (body: object): string =>
  `/v2/metrics/default/stream?query=${encodeURIComponent(JSON.stringify(body))}`

/** One stream stays open while another is asked for. */
async function secondStream(world: LimitsWorld): Promise<Reply> {
  const ended = new AbortController()
  try {
    await fetch(`${world.url}${streamPath(question({ granularity: 'ALL' }))}`, { signal: ended.signal })
    return await world.get(streamPath(question({ granularity: 'ALL', intervals: ['PT5M/now'] })))
  } finally {
    ended.abort()
  }
}

const graphql = (
  what: string,
  limit: readonly [ConfigKey | null, number, string],
  document: (value: number) => string,
): Limit =>
  row(what, limit, [200, 'QUERY_TOO_EXPENSIVE'], (world, { value }) =>
    world.graphql(document(Number(value)), variables),
  )

const variables = { input: question({ groupBy: ['metric.route'] }) }
const points = `query ($input: TimeseriesInput!) {
  timeseries(dataset: "default", input: $input, first: 3) { nodes { points { timestamp value cut } } }
}`

export const GRAPHQL: readonly Limit[] = [
  graphql(
    'GraphQL document',
    ['graphql.documentBytesMax', 4_096, 'bytes'],
    (most) => `{ __typename ${' '.repeat(most)}}`,
  ),
  graphql('Tokens of a GraphQL document', ['graphql.tokensMax', 1_500, 'tokens'], (most) => `{${' a'.repeat(most)} }`),
  graphql(
    'Brackets within brackets of a GraphQL document',
    [null, 256, ''],
    (most) => `{ a${'{a'.repeat(most)}${'}'.repeat(most + 1)}`,
  ),
  graphql(
    'Nesting of selected fields',
    ['graphql.depthMax', 4, ''],
    () => '{ __schema { types { fields { type { name } } } } }',
  ),
  graphql(
    'Aliased fields of an operation',
    ['graphql.aliasesMax', 3, ''],
    (most) => `{ ${times(most + 1, (i) => `a${i}: __typename`).join(' ')} }`,
  ),
  graphql(
    'Cost of an operation',
    ['graphql.costMax', 50, ''],
    () => '{ metrics(dataset: "default", first: 1000) { nodes { name } } }',
  ),
  graphql('Fields of points of an answer', ['graphql.pointFieldsMax', 10, ''], () => points),
  row('Open WebSockets', ['graphql.socketsMax', 1, ''], [429, 'WATCH_FULL'], (world) => world.secondSocket()),
  row('Operations under way on a WebSocket', ['graphql.subscriptionsMax', 1, ''], [429, 'WATCH_FULL'], (world) =>
    world.secondSubscription(variables),
  ),
]
