import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { ATTEMPTS, question } from './tenants-table.ts'
import { authorization, FOREIGN, OWN_ID, openTenantsWorld, SECRETS, type TenantsWorld, WHO } from './tenants-world.ts'

let alone: TenantsWorld
let shared: TenantsWorld

before(async () => {
  alone = await openTenantsWorld({ withOther: false })
  shared = await openTenantsWorld({ withOther: true })
})
after(async () => {
  await alone.close()
  await shared.close()
})

describe('a tenant learns nothing of another tenant', { concurrency: false }, () => {
  for (const { endpoint, tries, outcome, run, check, reuses } of ATTEMPTS) {
    test(`${endpoint}: who ${tries} gets ${outcome}`, async () => {
      const seen = await run(shared)
      const elsewhere = reuses ? seen : await run(alone)
      check(JSON.stringify(seen).replaceAll('\\"', '"'))
      assert.deepEqual(seen, elsewhere)
    })
  }

  test('the other tenant sees its own data by the same questions, so they were worth asking', async () => {
    const { status, text } = await shared.post('b', '/v2/metrics/cloud/query', question({ limit: 200 }))
    const { data } = JSON.parse(text) as { data: readonly Record<string, unknown>[] }
    assert.deepEqual([status, data.length], [200, 150 * 12])
    assert.ok(data.every((row) => String(row['metric.topic']).startsWith(FOREIGN)))
  })
})

describe('secrets, tokens and questions stay between those who sent and answered them', { concurrency: false }, () => {
  /** Requests that go wrong in every way, with something secret in each place where a request has room. */
  before(async () => {
    const path = '/v2/metrics/cloud/query'
    const [token] = shared.tokens
    const secret = SECRETS.b
    for (const authorization of [secret, `Basic ${secret}`, `Bearer ${secret}`, `Basic ${btoa(`b:${secret}x`)}`]) {
      await shared.get('b', `/metrics?key=${secret}`, { authorization })
    }
    await shared.post('b', path, `{"filter": ${secret}`)
    await shared.post('b', path, question({ [secret]: 1 }))
    await shared.post('b', `${path}?strict=true&page_token=${token}x`, question({ [secret]: 1 }))
    await shared.get('b', `/v2/${FOREIGN}/${secret}?page_token=${token}`)
    await shared.post('b', path, question({ use: [secret] }), { 'content-type': secret })
    await shared.get('b', '/v2/metrics/cloud/descriptors/metrics', { accept: secret })
  })

  test('no line of the log has a key, a page token, or anything of a question or its answer', () => {
    assert.ok(shared.log.length > ATTEMPTS.length)
    assert.ok(shared.tokens.size > 0)
    const keys = WHO.flatMap((who) => [SECRETS[who], authorization(who).slice('Basic '.length)])
    for (const word of [...keys, ...shared.tokens, FOREIGN, OWN_ID, 'orders']) {
      const line = shared.log.find((each) => each.includes(word))
      assert.equal(line, undefined, word)
    }
  })

  test('no refusal has a key, or names what the other tenant has and whoever asked did not name', () => {
    assert.ok(shared.refusals.length > 20)
    for (const { who, sent, text } of shared.refusals) {
      for (const each of WHO) assert.ok(!text.includes(SECRETS[each]) || sent.includes(SECRETS[each]), text)
      if (who === 'a') assert.ok(!text.includes(FOREIGN) || sent.includes(FOREIGN), text)
    }
  })

  test('no refusal of a key repeats what was sent as a key', () => {
    const refused = shared.refusals.filter(({ text }) => text.includes('UNAUTHENTICATED'))
    assert.equal(refused.length, 4)
    for (const { text } of refused) assert.doesNotMatch(text, new RegExp(`${FOREIGN}|${btoa('b:secret').slice(0, 8)}`))
  })
})

test('docs/security.md has the same table', () => {
  const rows = ATTEMPTS.map(({ endpoint, tries, outcome }) => `| ${endpoint} | ${tries} | ${outcome} |`)
  const written = readFileSync('docs/security.md', 'utf8')
  const table = /<!-- the tenant matrix -->\n\|[^\n]*\n\|[-| ]*\n((?:\|[^\n]*\n)*)/.exec(written)?.[1]
  assert.deepEqual(table?.trim().split('\n'), rows)
})
