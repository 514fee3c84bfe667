import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { minute, rolledUp, tableOf, topics } from '../cache/push/push-fixture.ts'
import { SEED } from '../seed.ts'
import { type ApplyWorld, applyWorld, recordOf, sumsAt } from './apply-world.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e']
const WINDOWS = 3

/** What happens, in order. `cut` splits a roll-up in two appends; between them comes whatever `between` says. */
const stepArbitrary = fc.record({
  window: fc.nat(WINDOWS - 1),
  values: fc.dictionary(fc.constantFrom(...NAMES), fc.nat(1_000), { maxKeys: 5 }),
  cut: fc.nat(7),
  between: fc.constantFrom('nothing', 'caught up', 'snapshot', 'close', 'kill after a snapshot', 'kill'),
  replay: fc.boolean(),
})

type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never

async function live(world: ApplyWorld, steps: readonly Step[]) {
  let running = await world.open()
  const expected = tableOf()
  for (const [i, { window, values, cut, between, replay }] of steps.entries()) {
    const deliveries = rolledUp({ bucket: minute(window), epoch: i + 1, rows: topics(values) })
    for (const { partition, record } of deliveries) expected.apply(partition, record)
    const records = deliveries.map(recordOf)
    await world.append(records.slice(0, cut))
    if (between === 'caught up') await running.apply.caughtUp()
    if (between === 'snapshot' || between === 'kill after a snapshot') await running.apply.snapshot()
    if (between === 'close') await running.apply.close()
    // a killed reader is left behind: nothing it holds in memory is seen again
    if (between === 'close' || between.startsWith('kill')) running = await world.open()
    await world.append(records.slice(cut))
    if (replay) await world.append(records)
  }
  await running.apply.caughtUp()
  return { table: running.table, expected }
}

test('whatever restarts come between appends, the table is as if it had read everything once', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepArbitrary, { minLength: 1, maxLength: 8 }), async (steps) => {
      const ends: (() => Promise<void>)[] = []
      const world = applyWorld({ after: (end: () => Promise<void>) => ends.push(end) })
      try {
        const { table, expected } = await live(world, steps)
        for (let window = 0; window < WINDOWS; window++) {
          assert.deepEqual(sumsAt(table, minute(window)), sumsAt(expected, minute(window)))
        }
      } finally {
        for (const end of ends) await end()
      }
    }),
    { numRuns: 60, seed: SEED },
  )
  t.diagnostic('60 histories')
})
