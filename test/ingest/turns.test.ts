import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Turns } from '../../src/ingest/turns.ts'

test('work runs in the order of the calls and never overlaps', async () => {
  const turns = new Turns()
  const seen: string[] = []
  const work = (name: string) => async () => {
    seen.push(`${name} begins`)
    await setImmediate()
    seen.push(`${name} ends`)
    return name
  }
  assert.deepEqual(await Promise.all([turns.take(work('a')), turns.take(work('b'))]), ['a', 'b'])
  assert.deepEqual(seen, ['a begins', 'a ends', 'b begins', 'b ends'])
})

test('work that fails rejects its own caller only', async () => {
  const turns = new Turns()
  const failing = turns.take(() => {
    throw new Error('broke')
  })
  const next = turns.take(() => 'fine')
  await assert.rejects(failing, { message: 'broke' })
  assert.equal(await next, 'fine')
})
