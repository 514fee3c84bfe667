import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import type { z } from 'zod'
import { AttributesAnswer } from '../../src/api/attributes.ts'
import { MetricsAnswer, ResourcesAnswer } from '../../src/api/descriptors/descriptor-routes.ts'
import { DiscoveryAnswer } from '../../src/api/discovery.ts'
import { ErrorBody } from '../../src/api/error-body.ts'
import { renderErrorsPage } from '../../src/api/errors-page.ts'
import { renderOpenApi } from '../../src/api/openapi.ts'
import { LiveAnswer, PartsAnswer, ReadyAnswer } from '../../src/api/operations.ts'
import { PageCatalog } from '../../src/api/page/page-catalog.ts'
import { QueryAnswer } from '../../src/api/query/query-answer.ts'
import { STATUS } from '../../src/api/status.ts'
import { ERRORS, type ErrorCode, LanewayError } from '../../src/model/errors.ts'
import type { CandidateReport } from '../../src/planner/engine.ts'
import { answerOf, openApi, QUERY, question } from './api-world.ts'

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly security: readonly object[]
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Record<string, { examples?: Record<string, object> }> }
    >
  >
}
interface Contract {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>
    readonly examples: Readonly<Record<string, { readonly value: unknown }>>
  }
}

const text = await renderOpenApi()
const contract = parse(text) as Contract
const operations = Object.entries(contract.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
)

test('the committed contract is the one that the routes describe', () => {
  assert.equal(readFileSync('openapi.yaml', 'utf8'), text, 'npm run generate')
})

test('the contract is the same whenever it is rendered', async () => {
  assert.equal(await renderOpenApi(), text)
})

test('every route is in the contract', async () => {
  const { app } = await openApi()
  const documented = new Set(operations.map(({ path, method }) => `${method} ${path}`))
  const served = routesOf(app.printRoutes())
  assert.ok(served.length >= 13)
  for (const route of served) assert.ok(documented.has(route), `${route} is not documented`)
  assert.equal(documented.size, served.length)
})

/** The tree of prefixes, joined: `POST /v2/metrics/{dataset}/query`; HEAD goes with GET. */
function routesOf(printed: string): string[] {
  const found: string[] = []
  const above: string[] = []
  for (const line of printed.split('\n').filter((each) => each.trim() !== '')) {
    const [, indent, part, methods = ''] = /^([│├└─ ]*)(\S+)(?: \((.*)\))?$/.exec(line)!
    const depth = indent!.length / 4
    above.length = depth - 1
    above.push(part!)
    const path = above
      .join('')
      .replaceAll(/:(\w+)/g, '{$1}')
      .replace('*', '{file}')
    for (const method of methods.split(', ')) if (method !== '' && method !== 'HEAD') found.push(`${method} ${path}`)
  }
  return found
}

test('every documented operation exists', async () => {
  const { app } = await openApi()
  for (const { path, method } of operations) {
    const url = path.replace('{file}', '*').replaceAll(/\{(\w+)\}/g, ':$1')
    assert.ok(app.hasRoute({ method, url }), `${method} ${path}`)
  }
})

test('every operation has its own id, a summary, and says whether it needs a key', async () => {
  const ids = operations.map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const { operation } of operations) {
    assert.ok(operation.summary.length > 0)
    assert.equal(operation.security.length > 0, operation.responses['401'] !== undefined, operation.operationId)
  }
})

test('operations that need a key are those that refuse without one', async () => {
  const { app } = await openApi({ keys: { find: () => null } })
  for (const { path, method, operation } of operations) {
    const url = path.replace('{dataset}', 'cloud').replace('{file}', 'app.js').replace('{file}', 'app.js')
    const payload = method === 'POST' ? { payload: question } : {}
    const { statusCode } = await app.inject({ method: method as 'GET', url, ...payload })
    assert.equal(statusCode === 401, operation.security.length > 0, `${method} ${path}`)
  }
})

test('every error status shows an example of each of its codes, of that status', () => {
  for (const { operation } of operations) {
    for (const [status, { content = {}, description }] of Object.entries(operation.responses)) {
      if (Number(status) < 400) continue
      const examples = Object.keys(content['application/json']!.examples ?? {})
      assert.ok(examples.length > 0, `${operation.operationId} ${status}`)
      for (const code of examples) {
        assert.equal(STATUS[code as ErrorCode], Number(status))
        assert.ok(description.includes(code))
      }
    }
  }
})

test('examples are answers as they would be sent', () => {
  for (const [code, { value }] of Object.entries(contract.components.examples)) {
    const { errors } = ErrorBody.parse(value)
    assert.deepEqual([errors[0]!.code, errors[0]!.status], [code, `${STATUS[code as ErrorCode]}`])
  }
})

test('every reference leads somewhere, and every named schema and example is referred to', () => {
  const referred = new Set(
    [...text.matchAll(/#\/components\/(\w+)\/(\w+)/g)].map(([, kind, name]) => `${kind}/${name}`),
  )
  const named = (['schemas', 'examples'] as const).flatMap((kind) =>
    Object.keys(contract.components[kind]).map((name) => `${kind}/${name}`),
  )
  assert.deepEqual([...referred].sort(), named.sort())
})

/** Codes that a question can meet in the planner, its sources and lanes, or here. */
const NEVER_OF_A_QUESTION: readonly ErrorCode[] = [
  ...(['INTAKE_BUSY', 'STORE_UNWRITABLE', 'METRIC_CONFLICT', 'CATALOG_FULL', 'RECORD_UNREADABLE'] as const),
  ...(['SNAPSHOT_DAMAGED', 'CATALOG_INVALID', 'CONFIG_INVALID', 'DATA_FOLDER_LOCKED', 'DATA_FOLDER_DAMAGED'] as const),
  ...(['PORT_IN_USE', 'ROUTE_UNKNOWN', 'METHOD_NOT_ALLOWED', 'CLIENT_CLOSED', 'WATCH_FULL'] as const),
  ...(['PERSISTED_QUERY_NOT_FOUND'] as const),
]

test('the query route documents every error that a question can meet', () => {
  const { operation } = operations.find(({ operation }) => operation.operationId === 'queryMetrics')!
  const shown = Object.values(operation.responses).flatMap(({ content }) =>
    Object.keys(content?.['application/json']?.examples ?? {}),
  )
  const expected = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => !NEVER_OF_A_QUESTION.includes(code))
  assert.deepEqual(shown.sort(), expected.sort())
})

test('real answers are of the schemas that are documented', async () => {
  const health = [
    {
      name: 'push',
      gate: true,
      ready: () => true,
      status: () => ({ state: 'ok', detail: 'd', facts: { a: 1 } }) as const,
    },
  ]
  const { app } = await openApi({ health })
  const hold = async (schema: z.ZodType, url: string, payload?: object) => {
    const response = await app.inject(payload ? { method: 'POST', url, payload } : { method: 'GET', url })
    assert.equal(response.statusCode, 200, `${url} ${response.body}`)
    schema.parse(response.json())
  }
  for (const over of [{}, { explain: true }, { explain: 'plan' }, { format: 'GROUPED' }, { unknown: 1 }]) {
    await hold(QueryAnswer, QUERY, { ...question, group_by: ['metric.topic', 'metric.type'], ...over })
  }
  await hold(MetricsAnswer, '/v2/metrics/cloud/descriptors/metrics?page_size=1')
  await hold(ResourcesAnswer, '/v2/metrics/cloud/descriptors/resources')
  await hold(AttributesAnswer, '/v2/metrics/cloud/attributes', { group_by: ['metric.topic'], unknown: 1 })
  await hold(DiscoveryAnswer, '/v2/metrics/cloud/discovery')
  await hold(LiveAnswer, '/health/live')
  await hold(ReadyAnswer, '/health/ready')
  await hold(PartsAnswer, '/health/parts')
  await hold(PageCatalog, '/console/catalog.json')
})

test('a full plan is of its schema, with candidates and their reasons', async () => {
  const reason = {
    code: 'LABEL_MISSING',
    label: 'metric.broker',
    detail: 'topic_1m does not keep metric.broker.',
  } as const
  const candidate: CandidateReport = {
    source: 'push',
    rollup: 'a/b',
    defHash: 'ab',
    chosen: false,
    measures: ['m'],
    reasons: [reason],
  }
  const { plan } = answerOf()
  const [slice] = plan.slices
  const full = { ...plan, candidates: [candidate], slices: [{ ...slice!, rowsRead: 3, ms: 0.2 }] }
  const { text: body } = await (await openApi({ answer: async () => answerOf({ plan: full }) })).ask({
    explain: 'full',
  })
  assert.deepEqual(QueryAnswer.parse(JSON.parse(body)).meta.plan, full)
})

test('errors are of their schema too', async () => {
  const answer = async () => {
    throw new LanewayError('LANE_FULL', { detail: 'd', limit: 1, actual: 2, configKey: 'k', pointer: '/a' })
  }
  ErrorBody.parse(JSON.parse((await (await openApi({ answer })).ask()).text))
})

test('the contract is served as it is committed', async () => {
  const { app } = await openApi()
  const yaml = await app.inject({ method: 'GET', url: '/openapi.yaml' })
  assert.equal(yaml.body, text)
  assert.match(String(yaml.headers['content-type']), /^application\/yaml/)
  const json = await app.inject({ method: 'GET', url: '/openapi.json' })
  assert.deepEqual(json.json(), contract)
})

test('the errors page has a row for every code with its status', () => {
  const page = renderErrorsPage()
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const rows = page.split('\n').filter((line) => line.startsWith(`| \`${code}\` | ${STATUS[code]} |`))
    assert.equal(rows.length, 1, code)
  }
  assert.match(page, /^<!-- generated/)
})
