import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Limit } from './limits-row.ts'
import { docRow, LIMITS, tightConfig } from './limits-table.ts'
import { counter, type LimitsWorld, openLimitsWorld, question, type Reply } from './limits-world.ts'

// Every limit is crossed once on a running gateway, and the answer says what was crossed.

let world: LimitsWorld
before(async () => {
  world = await openLimitsWorld(tightConfig())
  await fill(world, 20)
})
after(() => world.close())

/** Minutes of three series. */
async function fill(world: LimitsWorld, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    const atMs = Date.now() - minute * 60_000
    const points = ['a', 'b', 'c'].map((route) => ({ attributes: { route }, atMs }))
    assert.equal((await world.send(counter('requests', points))).text, '{}')
  }
}

for (const limit of LIMITS) {
  test(`${limit.what} beyond ${limit.key ?? 'its bound'}: ${limit.status} ${limit.code}`, async () => {
    if (!limit.alone) return assertAnswers(await limit.cross(world, limit), limit)
    const own = await openLimitsWorld({ ...limit.alone, [limit.key!]: limit.value })
    try {
      await fill(own, 1)
      assertAnswers(await limit.cross(own, limit), limit)
    } finally {
      await own.close()
    }
  })
}

function assertAnswers({ status, text }: Reply, { key, value, unit, code, status: expected }: Limit): void {
  assert.equal(status, expected, text)
  const body = JSON.parse(text)
  if (code.startsWith('points: ')) {
    assert.match(body.partialSuccess.errorMessage, new RegExp(`\\b${code.slice(8)}\\b`))
    return
  }
  const [sent] = body.errors
  // GraphQL has its own shape of errors; ours stands in extensions
  const error = sent.extensions ? { ...sent.extensions, meta: sent.extensions } : sent
  assert.equal(error.code, code, text)
  const said = unit === 'ms' ? [`${value} ms`, `${Number(value) / 1000} s`] : [String(value)]
  assert.ok(
    said.some((each) => error.detail.includes(each)),
    `${error.detail} names ${value}`,
  )
  if (code !== 'ROUTE_UNKNOWN') assert.equal(error.meta.limit, value, text)
  assert.equal(error.meta.configKey, key ?? undefined, text)
}

test('at its limits, the gateway still answers what is within them', async () => {
  const { status, text } = await world.ask(question({ granularity: 'ALL' }))
  assert.equal(status, 200, text)
})

test('docs/limits.md has a row for every limit and no other', () => {
  const page = readFileSync('docs/limits.md', 'utf8')
  const rows = page.split('\n').filter((line) => / (?:fixed|`[a-z]+(?:\.[a-zA-Z]+)+`) \|/.test(line))
  assert.deepEqual(rows, LIMITS.map(docRow))
})
