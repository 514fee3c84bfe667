import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { CHANNELS } from '../../../src/model/channels.ts'
import { MINUTE, NOON, openWorld } from './intake-world.ts'
import { cumulative, delta, gauge, request, schema, toJson, toProtobuf, upDownDelta } from './requests.ts'

const sender = { 'service.name': 'shop' }
const at = (minutes: number): number => NOON + minutes * MINUTE
const turn = () => new Promise((resolve) => setImmediate(resolve))
const gated = () => {
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  return { gate, open: () => open() }
}

test('partial success says how many points were rejected and why, in both encodings', async () => {
  const world = await openWorld()
  const message = request(
    sender,
    gauge('a', { at: NOON, double: 'NaN' }, { at: NOON, value: 1 }),
    delta('b', { at: NOON, value: -1 }, { at: 5, value: 1 }),
  )
  const text = 'Rejected 3 of 4 points: 1 not_finite (as in a), 1 negative_increase (as in b), 1 too_old (as in b).'
  const json = await world.send(message)
  assert.deepEqual(JSON.parse(Buffer.from(json.body).toString()), {
    partialSuccess: { rejectedDataPoints: '3', errorMessage: text },
  })
  assert.deepEqual([json.accepted, json.rejected], [1, 3])
  const protobuf = await world.intake.accept(toProtobuf(message), 'application/x-protobuf')
  const decoded = schema.response.toObject(schema.response.decode(protobuf.body), { longs: String })
  assert.deepEqual(decoded, { partialSuccess: { rejectedDataPoints: '3', errorMessage: text } })
})

test('an empty request is accepted', async () => {
  const { intake } = await openWorld()
  assert.equal((await intake.accept(new Uint8Array(), 'application/x-protobuf')).body.length, 0)
  assert.equal(Buffer.from((await intake.accept(toJson({}), 'application/json')).body).toString(), '{}')
})

test('a request is answered only when its commit is durable, and waits in sight until then', async () => {
  const world = await openWorld()
  const { gate, open } = gated()
  world.writer.gate = gate
  let answered = false
  const reply = world.send(request(sender, gauge('a', { at: NOON, value: 1 }))).then(() => {
    answered = true
  })
  assert.equal(world.intake.oldestWaitingMs(), NOON, 'from the moment it was called')
  for (let i = 0; i < 10; i++) await turn()
  world.clock.nowMs = NOON + 500
  const second = world.send(request(sender, gauge('a', { at: NOON + 1, value: 1 })))
  assert.deepEqual([answered, world.intake.oldestWaitingMs()], [false, NOON])
  open()
  await reply
  assert.equal(world.intake.oldestWaitingMs(), NOON + 500)
  await second
  assert.equal(world.intake.oldestWaitingMs(), null)
})

test('arrival times never fall when the clock is set back', async () => {
  const world = await openWorld()
  const { gate, open } = gated()
  world.writer.gate = gate
  const replies = [NOON, NOON - 5_000].map((now) => world.send(request(sender, gauge('a', { at: now, value: 1 })), now))
  assert.equal(world.intake.oldestWaitingMs(), NOON)
  open()
  await Promise.all(replies)
  assert.deepEqual(
    world.writer.commits.map(({ batch }) => batch.arrivedMs),
    [NOON],
  )
})

test('requests that wait together become one commit', async () => {
  const world = await openWorld()
  const send = (client: string) =>
    world.send(request(sender, delta('sent', { at: NOON, value: 1, attributes: { client } })))
  await Promise.all(['a', 'b', 'c'].map(send))
  assert.equal(world.writer.commits.length, 1)
  assert.equal(world.writer.points.length, 3)
})

test('repeats and readings inside one commit are seen', async () => {
  const world = await openWorld()
  const reading = (minute: number, value: number) => cumulative('total', { start: NOON, at: at(minute), value })
  const sent = delta('sent', { start: NOON, at: at(1), value: 5 })
  await Promise.all(
    [[sent, reading(1, 10)], [sent, reading(2, 15)], [reading(2, 15)]].map((metrics) =>
      world.send(request(sender, ...metrics), at(2)),
    ),
  )
  assert.equal(world.writer.commits.length, 1)
  assert.deepEqual([world.writer.sum('sent'), world.writer.sum('total')], [5, 15])
  assert.deepEqual([world.count('repeats'), world.count('notLater')], [1, 1])
})

test('a failed commit fails every request of its group and leaves no trace, so all may be sent again', async () => {
  const world = await openWorld()
  const messages = [
    request(sender, delta('sent', { at: at(1), value: 5 })),
    request(
      sender,
      cumulative('total', { start: NOON, at: at(1), value: 10 }),
      upDownDelta('open', { at: at(1), value: 2 }),
    ),
  ]
  const sendAll = () => Promise.allSettled(messages.map((message) => world.send(message, at(1))))
  world.writer.failing = 'before'
  for (const outcome of await sendAll())
    assert.equal((outcome as PromiseRejectedResult).reason.code, 'STORE_UNWRITABLE')
  assert.deepEqual(
    [world.intake.oldestWaitingMs(), world.intake.stats().pointsWaiting, world.count('points')],
    [null, 0, 0],
  )
  world.writer.failing = null
  for (const outcome of await sendAll()) assert.equal(outcome.status, 'fulfilled')
  assert.deepEqual([world.writer.sum('sent'), world.writer.sum('total'), world.writer.sum('open')], [5, 10, 2])
  assert.deepEqual([world.count('repeats'), world.count('notLater')], [0, 0])
})

test('after a restart a batch that was committed but not acknowledged is recognised when it is sent again', async () => {
  const world = await openWorld()
  const message = request(
    sender,
    delta('sent', { start: NOON, at: at(1), value: 5 }),
    cumulative('total', { start: NOON, at: at(1), value: 10 }),
    upDownDelta('open', { start: NOON, at: at(1), value: 2 }),
    gauge('depth', { at: at(1), value: 3 }),
  )
  world.writer.failing = 'after'
  await assert.rejects(world.send(message, at(1)), { code: 'STORE_UNWRITABLE' })
  world.writer.failing = null
  const again = await world.restart()
  const reply = await again.send(message)
  assert.equal(reply.rejected, 0)
  assert.deepEqual([again.count('repeats'), again.count('notLater')], [3, 1])
  assert.deepEqual(
    ['sent', 'total', 'open', 'depth'].map((name) => again.writer.sum(name)),
    [5, 10, 2, 3],
  )
})

test('streams go on after a restart', async () => {
  const world = await openWorld()
  const start = at(-60)
  const readings = (minute: number, total: number, change: number) =>
    request(
      sender,
      cumulative('total', { start, at: at(minute), value: total }),
      upDownDelta('open', { at: at(minute), value: change }),
    )
  await world.send(readings(1, 100, 4), at(1))
  const again = await world.restart()
  await again.send(readings(2, 103, -1), at(2))
  await again.send(request(sender, cumulative('new', { start, at: at(3), value: 8 })), at(3))
  assert.deepEqual([again.writer.sum('total'), again.writer.of('open').at(-1)?.value], [3, 3])
  assert.equal(again.writer.sum('new'), 8, 'its resource was received since its start, before the restart')
})

test('points beyond what may wait are turned away with a time to come back, and nothing of them is kept', async () => {
  const world = await openWorld({ limits: { pointsWaitingMax: 3 } })
  const { gate, open } = gated()
  world.writer.gate = gate
  const points = (name: string, n: number) =>
    gauge(name, ...Array.from({ length: n }, (_, i) => ({ at: NOON + i, value: i, attributes: { i: String(i) } })))
  const first = world.send(request(sender, points('a', 5)))
  await turn()
  await assert.rejects(
    world.send(request(sender, points('b', 1))),
    (error: { code: string; facts: { retryAfterSeconds: number } }) => {
      assert.deepEqual([error.code, error.facts.retryAfterSeconds], ['INTAKE_BUSY', 1])
      return true
    },
  )
  open()
  assert.equal((await first).accepted, 5, 'one request is let in whatever its size')
  await world.send(request(sender, points('b', 3)))
  assert.equal(world.writer.of('b').length, 3)
})

test('bytes beyond what may wait are turned away', async () => {
  const body = toJson(request(sender, gauge('a', { at: NOON, value: 1 })))
  const world = await openWorld({ limits: { bytesWaitingMax: body.length + 10 } })
  const replies = await Promise.allSettled([1, 2].map(() => world.intake.accept(body, 'application/json')))
  assert.deepEqual(
    replies.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  )
  assert.equal(world.intake.stats().bytesWaiting, 0)
})

test('each request is told on the intake channel', async () => {
  const world = await openWorld()
  const heard: unknown[] = []
  const listen = (message: unknown) => void heard.push(message)
  subscribe(CHANNELS.intake, listen)
  const message = request(sender, gauge('a', { at: NOON, value: 1 }, { at: NOON, double: 'NaN' }))
  await world.send(message)
  await world.send(message)
  unsubscribe(CHANNELS.intake, listen)
  assert.deepEqual(heard, [
    { accepted: 1, rejected: { not_finite: 1 }, repeated: 0 },
    { accepted: 1, rejected: { not_finite: 1 }, repeated: 1 },
  ])
})

test('closing commits what waits and refuses what comes later', async () => {
  const world = await openWorld({ schedule: () => () => {} })
  const reply = world.send(request(sender, gauge('a', { at: NOON, value: 1 })))
  const closed = world.intake.close()
  await assert.rejects(world.send(request(sender, gauge('b', { at: NOON, value: 1 }))), { code: 'NOT_READY' })
  await closed
  assert.equal((await reply).accepted, 1)
  assert.equal(world.writer.points.length, 1)
})
