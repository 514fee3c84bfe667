import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Lane, Lanes } from '../../src/lanes/lanes.ts'
import { DEFAULT_LANES, type LanesOptions } from '../../src/lanes/options.ts'
import { SEED } from '../seed.ts'

const never = new AbortController().signal
const lanesWith = (options: Partial<LanesOptions> = {}) => new Lanes({ ...DEFAULT_LANES, ...options }, () => Date.now())
const ticket = (lane: Lane, signal = never) => ({ lane, cost: 1, signal })

/** Work that ends when told. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { work: () => promise, end: resolve }
}

const inFlight = (lanes: Lanes, lane: Lane) => lanes.status().find((each) => each.lane === lane)!.inFlight
const queued = (lanes: Lanes, lane: Lane) => lanes.status().find((each) => each.lane === lane)!.queued
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('a slow flood never takes the slots kept for hot', async () => {
  const lanes = lanesWith({ slots: 4 })
  const slow = [held(), held(), held()]
  const running = slow.map((each) => lanes.run(ticket('slow'), each.work))
  await turn()
  assert.equal(inFlight(lanes, 'slow'), 1)
  assert.equal(queued(lanes, 'slow'), 2)
  const answer = await lanes.run(ticket('hot'), async () => 'hot')
  assert.equal(answer.value, 'hot')
  for (const each of slow) each.end()
  await Promise.all(running)
})

test('a roll-up runs in a slot of its own when everything else is taken', async () => {
  const lanes = lanesWith({ slots: 2 })
  const busy = [held(), held()]
  const running = busy.map((each) => lanes.run(ticket('hot'), each.work))
  const rollup = await lanes.run(ticket('rollup'), async () => 'rolled')
  assert.equal(rollup.value, 'rolled')
  for (const each of busy) each.end()
  await Promise.all(running)
})

test('background waits while hot is busy', async () => {
  const lanes = lanesWith()
  const hot = held()
  const running = lanes.run(ticket('hot'), hot.work)
  const background = lanes.run(ticket('background'), async () => 'late')
  await turn()
  assert.equal(queued(lanes, 'background'), 1)
  hot.end()
  await running
  assert.equal((await background).value, 'late')
})

test('a full queue is refused with the lane, the limit and when to come back', async () => {
  const lanes = lanesWith({ slow: { queueMax: 1, deadlineMs: 30_000, slots: 1 } })
  const first = held()
  const running = [lanes.run(ticket('slow'), first.work), lanes.run(ticket('slow'), async () => 1)]
  await assert.rejects(
    lanes.run(ticket('slow'), async () => 2),
    { code: 'LANE_FULL', message: /lane slow: 1 questions/ },
  )
  first.end()
  await Promise.all(running)
})

test('the deadline says whether waiting or running used the time', async () => {
  const lanes = lanesWith({ slots: 2, slow: { queueMax: 4, deadlineMs: 20, slots: 1 } })
  const work = held()
  const running = lanes.run(ticket('slow'), work.work)
  const waiting = lanes.run(ticket('slow'), async () => 1)
  await assert.rejects(running, { code: 'DEADLINE_EXCEEDED', message: /while running/ })
  await assert.rejects(waiting, { code: 'DEADLINE_EXCEEDED', message: /waiting in the queue/ })
  assert.equal(inFlight(lanes, 'slow'), 1, 'the slot stays taken until the work has stopped')
  work.end()
  await turn()
  assert.equal(inFlight(lanes, 'slow'), 0)
})

test('a client that leaves frees its place in the queue at once', async () => {
  const lanes = lanesWith()
  const work = held()
  const running = lanes.run(ticket('slow'), work.work)
  const client = new AbortController()
  const waiting = lanes.run(ticket('slow', client.signal), async () => 1)
  client.abort()
  await assert.rejects(waiting)
  assert.equal(queued(lanes, 'slow'), 0)
  work.end()
  await running
})

test('slow may not be given more than half of the slots', () => {
  assert.throws(() => lanesWith({ slots: 4, slow: { queueMax: 1, deadlineMs: 1, slots: 3 } }), {
    code: 'CONFIG_INVALID',
  })
})

test('property: whatever is asked, caps hold at every moment and everything ends', async () => {
  const lane = fc.constantFrom<Lane>('hot', 'slow', 'rollup', 'background', 'control')
  await fc.assert(
    fc.asyncProperty(fc.array(lane, { maxLength: 40 }), async (asked) => {
      const lanes = lanesWith({ slots: 4 })
      const check = () => {
        const shared = inFlight(lanes, 'hot') + inFlight(lanes, 'slow') + inFlight(lanes, 'background')
        assert.ok(shared <= 4)
        assert.ok(inFlight(lanes, 'slow') + inFlight(lanes, 'background') <= 1)
        assert.ok(inFlight(lanes, 'rollup') <= 1)
      }
      const work = async () => {
        check()
        await turn()
        check()
      }
      await Promise.all(asked.map((each) => lanes.run(ticket(each), work)))
      assert.ok(lanes.status().every((status) => status.inFlight === 0 && status.queued === 0))
    }),
    { numRuns: 30, seed: SEED },
  )
})
