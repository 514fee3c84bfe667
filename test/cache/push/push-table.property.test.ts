import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PushTable } from '../../../src/cache/push/push-table.ts'
import { SEED } from '../../seed.ts'
import { type Delivery, deliver, minute, minutes, read, rolledUp, sumsIn, tableOf, topics } from './push-fixture.ts'

const WINDOWS = 2
const EPOCHS = 4
const PARTITIONS = 3

interface Written {
  readonly window: number
  readonly epoch: number
  readonly values: Readonly<Record<string, number>>
  readonly deliveries: readonly Delivery[]
  /** This delivery never arrives; null when all do. */
  readonly lost: number | null
}

/** Values carry their epoch, so that a mixture would show. */
const written = (window: number, epoch: number): fc.Arbitrary<Written> =>
  fc
    .record({ names: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e')), lost: fc.option(fc.nat(), { freq: 2 }) })
    .map(({ names, lost }) => {
      const values = Object.fromEntries(names.map((name) => [name, epoch * 100 + name.charCodeAt(0)]))
      const deliveries = rolledUp({ bucket: minute(window), epoch, rows: topics(values) }, undefined, PARTITIONS)
      return { window, epoch, values, deliveries, lost: lost === null ? null : lost % deliveries.length }
    })

const allWritten = fc.tuple(
  ...Array.from({ length: WINDOWS * EPOCHS }, (_, i) => written(i % WINDOWS, 1 + Math.floor(i / WINDOWS))),
)

/** Every delivery that is not lost, up to three times, in any order. */
const history = allWritten.chain((all) => {
  const arriving = all.flatMap((each) =>
    each.deliveries.filter((_, i) => i !== each.lost).map((delivery) => ({ each, delivery })),
  )
  const repeated = fc
    .array(fc.nat({ max: arriving.length - 1 }), { maxLength: 40 })
    .map((again) => [...arriving, ...again.map((i) => arriving[i]!)])
  return fc.record({
    all: fc.constant(all),
    order: repeated.chain((list) => fc.shuffledSubarray(list, { minLength: list.length })),
  })
})

function visible(table: PushTable, window: number): Record<string, unknown> | null {
  const { runs } = table.coverage('aaaaaaaaaaaaaaaa', [], 0)
  if (!runs.some(({ interval }) => interval.start <= minute(window) && minute(window) < interval.end)) return null
  return sumsIn(read(table, { intervals: [minutes(window, window + 1)] }))
}

test('whatever the order, the repeats and the losses, a reader sees the highest epoch that is complete, and only it', () => {
  fc.assert(
    fc.property(history, ({ all, order }) => {
      const table = tableOf()
      const arrived = new Set<Delivery>()
      for (const { delivery } of order) {
        table.apply(delivery.partition, delivery.record)
        arrived.add(delivery)
        for (let window = 0; window < WINDOWS; window++) {
          const complete = all.filter(
            (each) => each.window === window && each.deliveries.every((one) => arrived.has(one)),
          )
          assert.deepEqual(visible(table, window), complete.at(-1)?.values ?? null)
        }
      }
      assert.equal(table.stats().droppedEpochs, 0)
    }),
    { numRuns: 150, seed: SEED },
  )
})

test('a table restored at any moment goes on as if nothing had happened', () => {
  fc.assert(
    fc.property(history, fc.nat(), ({ order }, cut) => {
      const straight = tableOf()
      const stopped = tableOf()
      const restarted = tableOf()
      const at = cut % (order.length + 1)
      deliver(
        straight,
        order.map((each) => each.delivery),
      )
      deliver(
        stopped,
        order.slice(0, at).map((each) => each.delivery),
      )
      restarted.restore(stopped.snapshot())
      assert.deepEqual(restarted.snapshot(), stopped.snapshot())
      deliver(
        restarted,
        order.slice(at).map((each) => each.delivery),
      )
      for (let window = 0; window < WINDOWS; window++)
        assert.deepEqual(visible(restarted, window), visible(straight, window))
      assert.deepEqual(restarted.snapshot(), straight.snapshot())
    }),
    { numRuns: 100, seed: SEED },
  )
})
