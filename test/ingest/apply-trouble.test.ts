import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { LogSink, LogTail } from '../../src/ports/log.ts'
import { minute, NOW } from '../cache/push/push-fixture.ts'
import { type ApplyWorld, applyWorld, sumsAt, TOPIC, windowsOf } from './apply-world.ts'

/** The log's tail seen through something that a test can break; it does not know its ends at once. */
class FrailTail implements LogTail {
  readonly #world: ApplyWorld
  failing = false
  runs = 0
  /** Deliveries wait for this. */
  gate: Promise<void> = Promise.resolve()
  /** Runs report this partition out of range at once. */
  alwaysOutOfRange = false

  constructor(world: ApplyWorld) {
    this.#world = world
  }

  async describe() {
    if (this.failing) throw new Error('broker is away')
    return await this.#world.log.tail(TOPIC).describe()
  }

  async run(from: ReadonlyMap<number, bigint>, sink: LogSink, signal: AbortSignal): Promise<void> {
    this.runs++
    if (this.failing) throw new Error('broker is away')
    if (this.alwaysOutOfRange) return sink.onOutOfRange(0, 0n)
    const held: LogSink = {
      onRecords: async (partition, records, next) => {
        await this.gate
        await sink.onRecords(partition, records, next)
      },
      onOutOfRange: (partition, start) => sink.onOutOfRange(partition, start),
      onTopicChanged: (oldId, newId) => sink.onTopicChanged(oldId, newId),
      onPartitionsAdded: (partitions) => sink.onPartitionsAdded(partitions),
    }
    await this.#world.log.tail(TOPIC).run(from, held, signal)
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

test('a log that is away is said, what the snapshot holds is served meanwhile, and reading starts when it is back', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  await (await world.open()).apply.close()
  await world.append(windowsOf({ [minute(1)]: { a: 2 } }))
  const tail = new FrailTail(world)
  tail.failing = true
  const { apply, table } = world.prepare({ tail })
  apply.start(new AbortController().signal)
  await until(() => apply.health.status().state === 'down')
  assert.match(apply.health.status().detail, /cannot be read: broker is away/)
  assert.equal(apply.health.ready(), false)
  assert.deepEqual([sumsAt(table, minute(0)), sumsAt(table, minute(1))], [{ a: 1 }, undefined])

  tail.failing = false
  await apply.bootstrapped
  assert.deepEqual(sumsAt(table, minute(1)), { a: 2 })
  await until(() => apply.health.status().state === 'ok')
})

test('a reader that cannot catch up is ready after its time, with coverage and lag telling the truth', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  const tail = new FrailTail(world)
  const gate = Promise.withResolvers<void>()
  tail.gate = gate.promise
  const { apply, table } = await world.open({ tail, bootstrapMsMax: 20 })
  assert.equal(apply.health.ready(), true)
  assert.equal(apply.appliedMs(), 0)
  assert.equal(sumsAt(table, minute(0)), undefined)
  world.clock.nowMs += 7_000
  const { lagRecords, lagMs } = apply.stats()
  assert.ok(lagRecords > 0)
  assert.equal(lagMs, 7_000)
  gate.resolve()
  await apply.caughtUp()
  assert.deepEqual(sumsAt(table, minute(0)), { a: 1 })
  await until(() => apply.stats().lagRecords === 0)
})

test('while records wait to be applied, appliedMs stands at the last moment when none did', async (t) => {
  const world = applyWorld(t)
  const tail = new FrailTail(world)
  const withEnds = Object.assign(tail, { ends: () => world.log.tail(TOPIC).ends() })
  const { apply } = await world.open({ tail: withEnds })
  assert.equal(apply.appliedMs(), NOW)
  world.clock.nowMs = NOW + 1_000
  assert.equal(apply.appliedMs(), NOW + 1_000)
  const gate = Promise.withResolvers<void>()
  tail.gate = gate.promise
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  world.clock.nowMs = NOW + 9_000
  assert.equal(apply.appliedMs(), NOW + 1_000)
  gate.resolve()
  await apply.caughtUp()
  assert.equal(apply.appliedMs(), NOW + 9_000)
  world.clock.nowMs = NOW
  assert.equal(apply.appliedMs(), NOW + 9_000, 'it never goes back')
})

test('appliedMs of a restored table is the moment of its snapshot until the log is read', async (t) => {
  const world = applyWorld(t)
  await (await world.open()).apply.close()
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  world.clock.nowMs = NOW + 60_000
  const tail = new FrailTail(world)
  tail.failing = true
  const { apply } = world.prepare({ tail })
  apply.start(new AbortController().signal)
  await until(() => apply.health.status().state === 'down')
  assert.equal(apply.appliedMs(), NOW)
})

test('a log that is out of range again and again is not rebuilt from more often than the period allows', async (t) => {
  const world = applyWorld(t)
  const tail = new FrailTail(world)
  tail.alwaysOutOfRange = true
  const { apply } = world.prepare({ tail, rebuildPeriodMs: 3_600_000 })
  apply.start(new AbortController().signal)
  await until(() => apply.stats().rebuilds === 2)
  for (let i = 0; i < 20; i++) await setImmediate()
  assert.deepEqual([tail.runs, apply.stats().rebuilds], [2, 2])
  await apply.close()
})

test('caughtUp waits for everything that was appended before the call', async (t) => {
  const world = applyWorld(t)
  const tail = new FrailTail(world)
  const { apply, table } = await world.open({ tail })
  const gate = Promise.withResolvers<void>()
  tail.gate = gate.promise
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  let isCaughtUp = false
  const waiting = apply.caughtUp().then(() => (isCaughtUp = true))
  for (let i = 0; i < 20; i++) await setImmediate()
  assert.equal(isCaughtUp, false)
  gate.resolve()
  await waiting
  assert.deepEqual(sumsAt(table, minute(0)), { a: 1 })
})

test('caughtUp fails when reading ends before everything is applied', async (t) => {
  const world = applyWorld(t)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  const { apply } = world.prepare()
  const waiting = apply.caughtUp()
  await apply.close()
  await assert.rejects(waiting, { code: 'NOT_READY' })
  await assert.rejects(apply.caughtUp(), { code: 'NOT_READY' })
})

test('the signal of start ends reading; what was applied is still written by close', async (t) => {
  const world = applyWorld(t)
  const ended = new AbortController()
  const { apply } = world.prepare()
  apply.start(ended.signal)
  await world.append(windowsOf({ [minute(0)]: { a: 1 } }))
  await apply.caughtUp()
  ended.abort()
  await apply.close()
  assert.equal(apply.stats().snapshots, 1)
  assert.deepEqual(sumsAt((await world.open()).table, minute(0)), { a: 1 })
})
