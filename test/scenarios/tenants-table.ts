import assert from 'node:assert/strict'
import { LIVE } from './tenants-live.ts'
import {
  BYTES,
  FOREIGN,
  FOREIGN_DATASET,
  FOREIGN_ID,
  FOREIGN_METRIC,
  FOREIGN_ROLLUP,
  OWN_ID,
  type Said,
  type TenantsWorld,
} from './tenants-world.ts'

/**
 * What tenant a tries in order to learn something of the other tenant, b. Whatever it sees must be the same, byte for
 * byte, in a world without b, and may not name anything of b; docs/security.md has the same rows.
 */
export interface Attempt {
  readonly endpoint: string
  readonly tries: string
  readonly outcome: string
  /** Everything that a comes to see, comparable between worlds. */
  readonly run: (world: TenantsWorld) => Promise<unknown>
  /** That the attempt was one: that own data came, or the very refusal. */
  readonly check: (seen: string) => void
  /** Needs something that b was given, so there is no world without b to compare with: `run` compares with a forgery itself. */
  readonly reuses?: true
}

export const INTERVAL = '2026-11-21T10:00:00Z/PT12M'
const QUERY = '/v2/metrics/cloud/query'
const ATTRIBUTES = '/v2/metrics/cloud/attributes'
const EXPORT = '/v2/metrics/cloud/export'

export const question = (over: object = {}) => ({
  aggregations: [{ metric: BYTES }],
  group_by: ['resource.kafka.id', 'metric.topic'],
  granularity: 'PT1M',
  intervals: [INTERVAL],
  ...over,
})
export const named = (id: string) => ({ field: 'resource.kafka.id', op: 'EQ', value: id })
const SENTENCE = /Query must filter by at least one of your authorized resources/

const contains =
  (...parts: readonly (string | RegExp)[]) =>
  (seen: string) => {
    for (const part of parts) {
      if (typeof part === 'string') assert.ok(seen.includes(part), `${part} in ${seen.slice(0, 2000)}`)
      else assert.match(seen, part)
    }
  }

/** Without what differs from request to request and from service to service. */
export function comparable({ status, headers, text }: Said): object {
  const { date: _, 'x-request-id': __, 'server-timing': ___, ...kept } = headers
  const body = text
    .replaceAll(/"id":"[0-9a-f-]{36}"/g, '"id":"…"')
    .replaceAll(/("next_page_token":"|page_token=|"token":")[\w-]+/g, '$1…')
    .replaceAll(/"expires(?:_at|At)?":"[^"]*"/g, '')
  return { status, headers: { ...kept, 'content-length': undefined, etag: undefined }, body }
}

const post = (path: string, body: unknown) => async (world: TenantsWorld) =>
  comparable(await world.post('a', path, body))
const get =
  (path: string, headers: Readonly<Record<string, string>> = {}) =>
  async (world: TenantsWorld) =>
    comparable(await world.get('a', path, headers))
const ask = (over: object = {}) => post(QUERY, question(over))
const attributes = (over: object = {}) =>
  post(ATTRIBUTES, { metric: BYTES, group_by: ['metric.topic'], intervals: [INTERVAL], ...over })

const own = contains('"status":200', OWN_ID, 'orders')

const QUERIES: readonly Attempt[] = [
  {
    endpoint: 'query',
    tries: 'asks for everything, grouped by resource',
    outcome: 'own groups alone; totals, freshness and cost as if there were nobody else',
    run: ask(),
    check: contains(OWN_ID, 'orders', /groupsTotal[^,]*3/, 'cost=36'),
  },
  {
    endpoint: 'query',
    tries: 'asks for one total without any filter',
    outcome: 'the own total',
    run: ask({ group_by: [], granularity: 'ALL' }),
    check: contains(/value[^,]*558/),
  },
  {
    endpoint: 'query',
    tries: "names b's resource (EQ, IN, or an OR of them)",
    outcome: "403 with v2's sentence, whether the resource exists or not",
    run: async (world) => [
      await ask({ filter: named(FOREIGN_ID) })(world),
      await ask({ filter: named('lkc-nobody') })(world),
      await ask({ filter: { field: 'resource.kafka.id', op: 'IN', value: [FOREIGN_ID, 'lkc-c'] } })(world),
      await ask({ filter: { op: 'OR', filters: [named(FOREIGN_ID), named('lkc-c')] } })(world),
    ],
    check: (seen) => {
      assert.equal(seen.match(/"status":403/g)?.length, 4)
      assert.match(seen, SENTENCE)
    },
  },
  {
    endpoint: 'query',
    tries: "names b's resource beside an own one",
    outcome: 'the own one is answered',
    run: ask({ filter: { op: 'OR', filters: [named(FOREIGN_ID), named(OWN_ID)] } }),
    check: own,
  },
  {
    endpoint: 'query',
    tries: "reaches for b's by NOT, ranges, or OR with another label",
    outcome: 'own series alone',
    run: async (world) => [
      await ask({ filter: { op: 'NOT', filter: named(OWN_ID) } })(world),
      await ask({ filter: { field: 'resource.kafka.id', op: 'GT', value: OWN_ID } })(world),
      await ask({ filter: { op: 'OR', filters: [named(FOREIGN_ID), { ...named(''), op: 'GTE' }] } })(world),
      await ask({
        filter: { op: 'OR', filters: [named(FOREIGN_ID), { field: 'metric.topic', op: 'GTE', value: 'a' }] },
      })(world),
    ],
    check: contains(OWN_ID, '"data":[]'),
  },
  {
    endpoint: 'query',
    tries: "lets patterns and prefixes match b's values, from memory and from raw data",
    outcome: 'own series alone, or none',
    run: async (world) => {
      const pattern = { field: 'metric.topic', op: 'REGEX', value: `${FOREIGN}.*|orders` }
      return [
        await ask({ filter: pattern })(world),
        await ask({ filter: pattern, use: ['duckdb'], explain: 'full' })(world),
        await ask({ filter: { op: 'PREFIX', field: 'resource.kafka.id', value: FOREIGN_ID } })(world),
        await ask({ filter: { op: 'REGEX', field: 'resource.kafka.id', value: '.*' }, use: ['duckdb'] })(world),
      ]
    },
    check: contains('orders', '"data":[]'),
  },
  {
    endpoint: 'query',
    tries: "orders and limits, so that b's large groups would push own ones out",
    outcome: 'order and count of own groups',
    run: ask({ granularity: 'ALL', limit: 2, order_by: [{ metric: BYTES }] }),
    check: contains('bills', /groupsTotal[^,]*3/, /truncated[^,]*true/),
  },
  {
    endpoint: 'query',
    tries: "lets a rollup answer that keeps everybody's total, or only b's",
    outcome: 'the total is no candidate that may serve; the other does not exist',
    run: async (world) => [
      await ask({ use: ['cloud/total_1m'], group_by: [] })(world),
      await ask({ use: [FOREIGN_ROLLUP], group_by: ['metric.topic'] })(world),
      await ask({ use: ['cloud/nobody_1m'], group_by: ['metric.topic'] })(world),
    ],
    check: contains('EDGE_UNAVAILABLE', 'neither a source nor a rollup'),
  },
  {
    endpoint: 'query',
    tries: 'asks raw data, past every rollup',
    outcome: 'the same own groups, no number of rows read',
    run: ask({ use: ['duckdb'], explain: true }),
    check: (seen) => {
      own(seen)
      assert.doesNotMatch(seen, /rows(?:Read|Estimated)|catalogVersion|lane=/)
    },
  },
  {
    endpoint: 'explain',
    tries: 'reads sizes out of the plan: rows, prices, raw versions, the hint, what others cost',
    outcome: 'which source serves which time, and why others do not; no number that counts rows, no catalog version',
    run: async (world) => [
      await ask({ explain: 'plan' })(world),
      await ask({ explain: 'full' })(world),
      await ask({ explain: 'plan', avoid: ['push'] })(world),
    ],
    check: (seen) => {
      contains('cloud/topic_1m', 'candidates')(seen)
      assert.doesNotMatch(seen, /rows(?:Read|Estimated)|\d+ rows|catalogVersion|"raw\\*":\d/)
    },
  },
  {
    endpoint: 'explain',
    tries: "names b's resource",
    outcome: "403 with v2's sentence",
    run: ask({ explain: 'plan', filter: named(FOREIGN_ID) }),
    check: contains('"status":403', SENTENCE),
  },
  {
    endpoint: 'errors',
    tries: 'asks for metrics, datasets and labels that only b has',
    outcome: 'the same error as for what nobody has; lists name what a may see',
    run: async (world) => [
      await ask({ aggregations: [{ metric: FOREIGN_METRIC }] })(world),
      await ask({ aggregations: [{ metric: `${FOREIGN}.pools` }] })(world),
      await ask({ group_by: [`metric.${FOREIGN}`] })(world),
      await post(`/v2/metrics/${FOREIGN_DATASET}/query`, question())(world),
      await post('/v2/metrics/nowhere/query', question())(world),
      await ask({ aggregations: [{ metric: 'bytes' }] })(world),
    ],
    check: contains('METRIC_UNKNOWN', 'LABEL_UNKNOWN', 'DATASET_UNKNOWN', 'there are: cloud'),
  },
  {
    endpoint: 'errors',
    tries: 'makes questions fail on size, to see the size of the data in the refusal',
    outcome: 'refused by what the question itself says, or not at all',
    run: async (world) => [
      await ask({ aggregations: Array.from({ length: 5 }, (_, i) => ({ metric: BYTES, agg: AGGS[i] })), limit: 1000 })(
        world,
      ),
      await ask({ limit: 400 })(world),
    ],
    check: contains(OWN_ID, 'up to 1000 groups of up to 60 values each: 60000 values'),
  },
  {
    endpoint: 'rate limits',
    tries: 'watches what a question takes off its allowance',
    outcome: 'measures × base steps of the question, or the values of the own answer',
    run: async (world) => {
      const left = async () =>
        Number((await world.post('a', QUERY, question({ use: ['duckdb'] }))).headers['ratelimit-remaining'])
      return { used: (await left()) - (await left()) }
    },
    check: contains('"used":36'),
  },
]

const AGGS = ['SUM', 'MIN', 'MAX', 'AVG', 'COUNT'] as const

const LISTS: readonly Attempt[] = [
  {
    endpoint: 'descriptors/metrics',
    tries: 'lists metrics with their labels, rollups and cardinalities',
    outcome: 'metrics of catalog files that carry the constrained label; no counts of series',
    run: get('/v2/metrics/cloud/descriptors/metrics'),
    check: contains(BYTES, 'cloud/topic_1m'),
  },
  {
    endpoint: 'descriptors/metrics',
    tries: "lists a dataset that only b's senders made up",
    outcome: 'the same error as for one that does not exist',
    run: async (world) => [
      await get(`/v2/metrics/${FOREIGN_DATASET}/descriptors/metrics`)(world),
      await get('/v2/metrics/nowhere/descriptors/metrics')(world),
    ],
    check: contains('DATASET_UNKNOWN', 'there are cloud.'),
  },
  {
    endpoint: 'descriptors/resources',
    tries: 'lists resource types',
    outcome: 'types of metrics that a may see',
    run: get('/v2/metrics/cloud/descriptors/resources'),
    check: contains('"type":"kafka"'),
  },
  {
    endpoint: 'console/catalog.json',
    tries: 'reads the catalog that the page works with',
    outcome: 'as the descriptors; no version, which would rise with what others register',
    run: get('/console/catalog.json'),
    check: contains(BYTES),
  },
  {
    endpoint: 'attributes',
    tries: 'lists values of labels, of every metric, and page by page',
    outcome: 'values of own series',
    run: async (world) => [
      await attributes()(world),
      await attributes({ metric: undefined, group_by: ['resource.kafka.id'] })(world),
      await attributes({ limit: 1 })(world),
    ],
    check: contains('orders', OWN_ID),
  },
  {
    endpoint: 'attributes',
    tries: "names b's resource",
    outcome: "403 with v2's sentence",
    run: attributes({ filter: named(FOREIGN_ID) }),
    check: contains('"status":403', SENTENCE),
  },
  {
    endpoint: 'discovery',
    tries: 'discovers targets',
    outcome: 'own resources alone',
    run: get('/v2/metrics/cloud/discovery'),
    check: contains(OWN_ID),
  },
  {
    endpoint: 'export',
    tries: 'scrapes everything',
    outcome: 'own samples; counts in the status series are of own series',
    run: get(EXPORT),
    check: contains('orders', OWN_ID),
  },
  {
    endpoint: 'export',
    tries: "names b's resource, in both spellings",
    outcome: "403 with v2's sentence",
    run: async (world) => [
      await get(`${EXPORT}?resource.kafka.id=${FOREIGN_ID}`)(world),
      await get(`${EXPORT}?resource_kafka_id=${FOREIGN_ID}`)(world),
      await get(`${EXPORT}?resource.kafka.id=lkc-nobody`)(world),
    ],
    check: (seen) => {
      assert.equal(seen.match(/"status":403/g)?.length, 3)
      assert.match(seen, SENTENCE)
    },
  },
  {
    endpoint: 'export',
    tries: "names b's metric",
    outcome: 'the same as for one that does not exist',
    run: async (world) => [
      await get(`${EXPORT}?metric=${FOREIGN_METRIC}`)(world),
      await get(`${EXPORT}?metric=${FOREIGN_METRIC}&ignore_failed_metrics=true`)(world),
    ],
    check: contains('METRIC_UNKNOWN'),
  },
  {
    endpoint: 'metrics, health/parts',
    tries: "reads the service's own metrics and state",
    outcome: '403: only for the role admin, which nobody has together with constraints',
    run: async (world) => [await get('/metrics')(world), await get('/health/parts')(world)],
    check: (seen) => assert.equal(seen.match(/"status":403/g)?.length, 2),
  },
  {
    endpoint: 'v1/metrics',
    tries: "writes series with b's resource",
    outcome: '403: only for the role ingest, which nobody has together with constraints',
    run: post('/v1/metrics', {}),
    check: contains('"status":403'),
  },
]

/** What a gets for something of b's, and for the same thing made up, must not differ. */
const same = (forB: object, forged: object): unknown => {
  assert.deepEqual(withoutLimits(forB), withoutLimits(forged))
  return forB
}

/** The second request has less left than the first. */
const withoutLimits = (seen: object): unknown =>
  JSON.parse(JSON.stringify(seen).replaceAll(/"ratelimit-[a-z]+":"\d+",?/g, ''))

const nextToken = ({ text }: Said): string => {
  const token = (JSON.parse(text) as { meta: { pagination: { next_page_token?: string } } }).meta.pagination
  assert.ok(token.next_page_token, text)
  return token.next_page_token
}

/** Sends b's body with b's token as a, and the same with a token of nobody. */
async function tokenOfOther(world: TenantsWorld, path: string, body: unknown): Promise<unknown> {
  const token = nextToken(await world.post('b', path, body))
  const forged = `${token.slice(0, -4)}AAAA`
  const as = async (sent: string) => comparable(await world.post('a', `${path}?page_token=${sent}`, body))
  return same(await as(token), await as(forged))
}

const REUSED: readonly Attempt[] = [
  {
    endpoint: 'paging tokens',
    tries: "sends b's token of /query with the same body",
    outcome: '400 PAGE_TOKEN_INVALID, as for a token that was made up',
    run: (world) => tokenOfOther(world, QUERY, question({ limit: 1 })),
    check: contains('PAGE_TOKEN_INVALID'),
    reuses: true,
  },
  {
    endpoint: 'paging tokens',
    tries: "sends b's token of /attributes with the same body",
    outcome: '400 PAGE_TOKEN_INVALID, as for a token that was made up',
    run: (world) =>
      tokenOfOther(world, ATTRIBUTES, { group_by: ['metric.topic'], intervals: [INTERVAL], metric: BYTES, limit: 1 }),
    check: contains('PAGE_TOKEN_INVALID'),
    reuses: true,
  },
  {
    endpoint: 'descriptors/metrics',
    tries: "sends the operator's ETag",
    outcome: 'its own answer; a tag names the bytes of an answer, never who got it',
    run: async (world) => {
      const path = '/v2/metrics/cloud/descriptors/metrics'
      const { headers } = await world.get('operator', path)
      const as = (tag: string) => get(path, { 'if-none-match': tag })(world)
      return same(await as(String(headers.etag)), await as('"AAAAAAAAAAAAAAAAAAAAAAAAAAA"'))
    },
    check: contains('"status":200', BYTES),
    reuses: true,
  },
]

export const ATTEMPTS: readonly Attempt[] = [...QUERIES, ...LISTS, ...LIVE, ...REUSED]
