import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Changes, ChangingPoints } from '../../../src/api/stream/changing-points.ts'
import type { Answer } from '../../../src/planner/engine.ts'
import { SEED } from '../../seed.ts'
import { answerWith } from './stream-world.ts'

const taking = (...answers: Answer[]): ChangingPoints => {
  const points = new ChangingPoints()
  for (const answer of answers) points.take(answer)
  return points
}

const minuteOf = (ms: number): number => new Date(ms).getUTCMinutes()
const texts = ({ points, removed }: Changes): string[] => [
  ...points.map(({ group, point, complete, revision }) =>
    [group[0], minuteOf(point.timestamp), point.values[0], complete ? 'complete' : 'open', `@${revision}`].join(' '),
  ),
  ...removed.map(({ group, timestamp, revision }) => `${group[0]} ${minuteOf(timestamp)} gone @${revision}`),
]

test('each point carries the revision that brought or last changed it', () => {
  const points = taking(answerWith({ a: [1, 2] }), answerWith({ a: [1, 3] }), answerWith({ a: [1, 3], b: [5] }))
  assert.deepEqual(texts(points.all()), ['a 0 1 open @1', 'a 1 3 open @2', 'b 0 5 open @3'])
})

test('what a reader lacks is what came, changed or went after the revision it has', () => {
  const points = taking(answerWith({ a: [1, 2] }), answerWith({ a: [1, 3] }), answerWith({ b: [5] }))
  assert.deepEqual(texts(points.since(2)!), ['b 0 5 open @3', 'a 0 gone @3', 'a 1 gone @3'])
  assert.deepEqual(texts(points.since(3)!), [])
})

test('a point that goes and comes back is no longer gone', () => {
  const points = taking(answerWith({ a: [1] }), answerWith({}), answerWith({ a: [1] }))
  assert.deepEqual(texts(points.since(1)!), ['a 0 1 open @3'])
})

test('a bucket that becomes complete changes its points, and only those', () => {
  const points = taking(answerWith({ a: [1, 2] }), answerWith({ a: [1, 2] }, 1))
  assert.deepEqual(texts(points.since(1)!), ['a 0 1 complete @2'])
})

test('an answer that says the same is no revision, one that differs beside its points is', () => {
  const points = taking(answerWith({ a: [1] }))
  assert.equal(points.take(answerWith({ a: [1] })), false)
  const { freshness } = answerWith({})
  assert.equal(points.take(answerWith({ a: [1] }, 0, { freshness: { ...freshness, state: 'stale' } })), true)
  assert.equal(points.revision, 2)
})

test('integers that differ beyond 2^53 differ', () => {
  const points = taking(answerWith({ a: [9007199254740992n] }), answerWith({ a: [9007199254740993n] }))
  assert.equal(points.revision, 2)
})

test('removals are forgotten oldest first, and a reader from before then has to start anew', () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`t${i}`, Array.from({ length: 60 }, () => 1)]))
  const points = taking(answerWith({ a: [1] }), answerWith(many), answerWith({}))
  assert.equal(points.size, 1000)
  assert.equal(points.since(1), null)
  assert.equal(points.since(2), null)
  assert.deepEqual(texts(points.since(3)!), [])
  assert.equal(points.since(4), null, 'nobody can be ahead')
})

const Value = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined })
const Told = fc.record({
  values: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.array(Value, { maxLength: 4 })),
  through: fc.integer({ min: 0, max: 4 }),
})

test('whatever changes, and whenever a reader looks, it has what the newest answer says', () => {
  const looks = fc.array(fc.tuple(Told, fc.boolean()), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(looks, (steps) => {
      const points = new ChangingPoints()
      const client = new Map<string, string>()
      let at = 0
      for (const [{ values, through }, isLooking] of [...steps, [steps[0]![0], true] as const]) {
        points.take(answerWith(values, through))
        if (!isLooking) continue
        const changes = points.since(at)!
        for (const { group, timestamp } of changes.removed) client.delete(`${group[0]} ${timestamp}`)
        for (const { group, point, complete } of changes.points) {
          client.set(`${group[0]} ${point.timestamp}`, `${point.values[0]} ${complete}`)
        }
        at = points.revision
        const all = points
          .all()
          .points.map(({ group, point, complete }) => [
            `${group[0]} ${point.timestamp}`,
            `${point.values[0]} ${complete}`,
          ])
        assert.deepEqual([...client].sort(), all.sort())
      }
    }),
    { seed: SEED, numRuns: 150 },
  )
})
