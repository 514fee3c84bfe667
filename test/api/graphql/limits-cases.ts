import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { DEFAULT_GRAPHQL } from '../../../src/api/graphql/options.ts'
import { type ApiWorld, openApi } from '../api-world.ts'
import { ask, NEW, refusal, timeseries } from './graphql-client.ts'

const SMALL = {
  ...DEFAULT_GRAPHQL,
  tokensMax: 200,
  depthMax: 4,
  aliasesMax: 3,
  costMax: 500,
  pointFieldsMax: 5,
  documentBytesMax: 2000,
}

let world: ApiWorld
let usual: ApiWorld
before(async () => {
  world = await openApi({ limits: { graphql: SMALL } })
  usual = await openApi()
})
after(async () => {
  await world.app.close()
  await usual.app.close()
})

/** Each limit, crossed once: what is sent, the key that is named, the number that was too much. */
const CROSSED: readonly (readonly [string, string, string, number | undefined])[] = [
  ['bytes', `{ __typename } #${'x'.repeat(2000)}`, 'graphql.documentBytesMax', 2016],
  ['tokens', `{ ${'x '.repeat(200)} }`, 'graphql.tokensMax', undefined],
  ['depth', `{ ${timeseries('edges { node { labels { key } } }')} }`, 'graphql.depthMax', 5],
  ['aliases', '{ a: __typename b: __typename c: __typename d: __typename }', 'graphql.aliasesMax', 4],
  ['cost', `{ ${timeseries('nodes { points { value } }').replace('})', '}, first: 200)')} }`, 'graphql.costMax', 601],
  ['points', `{ ${timeseries('nodes { points { timestamp value } }')} }`, 'graphql.pointFieldsMax', 6],
]

for (const [what, query, configKey, actual] of CROSSED) {
  test(`a document with too many ${what} is refused, naming limit and key`, async () => {
    const limit = SMALL[configKey.split('.')[1] as 'depthMax']
    const error = await refusal(world.app, query)
    assert.deepEqual(
      { code: error.code, status: error.status, configKey: error.configKey, limit: error.limit, actual: error.actual },
      { code: 'QUERY_TOO_EXPENSIVE', status: 422, configKey, limit, actual },
    )
    assert.ok(error.detail.includes(String(limit)), error.detail)
    assert.equal((await ask(world.app, query, { headers: NEW })).status, what === 'points' ? 200 : 422)
  })
}

test('first counts as it is sent: in the document, as a variable, and as its default', async () => {
  const query = (first: string, name = '') =>
    `query ${name} { ${timeseries('nodes { points { value } }').replace('})', `}, first: ${first})`)} }`
  for (const [document, variables] of [
    [query('200'), {}],
    [query('$n', '($n: Int)'), { n: 200 }],
    [query('$n', '($n: Int = 200)'), {}],
  ] as const) {
    assert.equal((await refusal(world.app, document, { variables })).configKey, 'graphql.costMax')
  }
  const { errors } = await ask(world.app, query('$n', '($n: Int = 200)'), { variables: { n: 1 } })
  assert.notEqual(errors[0]?.extensions.configKey, 'graphql.costMax')
})

test('fragments count wherever they are spread: a few lines that double each other end at once', async () => {
  const doubling = Array.from({ length: 60 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(
    ' ',
  )
  const query = `{ ...F0 } ${doubling} fragment F60 on Query { __typename }`
  const error = await refusal(usual.app, query)
  assert.deepEqual([error.code, error.configKey], ['QUERY_TOO_EXPENSIVE', 'graphql.costMax'])
})

test('fragments in a circle, repeated directives and unknown ones are refused', async () => {
  for (const query of [
    '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
    `{ __typename ${'@include(if: true) '.repeat(100)} }`,
    `{ __typename ${'@no '.repeat(500)} }`,
  ]) {
    const { errors } = await ask(usual.app, query)
    assert.equal(errors[0]!.extensions.code, 'FIELD_INVALID')
    assert.ok(errors.length <= 20)
  }
})

test('brackets without end are refused before anything recurses into them', async () => {
  const deep = `{ ${timeseries('totalCount', `, filter: ${'{ not: '.repeat(300)}null${'}'.repeat(300)}`)} }`
  const { code, pointer, limit } = await refusal(usual.app, deep)
  assert.deepEqual([code, pointer, limit], ['QUERY_TOO_EXPENSIVE', '/query', 256])
  const query = 'query ($f: FilterInput) { __typename }'
  const body = `{"query":${JSON.stringify(query)},"variables":{"f":${'{"not":'.repeat(50_000)}null${'}'.repeat(50_000)}}}`
  const { statusCode, body: text } = await usual.app.inject({
    method: 'POST',
    url: '/graphql',
    headers: { 'content-type': 'application/json', ...NEW },
    payload: body,
  })
  assert.equal(statusCode, 422)
  assert.match(text, /"pointer":"\/variables"/)
})

test('a filter deeper than the planner takes points to itself', async () => {
  const deep = `{ ${timeseries('totalCount', `, filter: ${'{ not: '.repeat(110)}{ eq: { label: "a", value: "b" } }${'}'.repeat(110)}`)} }`
  const error = await refusal(usual.app, deep)
  assert.deepEqual([error.code, error.pointer], ['FILTER_TOO_COMPLEX', '/input/filter'])
})

test('pages hold from one to a thousand', async () => {
  for (const first of [0, -1, 1001]) {
    const error = await refusal(usual.app, `{ metrics(dataset: "cloud", first: ${first}) { totalCount } }`)
    assert.deepEqual([error.pointer, error.limit, error.actual], ['/first', 1000, first])
  }
  const error = await refusal(usual.app, `{ ${timeseries('totalCount').replace('})', '}, first: 0)')} }`)
  assert.deepEqual([error.code, error.pointer], ['FIELD_INVALID', '/first'])
})

test('introspection can be switched off', async () => {
  const closed = await openApi({ limits: { graphql: { ...DEFAULT_GRAPHQL, introspection: false } } })
  const { errors } = await ask(closed.app, '{ __schema { queryType { name } } }')
  await closed.app.close()
  assert.match(errors[0]!.message, /introspection/)
  assert.deepEqual((await ask(usual.app, '{ __schema { queryType { name } } }')).errors, [])
})

test('introspection that asks types for the types of types is refused', async () => {
  const query = `{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }`
  assert.match((await ask(usual.app, query)).errors[0]!.message, /introspection/i)
})
