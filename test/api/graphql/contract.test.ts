import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildSchema, type GraphQLEnumType, isObjectType, lexicographicSortSchema, printSchema } from 'graphql'
import { FILLS } from '../../../src/model/answer-value.ts'
import { METRIC_TYPES, SPACES, TIMES } from '../../../src/model/measure.ts'
import { openApi } from '../api-world.ts'
import { introspected } from './graphql-client.ts'

const text = readFileSync('schema.graphql', 'utf8')
const committed = buildSchema(text)
const baseline = () => buildSchema(readFileSync(join(import.meta.dirname, 'schema-baseline.graphql'), 'utf8'))

test('what the server says about itself is schema.graphql', async () => {
  const world = await openApi()
  const served = await introspected(world.app)
  await world.app.close()
  assert.equal(printSchema(lexicographicSortSchema(served)), printSchema(lexicographicSortSchema(committed)))
})

test('schema.graphql breaks nothing of what the baseline promised to clients', async () => {
  const changes = await diff(baseline(), committed)
  const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
  assert.deepEqual(
    breaking.map(({ path, message }) => `${path}: ${message}`),
    [],
    'a breaking change needs a decision: update test/api/graphql/schema-baseline.graphql with it',
  )
})

test('the baseline knows everything there is, so that the next change is compared with it', async () => {
  const changes = await diff(baseline(), committed)
  assert.deepEqual(
    changes.map(({ path, message }) => `${path}: ${message}`),
    [],
    'copy schema.graphql to test/api/graphql/schema-baseline.graphql',
  )
})

test('a removed field and a new required argument would be found', async () => {
  const broken = buildSchema(
    text.replace('cut: Boolean!', 'shortened: Boolean!').replace('resourceType: String', 'resourceType: String!'),
  )
  const levels = (await diff(committed, broken)).map(({ criticality }) => criticality.level)
  assert.equal(levels.filter((level) => level === CriticalityLevel.Breaking).length, 2)
})

test('enumerations are those of the model', () => {
  const valuesOf = (name: string) => (committed.getType(name) as GraphQLEnumType).getValues().map((each) => each.name)
  assert.deepEqual(valuesOf('Space').sort(), [...SPACES].sort())
  assert.deepEqual(valuesOf('TimeFold').sort(), [...TIMES].sort())
  assert.deepEqual(valuesOf('MetricType').sort(), [...METRIC_TYPES].sort())
  assert.deepEqual(valuesOf('Fill').sort(), FILLS.map((fill) => fill.toUpperCase()).sort())
})

test('everything in the schema says what it is', () => {
  for (const type of Object.values(committed.getTypeMap())) {
    if (type.name.startsWith('__')) continue
    assert.ok(type.description, type.name)
    if (!isObjectType(type)) continue
    for (const field of Object.values(type.getFields())) assert.ok(field.description, `${type.name}.${field.name}`)
  }
})
