import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LanewayError } from '../../../src/model/errors.ts'
import { type Scope, scopeOf, UNSCOPED } from '../../../src/model/scope.ts'
import { DEFAULT_QUERY_LIMITS } from '../../../src/planner/logical/limits.ts'
import { normalise } from '../../../src/planner/logical/normalise.ts'
import type { QueryRequest } from '../../../src/planner/logical/question.ts'
import { minute } from '../../cache/push/push-fixture.ts'
import { catalogWith, datasetOf, TOPIC_1M } from '../engine/engine-world.ts'

const usual: QueryRequest = {
  dataset: 'cloud',
  aggregations: [{ metric: 'bytes' }],
  groupBy: [],
  granularity: 'PT1M',
  intervals: ['2026-11-21T10:00:00Z/PT1H'],
}
const catalog = catalogWith(datasetOf([TOPIC_1M]))
const asked = (scope: Scope, changes: Partial<QueryRequest> = {}) =>
  normalise(
    { ...usual, ...changes },
    { catalog, now: minute(60), limits: DEFAULT_QUERY_LIMITS, scope, sources: ['push', 'duckdb'] },
  )
const only = (tenant: string, ...values: string[]) => scopeOf(tenant, null, [{ label: 'topic', values }])

test('a question holds what its caller may see before anything else looks at it', () => {
  assert.deepEqual(asked(only('t', 'a', 'b')).filter, { kind: 'in', label: 'topic', values: ['a', 'b'] })
  const filter = { kind: 'eq', label: 'topic', value: 'b' } as const
  assert.deepEqual(asked(only('t', 'a', 'b'), { filter }).filter, filter)
  const isForbidden = ({ code }: LanewayError) => code === 'FORBIDDEN'
  assert.throws(() => asked(only('t', 'a'), { filter }), isForbidden)
})

test('questions of different rights never have the same fingerprint, even when they read the same', () => {
  const filter = { kind: 'eq', label: 'topic', value: 'a' } as const
  const questions = [
    asked(UNSCOPED, { filter }),
    asked(only('t', 'a')),
    asked(only('u', 'a')),
    asked(only('t', 'a', 'b'), { filter }),
    asked(scopeOf('t', ['cloud'], only('t', 'a').constraints)),
  ]
  for (const question of questions) assert.deepEqual(question.filter, filter)
  assert.equal(new Set(questions.map(({ fingerprint }) => fingerprint)).size, questions.length)
  assert.equal(asked(only('t', 'b', 'a')).fingerprint, asked(only('t', 'a', 'b', 'a')).fingerprint)
})
