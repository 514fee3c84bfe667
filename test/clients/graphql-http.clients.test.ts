import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type AuditResult, auditServer } from 'graphql-http'
import { type Gateway, openGateway } from './gateway.ts'

// The audits of GraphQL over HTTP, as the working group keeps them, against the whole gateway.

let gateway: Gateway
let results: readonly AuditResult[]
before(async () => {
  gateway = await openGateway()
  results = await auditServer({ url: `${gateway.url}/graphql` })
})
after(() => gateway.close())

test('every audit of GraphQL over HTTP is ok: no error, no warning, no notice', () => {
  const counts = ['ok', 'notice', 'warn', 'error'].map(
    (wanted) => `${wanted} ${results.filter(({ status }) => status === wanted).length}`,
  )
  console.log(`graphql-http: ${results.length} audits, ${counts.join(', ')}`)
  assert.deepEqual(
    results.flatMap((result) => (result.status === 'ok' ? [] : [`${result.id} ${result.name}: ${result.reason}`])),
    [],
  )
  assert.equal(results.length, 61)
})
