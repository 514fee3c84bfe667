import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from './tools.ts'

// What front-end engineers run over a contract before they use it.

test('redocly finds nothing in openapi.yaml', async () => {
  const { code, out, err } = await run('node_modules/.bin/redocly', [
    'lint',
    'openapi.yaml',
    '--config',
    'redocly.yaml',
  ])
  assert.equal(code, 0, `${out}\n${err}`)
  assert.match(err, /Your API description is valid/)
  assert.doesNotMatch(err, /warning/)
})

test('graphql-schema-linter finds nothing in schema.graphql', async () => {
  const { code, out, err } = await run('node_modules/.bin/graphql-schema-linter', ['schema.graphql'])
  assert.equal(code, 0, `${out}\n${err}`)
})
