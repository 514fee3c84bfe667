import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DEFAULT_GRAPHQL } from '../../../src/api/graphql/options.ts'
import { hashOf, PersistedQueries } from '../../../src/api/graphql/persisted.ts'
import type { LanewayError } from '../../../src/model/errors.ts'
import { scopeOf, UNSCOPED } from '../../../src/model/scope.ts'
import { openApi } from '../api-world.ts'
import { ask, NEW } from './graphql-client.ts'

const QUERY = '{ __typename }'
const by = (query: string) => ({ persistedQuery: { version: 1, sha256Hash: hashOf(query) } })
const callerOf = (id: string, scope = UNSCOPED) => ({ id, roles: new Set(['query'] as const), scope })
const codeOf = (error: unknown) => (error as LanewayError).code

test('a hash stands for a document that was sent with it once', async () => {
  const { app } = await openApi()
  const unknown = await ask(app, undefined, { extensions: by(QUERY) })
  assert.deepEqual([unknown.status, unknown.errors[0]!.message], [200, 'PersistedQueryNotFound'])
  assert.equal(unknown.errors[0]!.extensions.code, 'PERSISTED_QUERY_NOT_FOUND')
  assert.equal((await ask(app, undefined, { extensions: by(QUERY), headers: NEW })).status, 404)
  assert.deepEqual((await ask(app, QUERY, { extensions: by(QUERY) })).data, { __typename: 'Query' })
  assert.deepEqual((await ask(app, undefined, { extensions: by(QUERY) })).data, { __typename: 'Query' })
  const url = `/graphql?${new URLSearchParams({ extensions: JSON.stringify(by(QUERY)) })}`
  assert.equal((await app.inject({ url })).body, '{"data":{"__typename":"Query"}}')
  await app.close()
})

test('a hash of something else is refused, and stands for nothing after', async () => {
  const { app } = await openApi()
  const { errors } = await ask(app, QUERY, { extensions: by('{ other: __typename }') })
  assert.equal(errors[0]!.extensions.pointer, '/extensions/persistedQuery/sha256Hash')
  assert.equal((await ask(app, undefined, { extensions: by(QUERY) })).errors.length, 1)
  await app.close()
})

test('a document beyond the limits is not remembered', async () => {
  const { app } = await openApi({ limits: { graphql: { ...DEFAULT_GRAPHQL, depthMax: 1 } } })
  const deep = '{ metrics(dataset: "cloud") { totalCount } }'
  await ask(app, deep, { extensions: by(deep) })
  const { errors } = await ask(app, undefined, { extensions: by(deep) })
  await app.close()
  assert.equal(errors[0]!.extensions.code, 'PERSISTED_QUERY_NOT_FOUND')
})

test('what one caller sent is known to nobody else, nor to the same caller with other rights', () => {
  const persisted = new PersistedQueries({ persistedMax: 10, allowed: new Map(), onlyAllowed: false })
  const meant = { query: undefined, sha256: hashOf(QUERY) }
  const narrow = scopeOf('t', null, [{ label: 'resource.kafka.id', values: ['a'] }])
  persisted.keep({ query: QUERY, sha256: hashOf(QUERY) }, callerOf('a', narrow))
  assert.equal(persisted.textOf(meant, callerOf('a', narrow)), QUERY)
  for (const other of [callerOf('b', narrow), callerOf('a')]) {
    assert.throws(
      () => persisted.textOf(meant, other),
      (error) => codeOf(error) === 'PERSISTED_QUERY_NOT_FOUND',
    )
  }
})

test('a caller has so many documents; the one that was asked for longest ago goes, and never one of another caller', () => {
  const persisted = new PersistedQueries({ persistedMax: 2, allowed: new Map(), onlyAllowed: false })
  const [a, b] = [callerOf('a'), callerOf('b')]
  const keep = (query: string, who: typeof a) => persisted.keep({ query, sha256: hashOf(query) }, who)
  const knows = (query: string, who: typeof a): boolean => {
    try {
      return persisted.textOf({ query: undefined, sha256: hashOf(query) }, who) === query
    } catch {
      return false
    }
  }
  keep('{ one: __typename }', a)
  keep('{ two: __typename }', a)
  keep('{ one: __typename }', b)
  assert.ok(knows('{ one: __typename }', a))
  keep('{ three: __typename }', a)
  const known = ['one', 'two', 'three'].map((name) => knows(`{ ${name}: __typename }`, a))
  assert.deepEqual(known, [true, false, true])
  assert.ok(knows('{ one: __typename }', b))
})

test('documents of a folder are known by hash; with persistedOnly nothing else is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'laneway-documents-'))
  writeFileSync(join(folder, 'who.graphql'), QUERY)
  const graphql = { ...DEFAULT_GRAPHQL, persistedPath: folder, persistedOnly: true }
  const { app } = await openApi({ limits: { graphql } })
  rmSync(folder, { recursive: true })
  assert.deepEqual((await ask(app, undefined, { extensions: by(QUERY) })).data, { __typename: 'Query' })
  assert.deepEqual((await ask(app, QUERY)).data, { __typename: 'Query' })
  for (const sent of [{ query: '{ a: __typename }' }, { extensions: by('{ a: __typename }') }]) {
    const { errors, status } = await ask(app, sent.query, sent.extensions ? { extensions: sent.extensions } : {})
    assert.deepEqual(
      [status, errors[0]!.extensions.code, errors[0]!.extensions.configKey],
      [403, 'FORBIDDEN', 'graphql.persistedOnly'],
    )
  }
  await app.close()
})

test('a folder that cannot be used stops the start, naming the file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'laneway-documents-'))
  writeFileSync(join(folder, 'bad.graphql'), '{ nothing }')
  const open = (persistedPath: string) => openApi({ limits: { graphql: { ...DEFAULT_GRAPHQL, persistedPath } } })
  await assert.rejects(
    open(folder),
    (error) => codeOf(error) === 'CONFIG_INVALID' && /bad\.graphql.*nothing/.test((error as Error).message),
  )
  rmSync(folder, { recursive: true })
  await assert.rejects(open(folder), (error) => codeOf(error) === 'CONFIG_INVALID')
})
