import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyText, Problems } from '../../src/catalog/problems.ts'
import { LanewayErrors } from '../../src/model/errors.ts'

test('keys read like a path; names with dots and slashes stand in brackets', () => {
  assert.equal(keyText(['metrics', 'a.b/c', 'labels', 0]), 'metrics["a.b/c"].labels[0]')
  assert.equal(keyText(['rollups', 'topic_1m', 'keep', 'push']), 'rollups.topic_1m.keep.push')
})

test('everything found is thrown at once, each as CATALOG_INVALID', () => {
  const problems = new Problems()
  problems.throwIfAny()
  problems.addAt('a.yaml', 3, 'first')
  problems.addAt('b.yaml', 1, 'second')
  assert.equal(problems.count, 2)
  assert.throws(
    () => problems.throwIfAny(),
    (error) => {
      assert.ok(error instanceof LanewayErrors)
      assert.deepEqual(
        error.errors.map(({ code, facts }) => [code, facts.detail]),
        [
          ['CATALOG_INVALID', 'a.yaml:3: first'],
          ['CATALOG_INVALID', 'b.yaml:1: second'],
        ],
      )
      return true
    },
  )
})
