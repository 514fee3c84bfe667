import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceId } from '../../src/ports/source.ts'
import { labelValues } from './label-values.ts'
import { drawQuestion, random } from './random-questions.ts'
import { AFTER_MS } from './recorded-house.ts'
import { assertSameNumbers } from './same-numbers.ts'
import { house } from './shared-house.ts'

const SEED = Number(process.env.LANEWAY_SEED ?? 20261121)
const QUESTIONS = Number(process.env.LANEWAY_QUESTIONS ?? 500)
const FROM_MS = Date.parse('2026-11-21T09:47:00Z')
/** Doubles of up to so many steps and series go into one number. */
const TERMS = 5_000

interface Answered {
  readonly body: Record<string, unknown>
  readonly text: string
  readonly data: readonly Record<string, unknown>[]
  readonly sources: ReadonlySet<SourceId>
}

async function ask(body: Record<string, unknown>): Promise<Answered> {
  const { status, text } = await house().ask('cloud', body)
  assert.equal(status, 200, `${JSON.stringify(body)} ▸ ${text.slice(0, 500)}`)
  const { data, meta } = JSON.parse(text)
  return { body, text, data, sources: new Set(meta.plan.slices.map((slice: { source: SourceId }) => slice.source)) }
}

test('random questions have the same answer with and without the push table, and without the raw store', async (t) => {
  t.diagnostic(`seed ${SEED} (LANEWAY_SEED sets it)`)
  const catalog = house().laneway.catalog.current()
  const values = await labelValues(house().laneway.store.source, catalog, 'cloud', { start: FROM_MS, end: AFTER_MS })
  const draw = random(SEED)
  const wholly: Answered[] = []
  const seen = { push: 0, mixed: 0, raw: 0, rows: 0 }
  for (let i = 0; i < QUESTIONS; i++) {
    const body = drawQuestion(draw, { catalog, dataset: 'cloud', values, from: FROM_MS, to: AFTER_MS })
    const answer = await ask(body)
    const raw = await ask({ ...body, avoid: ['push'] })
    assert.ok(!raw.sources.has('push'))
    assertSameNumbers(answer.data, raw.data, TERMS, JSON.stringify(body))
    seen.rows += answer.data.length
    if (!answer.sources.has('push')) seen.raw++
    else if (answer.sources.size > 1) seen.mixed++
    else wholly.push(answer)
  }
  seen.push = wholly.length
  t.diagnostic(`wholly push ${seen.push}, mixed ${seen.mixed}, raw only ${seen.raw}, rows ${seen.rows}`)
  assert.ok(seen.push >= QUESTIONS * 0.25, `wholly push: ${seen.push}`)
  assert.ok(seen.mixed >= QUESTIONS * 0.25, `mixed: ${seen.mixed}`)
  assert.ok(seen.raw >= QUESTIONS * 0.1, `raw only: ${seen.raw}`)

  await house().laneway.store.close()
  for (const { body, text } of wholly) assert.equal((await ask(body)).text, text, JSON.stringify(body))
})
