import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { type HandClock, handClock } from '../../hand-clock.ts'
import { HALVES, type HalvesBatch, halvesRequest, writeHalvesCatalog } from '../../scenarios/halves.ts'
import { type House, openHouse } from '../../scenarios/house.ts'
import { ask, refusal } from './graphql-client.ts'

const T0 = Date.parse('2026-11-21T10:00:00Z')
const MINUTE_MS = 60_000
const MINUTES = 4
const TOPICS = 3
/** Sums of these go beyond 2^53. */
const BIG = 4_503_599_627_370_495
const INTERVALS = '2026-11-21T10:00:00Z/PT10M'

let folder: string
let clock: HandClock
let house: House
let url: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'laneway-graphql-'))
  clock = handClock(T0)
  const over = { 'watch.periodMsMin': 5, 'watch.tailPeriodMs': 20, 'http.port': 0, 'intake.commitPeriodMs': 1 }
  house = await openHouse(clock, { ...over, 'catalog.paths': [writeHalvesCatalog(folder)] })
  for (let minute = 0; minute < MINUTES; minute++) {
    clock.set(T0 + minute * MINUTE_MS + 30_000)
    await send('orders', minute, minute === 1 ? BIG : 10 + minute)
    if (minute !== 2) await send('visits', minute, 100 + minute)
  }
  clock.set(T0 + (MINUTES + 3) * MINUTE_MS)
  await house.laneway.idle()
  url = (await house.laneway.listen()).url
})
after(async () => {
  await house.close()
  rmSync(folder, { recursive: true, force: true })
})

let sent = 0
async function send(metric: HalvesBatch['metric'], minute: number, value: number): Promise<void> {
  const timeMs = T0 + minute * MINUTE_MS + 10_000 + ++sent * 10
  const batch = { metric, temporality: 1, topics: TOPICS, startMs: timeMs - 1000, timeMs, value } as const
  const reply = await house.laneway.intake.accept(Buffer.from(halvesRequest(batch)), 'application/json')
  assert.equal(reply.rejected, 0)
}

/** The same question in both languages. */
interface Both {
  readonly input: object
  readonly body: object
}

const aggregations = [{ metric: 'orders' }]
const common = { aggregations, granularity: 'PT1M', intervals: [INTERVALS] }
const QUESTIONS: Readonly<Record<string, Both>> = {
  'without groups': { input: common, body: common },
  'by two labels': {
    input: { ...common, groupBy: ['metric.half', 'metric.topic'] },
    body: { ...common, group_by: ['metric.half', 'metric.topic'] },
  },
  'several aggregations and a ratio, filled': {
    input: {
      ...common,
      aggregations: [
        { metric: 'orders', as: 'o' },
        { metric: 'visits', agg: 'MAX', time: 'LAST', as: 'v' },
      ],
      ratios: [{ numerator: 'o', denominator: 'v' }],
      groupBy: ['metric.half'],
      fill: 'NULL',
    },
    body: {
      ...common,
      aggregations: [
        { metric: 'orders', as: 'o' },
        { metric: 'visits', agg: 'MAX', time: 'LAST', as: 'v' },
      ],
      ratios: [{ numerator: 'o', denominator: 'v' }],
      group_by: ['metric.half'],
      fill: 'null',
    },
  },
  'with every kind of filter, ordered': {
    input: {
      ...common,
      granularity: 'ALL',
      groupBy: ['metric.topic'],
      filter: {
        and: [
          { eq: { label: 'metric.half', value: 'left' } },
          {
            or: [{ prefix: { label: 'metric.topic', value: 't' } }, { regex: { label: 'metric.topic', value: 'x.*' } }],
          },
          { not: { in: { label: 'metric.topic', values: ['t1'] } } },
        ],
      },
      having: { gt: { metric: 'orders', value: 1 } },
      orderBy: { metric: 'orders', order: 'ASCENDING' },
    },
    body: {
      ...common,
      granularity: 'ALL',
      group_by: ['metric.topic'],
      filter: {
        op: 'AND',
        filters: [
          { op: 'EQ', field: 'metric.half', value: 'left' },
          {
            op: 'OR',
            filters: [
              { op: 'PREFIX', field: 'metric.topic', value: 't' },
              { op: 'REGEX', field: 'metric.topic', value: 'x.*' },
            ],
          },
          { op: 'NOT', filter: { op: 'IN', field: 'metric.topic', value: ['t1'] } },
        ],
      },
      having: { op: 'GT', metric: 'orders', value: 1 },
      order_by: [{ metric: 'orders', order: 'ASCENDING' }],
    },
  },
}

const SELECTION = `totalCount nodes { labels { key value } points { timestamp value values cut } }
  freshness { completeThrough asOf state sources } plan { exact asOf candidateCount slices { interval source rollup grain raw rowsEstimated } }`

/** Numbers keep their text, so that digits beyond 2^53 count. */
const exactly = (text: string): unknown =>
  JSON.parse(text, (_key, value, context?: { source: string }) => (typeof value === 'number' ? context!.source : value))

interface Row {
  readonly timestamp: string
  readonly value?: string
  readonly values?: readonly (string | null)[]
  readonly cut?: boolean
  readonly [label: string]: unknown
}
interface RestAnswer {
  readonly data: readonly Row[]
  readonly meta: {
    readonly groupsTotal: string
    readonly freshness: { readonly state: string }
    readonly plan: { readonly candidates: string }
  }
}

/** Rows of REST as the schema has them. */
function asGroups({ data, meta }: RestAnswer, names: readonly string[]): object {
  const labelsOf = (row: Row) => names.map((key) => ({ key, value: row[key] }))
  const groups = Map.groupBy(data, (row) => JSON.stringify(labelsOf(row)))
  const pointOf = ({ timestamp, value, values = [value ?? null], cut = false }: Row) => ({
    timestamp,
    value: values[0],
    values,
    cut,
  })
  const { candidates, ...plan } = meta.plan as RestAnswer['meta']['plan'] & {
    slices: object[]
    exact: boolean
    asOf: string
  }
  const slices = plan.slices.map((slice) => {
    const { interval, source, rollup, grain, raw, rowsEstimated } = slice as Record<string, unknown>
    return { interval, source, rollup, grain, raw, rowsEstimated }
  })
  return {
    totalCount: meta.groupsTotal,
    nodes: [...groups.values()].map((rows) => ({ labels: labelsOf(rows[0]!), points: rows.map(pointOf) })),
    freshness: { ...meta.freshness, state: meta.freshness.state.toUpperCase() },
    plan: { exact: plan.exact, asOf: plan.asOf, candidateCount: candidates, slices },
  }
}

for (const [what, { input, body }] of Object.entries(QUESTIONS)) {
  test(`a question ${what} is answered as over REST, digit by digit`, async () => {
    const rest = exactly((await house.ask(HALVES, body)).text) as RestAnswer
    const query = `query ($input: TimeseriesInput!) { timeseries(dataset: "halves", input: $input) { ${SELECTION} } }`
    const { text } = await ask(house.laneway.app, query, { variables: { input } })
    const { data, errors } = exactly(text) as { data: { timeseries: object }; errors?: object[] }
    assert.deepEqual(errors, undefined, text)
    const names = (body as { group_by?: string[] }).group_by ?? []
    assert.deepEqual(data.timeseries, asGroups(rest, names))
  })
}

test('whole numbers beyond 2^53 keep their digits', async () => {
  const { text } = await ask(
    house.laneway.app,
    `{ timeseries(dataset: "halves", input: { aggregations: [{ metric: "orders" }], granularity: PT1M, intervals: ["${INTERVALS}"] }) { nodes { points { value } } } }`,
  )
  assert.ok(BigInt(BIG) * 6n > BigInt(Number.MAX_SAFE_INTEGER))
  assert.ok(text.includes(`"value":${BigInt(BIG) * 6n}`), text)
})

test('pages of groups, joined, are the whole answer', async () => {
  const query = `query ($first: Int, $after: String) {
    timeseries(dataset: "halves", first: $first, after: $after, input: {
      aggregations: [{ metric: "orders" }], granularity: PT1M, intervals: ["PT1H/now"], groupBy: ["metric.half", "metric.topic"] }) {
      totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { labels { value } points { timestamp value } } } } }`
  interface Page {
    readonly totalCount: number
    readonly pageInfo: {
      readonly hasNextPage: boolean
      readonly hasPreviousPage: boolean
      readonly endCursor: string | null
    }
    readonly edges: readonly { readonly cursor: string; readonly node: object }[]
  }
  const page = async (variables: object) =>
    (await ask(house.laneway.app, query, { variables })).data!.timeseries as Page
  const whole = await page({ first: 100 })
  assert.deepEqual([whole.edges.length, whole.pageInfo.hasNextPage], [6, false])
  const nodes: object[] = []
  let after: string | null = null
  for (let pages = 1; ; pages++) {
    const one: Page = await page({ first: 4, after })
    assert.deepEqual([one.totalCount, one.pageInfo.hasPreviousPage], [6, pages > 1])
    nodes.push(...one.edges.map(({ node }) => node))
    after = one.pageInfo.endCursor
    if (!one.pageInfo.hasNextPage) break
  }
  assert.deepEqual(
    nodes,
    whole.edges.map(({ node }) => node),
  )
  const behindSecond = await page({ first: 4, after: (await page({ first: 4 })).edges[1]!.cursor })
  assert.deepEqual(behindSecond.edges[0]!.node, nodes[2])
  const foreign = await refusal(house.laneway.app, query, { variables: { first: 2, after: 'bm90IG91cnM' } })
  assert.deepEqual([foreign.code, foreign.pointer], ['PAGE_TOKEN_INVALID', '/after'])
})

test('labelValues lists values that occur together, page by page', async () => {
  const query = `query ($after: String) { labelValues(dataset: "halves", first: 4, after: $after, input: {
    groupBy: ["metric.half", "metric.topic"], metric: "orders", intervals: ["PT1H/now"],
    filter: { ne: { label: "metric.topic", value: "t2" } } }) {
      pageInfo { hasNextPage endCursor } freshness { state } nodes { labels { value } } } }`
  interface Page {
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
    readonly nodes: readonly { readonly labels: readonly { readonly value: string }[] }[]
  }
  const { data, text } = await ask(house.laneway.app, query)
  assert.ok(data?.labelValues, text)
  const { pageInfo, nodes } = data.labelValues as Page
  assert.equal(pageInfo.hasNextPage, false)
  assert.deepEqual(
    nodes.map(({ labels }) => labels.map(({ value }) => value).join(' ')),
    ['left t0', 'left t1', 'right t0', 'right t1'],
  )
  const bad = query.replace('"metric.topic", value', '"metric.nothing", value')
  const error = await refusal(house.laneway.app, bad)
  assert.deepEqual([error.code, error.pointer], ['LABEL_UNKNOWN', '/input/filter/ne/label'])
})

test('explain draws the plan without running it; a full plan says what was read', async () => {
  const input = { ...common, groupBy: ['metric.topic'] }
  const query = `query ($input: TimeseriesInput!) { explain(dataset: "halves", input: $input) {
    exact candidateCount candidates { source rollup chosen reasons { code detail } } slices { source rowsRead } } }`
  interface Plan {
    readonly candidateCount: number
    readonly candidates: readonly { readonly chosen: boolean; readonly rollup: string | null }[]
    readonly slices: readonly { readonly rowsRead: number | null }[]
  }
  const plan = (await ask(house.laneway.app, query, { variables: { input } })).data!.explain as Plan
  assert.equal(plan.candidateCount, plan.candidates.length)
  assert.ok(plan.candidates.some(({ chosen, rollup }) => chosen && rollup === 'halves/topic_1m'))
  assert.ok(plan.slices.every(({ rowsRead }) => rowsRead === null))
  const full = `query ($input: TimeseriesInput!) { timeseries(dataset: "halves", input: $input) { plan { candidates { source } slices { rowsRead ms } } } }`
  const { data } = await ask(house.laneway.app, full, { variables: { input: { ...input, explain: 'FULL' } } })
  const told = (data!.timeseries as { plan: Plan }).plan
  assert.ok(told.candidates.length > 0 && told.slices.every(({ rowsRead }) => rowsRead! >= 0))
})

test('a client of graphql-ws is told the answer, and again after new data', async () => {
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  })
  const query = `subscription ($input: TimeseriesInput!) { timeseries(dataset: "halves", input: $input) {
    revision freshness { state } groups { labels { value } points { timestamp value } } } }`
  interface Update {
    readonly revision: number
    readonly groups: readonly { readonly points: readonly { readonly timestamp: string; readonly value: number }[] }[]
  }
  const input = { ...common, aggregations: [{ metric: 'visits' }], groupBy: ['metric.half'] }
  const states = client.iterate<{ timeseries: Update }>({ query, variables: { input } })
  const next = async (): Promise<Update> => {
    const { value } = await states.next()
    assert.equal(value?.errors, undefined)
    return value!.data!.timeseries
  }
  const valueIn = ({ groups }: Update, minute: number) =>
    groups[0]!.points.find(({ timestamp }) => Date.parse(timestamp) === T0 + minute * MINUTE_MS)?.value
  const first = await next()
  assert.deepEqual([first.revision, first.groups.length, valueIn(first, 1)], [1, 2, 303])
  await send('visits', 1, 5)
  let state = await next()
  while (valueIn(state, 1) !== 318) state = await next()
  assert.ok(state.revision > 1)
  await states.return?.()
  await client.dispose()
})
