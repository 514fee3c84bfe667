import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_GRAPHQL } from '../../../src/api/graphql/options.ts'
import { openApi } from '../api-world.ts'

test('GraphiQL is served only where it was switched on, and may load from nowhere but where it says', async () => {
  const closed = await openApi()
  assert.equal((await closed.app.inject({ url: '/graphiql' })).statusCode, 404)
  await closed.app.close()
  const open = await openApi({ limits: { graphql: { ...DEFAULT_GRAPHQL, graphiql: true } } })
  const { statusCode, headers, body } = await open.app.inject({ url: '/graphiql' })
  await open.app.close()
  assert.equal(statusCode, 200)
  const policy = String(headers['content-security-policy'])
  const nonce = /'nonce-([^']+)'/.exec(policy)![1]!
  assert.ok(body.includes(`<script nonce="${nonce}">`))
  const hosts = new Set([...body.matchAll(/(?:src|href)="(https:\/\/[^/"]+)/g)].map(([, host]) => host))
  assert.deepEqual([...hosts], ['https://unpkg.com'])
  assert.match(policy, /default-src 'none'; script-src https:\/\/unpkg\.com 'nonce-/)
})
