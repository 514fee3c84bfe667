import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Patterns } from '../../src/model/patterns.ts'
import { matchAhead } from '../../src/sources/match-patterns.ts'

const values = Array.from({ length: 2_000 }, (_, i) => `topic-${i}`)
const wanted = [{ label: 'topic', pattern: '(topic|x)-[0-9]*5', values }]

test('every value is matched ahead, and others get their turn in between', async () => {
  const patterns = new Patterns()
  let turns = 0
  const timer = setInterval(() => turns++, 0)
  await matchAhead(patterns, wanted, new AbortController().signal)
  clearInterval(timer)
  const { steps } = patterns
  assert.ok(turns > 0)
  assert.equal(values.filter((value) => patterns.matches(wanted[0]!.pattern, value)).length, 200)
  assert.equal(patterns.steps, steps)
})

test('a signal stops it', async () => {
  const patterns = new Patterns()
  const leaving = new AbortController()
  const running = matchAhead(patterns, wanted, leaving.signal)
  const reason = new Error('gone')
  leaving.abort(reason)
  await assert.rejects(running, reason)
  assert.ok(patterns.steps > 0)
})
