import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHANNELS } from '../../src/model/channels.ts'
import { KillWorld } from './kill-world.ts'
import { random } from './random-questions.ts'

const SEED = Number(process.env.LANEWAY_SEED ?? 20261125)
const KILLS = 36
const RUN_MS_MAX = 15_000

/** Moments to die at, spread over raw commit, log append, roll-up and snapshot. */
const MOMENTS = [
  { channel: CHANNELS.rawCommit, phase: 'before' },
  { channel: CHANNELS.rawCommit, phase: 'after' },
  { channel: CHANNELS.logAppend, phase: 'before' },
  { channel: CHANNELS.logAppend, phase: 'after' },
  { channel: CHANNELS.rollupTask, phase: 'asked' },
  { channel: CHANNELS.rollupTask, phase: 'read' },
  { channel: CHANNELS.rollupTask, phase: 'appended' },
  { channel: CHANNELS.snapshot, phase: 'written' },
  { channel: CHANNELS.snapshot, phase: 'renamed' },
] as const

test('killed at any moment, every acknowledged point is in raw once and the aggregates equal it', async (t) => {
  t.diagnostic(`seed ${SEED} (LANEWAY_SEED sets it)`)
  const draw = random(SEED)
  const world = new KillWorld(draw, { topics: 100, ignoreEpochs: false })
  try {
    world.begin()
    const died: Record<string, number> = {}
    for (let i = 0; i < KILLS; i++) {
      const moment = MOMENTS[i % MOMENTS.length]!
      const afterMs = draw() < 0.5 ? 0 : Math.floor(draw() * 6)
      const count = 1 + Math.floor(draw() * (moment.channel === CHANNELS.rollupTask ? 4 : 8))
      const asOrdered = await world.runUntilKilled({ ...moment, count, afterMs }, RUN_MS_MAX)
      if (asOrdered) died[`${moment.channel} ${moment.phase}`] = (died[`${moment.channel} ${moment.phase}`] ?? 0) + 1
    }
    await world.runOn()
    await world.finish()
    await world.settled(60_000)
    t.diagnostic(`died at ${JSON.stringify(died)}`)
    t.diagnostic(
      `${world.acknowledged} batches acknowledged, ${world.retried} tries again, ${world.watched} answers watched`,
    )
    const kills = Object.values(died).reduce((sum, each) => sum + each, 0)
    assert.ok(kills >= 30, `died as ordered only ${kills} times`)
    assert.equal(Object.keys(died).length, MOMENTS.length, 'every kind of moment was hit')
    assert.ok(world.retried > 0)
    for (const metric of ['orders', 'visits'] as const) {
      assert.deepEqual(await world.differences(metric, { avoid: ['push'] }), [], 'raw')
      assert.deepEqual(await world.differences(metric, { use: ['push'] }), [], 'push')
    }
    assert.deepEqual(world.mixed, [])
  } finally {
    await world.finish()
    await world.close()
  }
})

test('control: with epochs ignored, the same world sees answers that mix epochs', async () => {
  const draw = random(SEED)
  const world = new KillWorld(draw, { topics: 100, ignoreEpochs: true })
  try {
    world.begin()
    const moment = { channel: CHANNELS.rollupTask, phase: 'appended', count: 4, afterMs: 200 }
    for (let i = 0; i < 4 && world.mixed.length === 0; i++) await world.runUntilKilled(moment, RUN_MS_MAX)
    await world.runOn()
    await world.finish()
    assert.ok(world.mixed.length > 0, `${world.watched} answers watched, none mixed`)
  } finally {
    await world.finish()
    await world.close()
  }
})
