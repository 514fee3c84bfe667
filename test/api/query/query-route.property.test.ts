import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { ErrorBody } from '../../../src/api/error-body.ts'
import { QueryAnswer } from '../../../src/api/query/query-answer.ts'
import { GRANULARITIES } from '../../../src/model/granularity.ts'
import { SEED } from '../../seed.ts'
import { type ApiWorld, openApi, QUERY, question } from '../api-world.ts'

let world: ApiWorld
before(async () => {
  world = await openApi()
})
after(() => world.app.close())

const FIELDS = [
  ...['aggregations', 'granularity', 'intervals', 'group_by', 'filter', 'order_by', 'limit', 'format', 'timezone'],
  ...['freshness', 'use', 'avoid', 'explain', 'fill', '__proto__', 'constructor', 'toString'],
]
const INNER = [
  'metric',
  'agg',
  'time',
  'op',
  'field',
  'value',
  'filters',
  'filter',
  'order',
  'maxStaleness',
  '__proto__',
]

/** Values that are nearly right: the words of the contract in wrong places, mixed with anything. */
const word = fc.constantFrom(
  'EQ',
  'GT',
  'IN',
  'AND',
  'OR',
  'NOT',
  'SUM',
  'FLAT',
  'GROUPED',
  'ALL',
  'latest',
  'plan',
  '',
  'a',
)
const leaf = fc.oneof(
  word,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom(...GRANULARITIES),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...INNER), fc.string()), tie('value'), { maxKeys: 5 }),
  ),
}))
const nearly = fc.dictionary(fc.constantFrom(...FIELDS), value).map((wrong) => ({ ...question, ...wrong }))

async function hold(payload: string): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await world.app.inject({ method: 'POST', url: QUERY, headers, payload })
  assert.ok(response.statusCode < 500, response.body)
  const schema = response.statusCode === 200 ? QueryAnswer : ErrorBody
  schema.parse(response.json())
}

test('no question, however wrong, breaks the service', async () => {
  await fc.assert(
    fc.asyncProperty(nearly, async (body) => hold(JSON.stringify(body))),
    { numRuns: 400, seed: SEED },
  )
})

test('no JSON at all breaks the service', async () => {
  await fc.assert(fc.asyncProperty(fc.json({ maxDepth: 6 }), hold), { numRuns: 200, seed: SEED })
})

test('no bytes at all break the service', async () => {
  const bytes = fc.uint8Array({ maxLength: 200 })
  const property = fc.asyncProperty(bytes, async (sent) => {
    const headers = { 'content-type': 'application/json' }
    const response = await world.app.inject({ method: 'POST', url: QUERY, headers, payload: Buffer.from(sent) })
    assert.equal(response.statusCode, 400, response.body)
  })
  await fc.assert(property, { numRuns: 200, seed: SEED })
})
