import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketStart, type Grain } from '../../../src/model/granularity.ts'
import { type Interval, lengthMs } from '../../../src/model/interval.ts'
import { factsOf } from '../../../src/planner/routing/candidate.ts'
import { cheapest } from '../../../src/planner/routing/cheapest.ts'
import { competitive } from '../../../src/planner/routing/competitive.ts'
import { type Contender, Grid } from '../../../src/planner/routing/grid.ts'
import { missingPrice, RAW_ROW, RAW_SCAN_ROWS, SWITCH_ROWS } from '../../../src/planner/routing/price.ts'
import { SEED } from '../../seed.ts'
import { at, NOW, rollup, run } from './routing-fixture.ts'

const STEP_MS = 60_000

/** What a contender holds: windows of its grain by number from 0:00, each with its rows. */
interface Held {
  readonly grain: Grain | null
  readonly windows: readonly { readonly hour: number; readonly rows: number; readonly stale: boolean }[]
}

const WIDTH = { PT1H: 1, PT4H: 4, PT6H: 6 } as const
const GRAINS = ['PT1H', 'PT4H', 'PT6H'] as const

function contenderOf({ grain, windows }: Held, i: number): Contender {
  const pieces = windows.map(({ hour, rows, stale }) => {
    const interval = { start: at(hour), end: at(hour + (grain ? WIDTH[grain as keyof typeof WIDTH] : 1)) }
    return { ...interval, stale, run: run(interval, { rows }) }
  })
  const offer = { pieces, coverage: { runs: [], asOf: NOW * 2 }, objections: [] }
  const place = grain ? 0 : 1
  const facts = grain ? factsOf(rollup(`r${i}`, { grain })) : null
  return { candidate: { source: grain ? 'push' : 'duckdb', place, rollup: facts }, offer }
}

const heldOf = (grain: Grain | null, width: number): fc.Arbitrary<Held> =>
  fc
    .array(fc.option(fc.record({ rows: fc.integer({ min: 0, max: 40_000 }), stale: fc.boolean() })), {
      minLength: 12 / width,
      maxLength: 12 / width,
    })
    .map((slots) => ({
      grain,
      windows: slots.flatMap((slot, i) =>
        slot ? [{ hour: i * width, ...slot, stale: grain !== null && slot.stale }] : [],
      ),
    }))

const rollups = fc.array(
  fc.constantFrom(...GRAINS).chain((grain) => heldOf(grain, WIDTH[grain])),
  { minLength: 1, maxLength: 2 },
)
const raws = fc.array(heldOf(null, 1), { maxLength: 1 })
/** Six hours, in one piece or with time between. */
const intervals = fc.constantFrom<Interval[]>(
  [{ start: at(0), end: at(6) }],
  [
    { start: at(0), end: at(4) },
    { start: at(6), end: at(8) },
  ],
)

/** The price of a choice by the book; infinite when it may not be made. */
function priceOf(grid: Grid, chosen: readonly number[]): number {
  let price = chosen.some((who) => who >= 0 && !grid.contenders[who]!.candidate.rollup) ? RAW_SCAN_ROWS : 0
  for (const [piece, who] of chosen.entries()) {
    const isRollup = (i: number) => grid.contenders[i]!.candidate.rollup !== null
    const all = [...grid.contenders.keys()].filter((i) => grid.covers(piece, i))
    const isFresh = all.some((i) => isRollup(i) && !grid.part(piece, i).stale)
    if (who < 0) price += all.length > 0 ? missingPrice(lengthMs(grid.pieces[piece]!), STEP_MS) : 0
    else if (!all.includes(who) || (isFresh && grid.part(piece, who).stale)) return Number.POSITIVE_INFINITY
    else price += grid.rows(piece, who) * (isRollup(who) ? 1 : RAW_ROW)
    const before = chosen[piece - 1]
    if (before === undefined || before === who) continue
    if (before >= 0 && who >= 0 && isRollup(before) && isRollup(who)) price += SWITCH_ROWS
    for (const side of grid.touches(piece) ? [before, who] : []) {
      const grain = grid.contenders[side]?.candidate.rollup?.version.grain
      const edge = grid.pieces[piece]!.start
      if (grain && bucketStart(grain, edge) !== edge) return Number.POSITIVE_INFINITY
    }
  }
  return price
}

function* choicesOf(pieces: number, contenders: number): Generator<number[]> {
  if (pieces === 0) return yield []
  for (const rest of choicesOf(pieces - 1, contenders)) {
    for (let who = -1; who < contenders; who++) yield [...rest, who]
  }
}

function assertCheapest(grid: Grid): void {
  const { chosen, price } = cheapest(grid, STEP_MS)
  let least = Number.POSITIVE_INFINITY
  for (const choice of choicesOf(grid.pieces.length, grid.contenders.length))
    least = Math.min(least, priceOf(grid, choice))
  const own = priceOf(grid, chosen)
  assert.ok(own <= least + 1e-3, `chose ${chosen} at ${own}, the least is ${least}`)
  assert.ok(Number.isFinite(price))
}

test('property: nothing that may be chosen is cheaper', () => {
  fc.assert(
    fc.property(rollups, raws, intervals, (held, raw, asked) => {
      const contenders = [...held, ...raw].map(contenderOf).filter(({ offer }) => offer.pieces.length > 0)
      const inside = contenders.map((each) => ({
        ...each,
        offer: {
          ...each.offer,
          pieces: each.offer.pieces.filter(({ start, end }) => asked.some((i) => i.start <= start && end <= i.end)),
        },
      }))
      assertCheapest(new Grid(asked, inside))
    }),
    { numRuns: 150, seed: SEED },
  )
})

test('property: leaving out who cannot win does not change the price', () => {
  const many = fc.array(heldOf('PT1H', 1), { minLength: 3, maxLength: 6 })
  fc.assert(
    fc.property(many, fc.boolean(), (held, alike) => {
      const first = held[0]!
      const same = alike
        ? held.map((each, i) => ({
            ...first,
            windows: first.windows.map((w, j) => ({ ...w, rows: (each.windows[j]?.rows ?? i) % 500 })),
          }))
        : held
      const contenders = same.map(contenderOf)
      const asked = [{ start: at(0), end: at(12) }]
      const all = cheapest(new Grid(asked, contenders), STEP_MS)
      const left = competitive(contenders)
      assert.ok(left.length <= contenders.length)
      assert.equal(cheapest(new Grid(asked, left), STEP_MS).price, all.price)
    }),
    { numRuns: 300, seed: SEED },
  )
})

test('of contenders with the same windows only the cheapest is weighed, whatever their order', () => {
  const held = (rows: number): Held => ({ grain: 'PT1H', windows: [{ hour: 0, rows, stale: false }] })
  const rowsLeft = (...rows: number[]) =>
    competitive(rows.map((each, i) => contenderOf(held(each), i))).map(({ offer }) => offer.pieces[0]!.run!.rows)
  assert.deepEqual(rowsLeft(5, 3, 9), [3])
  assert.deepEqual(rowsLeft(3, 3, 5), [3])
  const open = contenderOf(held(3), 0)
  const { pieces } = open.offer
  const shorter = { ...open.offer, pieces: pieces.map((piece) => ({ ...piece, end: piece.end - STEP_MS })) }
  const three = [{ ...open, offer: shorter }, open, open]
  assert.equal(competitive(three).length, 2, 'one that serves less of a run does not stand for one that serves more')
})
