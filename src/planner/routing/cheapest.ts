import { bucketStart, type Grain } from '../../model/granularity.ts'
import { lengthMs } from '../../model/interval.ts'
import type { Grid } from './grid.ts'
import { missingPrice, RAW_ROW, RAW_SCAN_ROWS, SWITCH_ROWS } from './price.ts'

/** Sums of shares differ in their last digits with the order of adding. */
const EQUAL_ROWS = 1e-6

/** Who serves each elementary piece: position of the contender, or −1 for nobody; and what that costs. */
export interface Choice {
  readonly chosen: readonly number[]
  readonly price: number
}

/** The least total price: with a raw scan, which is dear to begin, or where rollups hold everything without one. */
export function cheapest(grid: Grid, stepMs: number): Choice {
  const open = new Walk(grid, stepMs, true).choice()
  const isRaw = (position: number) => position >= 0 && !grid.contenders[position]!.candidate.rollup
  if (!open.chosen.some(isRaw)) return open
  const closed = new Walk(grid, stepMs, false).choice()
  return closed.price <= open.price + RAW_SCAN_ROWS ? closed : open
}

/**
 * Dynamic programming from left to right: for each piece and contender, the cheapest way to have served all up to it.
 *
 *   edges   10:00      11:00   11:40     12:00
 *   PT1M       60 ─────   40 ─── 20              PT1H is entered and left between its windows only: 11:40, where
 *   PT1H               ╲  2  ─────               a hole of somebody else ends, is no way out of it
 *
 * At an equal price the contender that comes first wins; they stand in order of preference. The last column is
 * nobody: dear where a contender could serve, for nothing where none could.
 */
class Walk {
  readonly #grid: Grid
  readonly #stepMs: number
  readonly #withRaw: boolean
  readonly #nobody: number
  readonly #grains: readonly (Grain | null)[]
  /** By contender, of the piece before and of the piece at hand; infinite where there is no way. */
  #before: number[]
  #prices: number[]
  /** By piece, then by contender: who served the piece before; −1 at the begin. */
  readonly #from: number[]

  constructor(grid: Grid, stepMs: number, withRaw: boolean) {
    this.#grid = grid
    this.#stepMs = stepMs
    this.#withRaw = withRaw
    this.#nobody = grid.contenders.length
    this.#grains = grid.contenders.map(({ candidate }) => candidate.rollup?.version.grain ?? null)
    this.#before = new Array<number>(this.#nobody + 1).fill(0)
    this.#prices = new Array<number>(this.#nobody + 1).fill(0)
    this.#from = new Array<number>(grid.pieces.length * (this.#nobody + 1)).fill(-1)
  }

  choice(): Choice {
    const { pieces } = this.#grid
    for (const piece of pieces.keys()) {
      ;[this.#before, this.#prices] = [this.#prices, this.#before]
      this.#step(piece)
    }
    const least = this.#leastOf(this.#prices, () => true)
    return { chosen: this.#walkedBack(least), price: pieces.length === 0 ? 0 : this.#prices[least]! }
  }

  #step(piece: number): void {
    const edge = this.#grid.touches(piece) ? this.#grid.pieces[piece]!.start : null
    const exits = piece === 0 ? null : this.#exits(edge)
    const withStale = !this.#isHeldFresh(piece)
    let isServed = false
    for (let to = 0; to < this.#nobody; to++) {
      if (!this.#grid.covers(piece, to)) this.#prices[to] = Number.POSITIVE_INFINITY
      else {
        isServed = true
        const isUsable = (this.#grains[to] || this.#withRaw) && (withStale || !this.#grid.part(piece, to).stale)
        const rows = isUsable ? this.#grid.rows(piece, to) : Number.POSITIVE_INFINITY
        this.#enter(piece, to, { exits, edge, price: this.#grains[to] ? rows : rows * RAW_ROW })
      }
    }
    const price = isServed ? missingPrice(lengthMs(this.#grid.pieces[piece]!), this.#stepMs) : 0
    this.#enter(piece, this.#nobody, { exits, edge, price })
  }

  /** Data that is known to be behind serves only where no rollup holds better; it may still save going to raw. */
  #isHeldFresh(piece: number): boolean {
    for (let i = 0; i < this.#nobody; i++) {
      if (this.#grains[i] && this.#grid.covers(piece, i) && !this.#grid.part(piece, i).stale) return true
    }
    return false
  }

  /** Stays, or comes from the cheapest exit, where its windows allow it. */
  #enter(piece: number, to: number, { exits, edge, price }: Entry): void {
    let best = exits ? this.#before[to]! : 0
    let from = exits ? to : -1
    if (exits && this.#isFree(to, edge)) {
      for (const exit of exits) {
        const entered = this.#before[exit]! + (this.#grains[exit] && this.#grains[to] ? SWITCH_ROWS : 0)
        if (entered < best - EQUAL_ROWS) [best, from] = [entered, exit]
      }
    }
    this.#prices[to] = best + price
    this.#from[piece * (this.#nobody + 1) + to] = from
  }

  /** The cheapest rollup, the cheapest raw, and nobody, if they may be left: which of its kind it was is the same. */
  #exits(edge: number | null): number[] {
    const exits = [this.#nobody]
    const rollup = this.#leastOf(this.#before, (i) => this.#grains[i] !== null && this.#isFree(i, edge))
    const raw = this.#leastOf(this.#before, (i) => this.#grains[i] === null)
    if (raw >= 0) exits.unshift(raw)
    if (rollup >= 0) exits.unshift(rollup)
    return exits
  }

  /** Whether a plan may change to or from a contender there. */
  #isFree(contender: number, edge: number | null): boolean {
    const grain = this.#grains[contender]
    return edge === null || !grain || bucketStart(grain, edge) === edge
  }

  /** The first of the cheapest contenders; nobody when all others have no way, or when it is asked for all. */
  #leastOf(prices: readonly number[], isOne: (contender: number) => boolean): number {
    let least = -1
    for (let i = 0; i < prices.length; i++) {
      if (!Number.isFinite(prices[i]) || !isOne(i)) continue
      if (least < 0 || prices[i]! < prices[least]! - EQUAL_ROWS) least = i
    }
    return least
  }

  #walkedBack(least: number): number[] {
    const chosen = new Array<number>(this.#grid.pieces.length)
    let at = least
    for (let piece = chosen.length - 1; piece >= 0; piece--) {
      chosen[piece] = at === this.#nobody ? -1 : at
      at = this.#from[piece * (this.#nobody + 1) + at]!
    }
    return chosen
  }
}

interface Entry {
  /** null at the begin, where everybody is entered for nothing. */
  readonly exits: readonly number[] | null
  /** Where the piece before ends and this one begins; null when there is time between them. */
  readonly edge: number | null
  /** Of serving the piece. */
  readonly price: number
}
