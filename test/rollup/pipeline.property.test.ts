import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import type { RollupVersion } from '../../src/model/definition.ts'
import { bucketCeil, bucketStart } from '../../src/model/granularity.ts'
import type { AggregateRecord } from '../../src/model/records.ts'
import { SEED } from '../seed.ts'
import { expectedWindows, servedWindows } from './expected-windows.ts'
import { DAYS, HOUR, HOURS, MINUTE, MINUTES, PipelineWorld, settledIn, T0 } from './pipeline-world.ts'

/** LANEWAY_RUNS asks for more. */
const RUNS = Number(process.env.LANEWAY_RUNS ?? 40)
const ROLLUPS = [MINUTES, HOURS, DAYS]

type Action =
  | { readonly kind: 'clock'; readonly ms: number }
  | { readonly kind: 'point'; readonly minutesAgo: number; readonly topic: string; readonly value: number }
  | { readonly kind: 'commit' | 'tick' | 'look' | 'idle' | 'compact' }
  | { readonly kind: 'turns'; readonly count: number }
  | { readonly kind: 'kill'; readonly who: 'manager' | 'worker' }
  | { readonly kind: 'break'; readonly phase: 'before' | 'after' }
  | { readonly kind: 'fail'; readonly times: number }
  | { readonly kind: 'catalog'; readonly without: RollupVersion | null }

const one = <K extends string>(kind: K) => fc.constant({ kind })
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      ms: fc.constantFrom(1_000, 6_000, 31_000, 61_000, 600_000, 3 * HOUR),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('point' as const),
      minutesAgo: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 400 })),
      topic: fc.constantFrom('a', 'b', 'c', 'd'),
      value: fc.integer({ min: 1, max: 1000 }),
    }),
  },
  { weight: 4, arbitrary: one('commit') },
  { weight: 3, arbitrary: one('tick') },
  { weight: 3, arbitrary: one('look') },
  { weight: 2, arbitrary: one('idle') },
  { weight: 1, arbitrary: one('compact') },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('kill' as const),
      who: fc.constantFrom('manager' as const, 'worker' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('break' as const),
      phase: fc.constantFrom('before' as const, 'after' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), times: fc.integer({ min: 1, max: 8 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('catalog' as const),
      without: fc.constantFrom(HOURS, MINUTES, null),
    }),
  },
)

/** Points, clock, crashes and failures as drawn; the promises are looked at in between and at the end. */
class Simulation {
  readonly world: PipelineWorld
  looks = 0
  dirtySeen = 0

  constructor(dropped: (record: AggregateRecord) => boolean) {
    this.world = new PipelineWorld({ rollups: ROLLUPS, dropped })
  }

  async run(actions: readonly Action[]): Promise<void> {
    await this.world.start()
    this.world.raw.add(T0 - 5 * HOUR, { cluster: 'c1', topic: 'a' }, 1)
    for (const each of actions) await this.#act(each)
    await this.#settle()
  }

  async #act(action: Action): Promise<void> {
    const { world } = this
    switch (action.kind) {
      case 'clock':
        return world.clock.set(world.clock() + action.ms)
      case 'point': {
        const step = bucketStart('PT1M', world.clock() - action.minutesAgo * MINUTE)
        return world.raw.arrive([{ step, labels: { cluster: 'c1', topic: action.topic }, value: action.value }])
      }
      case 'commit':
        return world.raw.commit()
      case 'tick':
        return await world.manager.tick().catch(() => undefined)
      case 'look':
        return await this.#look()
      case 'idle':
        return await world.idle().catch(() => undefined)
      case 'compact':
        return await world.log.maintain(world.clock())
      case 'turns':
        for (let i = 0; i < action.count; i++) await nextTurn()
        return
      case 'kill':
        return await this.#kill(action.who)
      case 'break':
        return this.#breakAppend(action.phase)
      case 'fail':
        return this.#failAsks(action.times)
      case 'catalog':
        return world.catalog.set(ROLLUPS.filter((rollup) => rollup !== action.without))
    }
  }

  async #kill(who: 'manager' | 'worker'): Promise<void> {
    const { world } = this
    if (who === 'manager') {
      world.killManager()
      await world.startManager()
    } else {
      await world.killWorker()
      world.startWorker()
    }
  }

  /** The manager's next append does not return: nothing of it is there, or all of it. */
  #breakAppend(phase: 'before' | 'after'): void {
    this.world.onAppend = (at) => {
      if (at !== phase) return
      this.world.onAppend = () => undefined
      throw new Error(`broken ${phase} the append`)
    }
  }

  #failAsks(times: number): void {
    let left = times
    this.world.engine.failing = () => (left-- > 0 ? new Error('the source is down') : null)
  }

  /** Once every late mark is known, no window that is served as settled and clean lacks a point. */
  async #look(): Promise<void> {
    const { world } = this
    await world.manager.tick().catch(() => undefined)
    const lastMark = world.raw.lateMarks.at(-1)?.seq ?? 0
    if (world.manager.stats().marks < lastMark) return
    await world.caughtUp()
    this.looks++
    this.dirtySeen += world.table.stats().dirtyWindows
    for (const rollup of world.catalog.rollups()) {
      for (const [start, end] of settledIn(world, rollup)) assertServed(world, rollup, { start, end })
    }
  }

  async #settle(): Promise<void> {
    const { world } = this
    world.engine.failing = () => null
    world.onAppend = () => undefined
    world.catalog.set(ROLLUPS)
    for (let i = 0; i < 1_000; i++) world.raw.commit()
    for (let round = 0; round < 4; round++) {
      world.clock.set(world.clock() + 61_000)
      await world.idle()
      await world.manager.retryParked()
      await world.idle()
    }
    const watermark = world.clock() - MINUTES.latenessMs
    for (const rollup of ROLLUPS) {
      const from = bucketStart(
        rollup === DAYS ? 'P1D' : 'PT1H',
        Math.min(...world.raw.readings.map(({ step }) => step)),
      )
      const to = bucketStart(rollup.grain, watermark)
      const expected = bucketCeil(rollup.grain, from) < to ? [[from, to]] : []
      assert.deepEqual(settledIn(world, rollup), expected, `${rollup.id} is settled and clean`)
      for (const [start, end] of settledIn(world, rollup)) assertServed(world, rollup, { start, end })
    }
    assertOneOutstanding(world)
  }
}

function assertServed(world: PipelineWorld, rollup: RollupVersion, interval: { start: number; end: number }): void {
  assert.deepEqual(servedWindows(world, rollup, interval), expectedWindows(world, rollup, interval), rollup.id)
}

/** Epochs rise per rollup, in the order of writing, whoever issued them. */
function assertOneOutstanding({ tasks }: PipelineWorld): void {
  for (const own of Map.groupBy(tasks, ({ rollup, chunkStart }) => `${rollup} ${chunkStart}`).values()) {
    const epochs = own.map(({ epoch }) => epoch)
    assert.deepEqual(
      epochs,
      [...new Set(epochs)].sort((a, b) => a - b),
    )
  }
}

const simulate = async (actions: readonly Action[], dropped: (record: AggregateRecord) => boolean = () => false) => {
  const simulation = new Simulation(dropped)
  try {
    await simulation.run(actions)
  } finally {
    await simulation.world.close()
  }
  return simulation
}

const scripts = fc.array(action, { minLength: 10, maxLength: 60, size: 'max' })

test('whatever dies, fails or comes late: settled clean windows equal the points, and all are settled in the end', async (t) => {
  let looks = 0
  let dirty = 0
  await fc.assert(
    fc.asyncProperty(scripts, async (actions) => {
      const simulation = await simulate(actions)
      looks += simulation.looks
      dirty += simulation.dirtySeen
    }),
    { numRuns: RUNS, seed: SEED },
  )
  t.diagnostic(`${looks} looks in between, ${dirty} dirty windows seen`)
  assert.ok(looks > 20 && dirty > 0)
})

test('control: with dirty marks dropped, windows are served as clean that lack points', async () => {
  const property = fc.asyncProperty(scripts, async (actions) => {
    await simulate(actions, (record) => record.kind === 'dirty')
  })
  const { failed } = await fc.check(property, { numRuns: RUNS, seed: SEED, endOnFailure: true })
  assert.ok(failed)
})
