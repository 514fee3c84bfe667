import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverAudits } from 'graphql-http'
import { openApi } from '../api-world.ts'

/** GraphQL over HTTP, by the audits of the specification's own reference implementation. */
const WARNINGS_EXPLAINED: readonly string[] = []

test('all 61 audits of GraphQL over HTTP pass', async () => {
  const world = await openApi()
  try {
    const audits = serverAudits({ url: `${await world.listen()}/graphql` })
    assert.equal(audits.length, 61)
    const found: string[] = []
    for (const audit of audits) {
      const result = await audit.fn()
      if (result.status === 'ok' || WARNINGS_EXPLAINED.includes(audit.id)) continue
      found.push(`${audit.id} ${result.status}: ${audit.name}: ${result.reason}`)
    }
    assert.deepEqual(found, [])
  } finally {
    await world.app.close()
  }
})
