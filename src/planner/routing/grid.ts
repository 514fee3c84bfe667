import { bucketCeil, bucketStart, type Grain, roughMs } from '../../model/granularity.ts'
import type { Interval } from '../../model/interval.ts'
import type { Candidate } from './candidate.ts'
import type { Offer } from './judge.ts'
import { rowsBetween } from './pieces.ts'
import type { Piece } from './rule.ts'

/** A candidate that covers something of the question. */
export interface Contender {
  readonly candidate: Candidate
  readonly offer: Offer
}

/**
 * Elementary pieces: time inside which nothing changes, for every contender either covers all of it, in one run, or
 * nothing of it.
 *
 *   asked     [---------------------]
 *   PT1H            [-------------]
 *   PT1M      [--------]  [-------]         (a hole: dirty)
 *   raw       [---------------------]
 *   pieces    [....|...|..|.......|.]
 */
export class Grid {
  readonly contenders: readonly Contender[]
  readonly pieces: readonly Interval[]
  /** By piece, then by contender: rows to read; NaN where it does not cover the piece. */
  readonly #rows: number[]
  /** By piece, then by contender: position in its offer. */
  readonly #parts: number[]

  constructor(intervals: readonly Interval[], contenders: readonly Contender[]) {
    this.contenders = contenders
    this.pieces = cut(intervals, edgesOf(intervals, contenders))
    this.#rows = new Array<number>(this.pieces.length * contenders.length).fill(Number.NaN)
    this.#parts = new Array<number>(this.#rows.length).fill(-1)
    for (const column of contenders.keys()) this.#fill(column)
  }

  covers(piece: number, contender: number): boolean {
    return !Number.isNaN(this.#rows[piece * this.contenders.length + contender])
  }

  rows(piece: number, contender: number): number {
    return this.#rows[piece * this.contenders.length + contender]!
  }

  /** The part of the contender's offer that the piece lies in; only where it covers it. */
  part(piece: number, contender: number): Piece {
    return this.contenders[contender]!.offer.pieces[this.#parts[piece * this.contenders.length + contender]!]!
  }

  /** Whether the piece begins where the one before ends. */
  touches(piece: number): boolean {
    return piece > 0 && this.pieces[piece - 1]!.end === this.pieces[piece]!.start
  }

  #fill(column: number): void {
    const { pieces, coverage } = this.contenders[column]!.offer
    let at = 0
    for (const [row, { start, end }] of this.pieces.entries()) {
      while (at < pieces.length && pieces[at]!.end <= start) at++
      const part = pieces[at]
      if (!part || part.start > start) continue
      const cell = row * this.contenders.length + column
      this.#parts[cell] = at
      this.#rows[cell] = part.run ? rowsBetween(part.run, start, end, coverage.asOf) : 0
    }
  }
}

function cut(intervals: readonly Interval[], edges: readonly number[]): Interval[] {
  const pieces: Interval[] = []
  let at = 0
  for (const { start, end } of intervals) {
    while (edges[at]! < start) at++
    for (; edges[at]! < end; at++)
      if (edges[at + 1]! > edges[at]!) pieces.push({ start: edges[at]!, end: edges[at + 1]! })
  }
  return pieces
}

/** Ascending, each once; edges that lie in no interval do no harm. */
function edgesOf(intervals: readonly Interval[], contenders: readonly Contender[]): number[] {
  const found: number[] = []
  for (const { start, end } of intervals) found.push(start, end)
  for (const { offer } of contenders) for (const { start, end } of offer.pieces) found.push(start, end)
  let edges = ascending(found)
  for (const grain of coarseGrains(contenders)) edges = ascending(aroundWindows(grain, edges))
  return edges
}

function ascending(edges: number[]): number[] {
  edges.sort((a, b) => a - b)
  return edges.filter((edge, i) => edge !== edges[i - 1])
}

/**
 * Grains whose windows an edge of somebody else may cut. With cuts around that window too, it can be served whole or
 * left out. Coarse ones first, so that the cuts they add are cut around again by finer ones.
 */
function coarseGrains(contenders: readonly Contender[]): Grain[] {
  const grains = new Set<Grain>()
  for (const { candidate } of contenders)
    if (candidate.rollup?.base === false) grains.add(candidate.rollup.version.grain)
  return [...grains].sort((a, b) => roughMs(b) - roughMs(a))
}

function aroundWindows(grain: Grain, edges: readonly number[]): number[] {
  const out: number[] = []
  for (const edge of edges) {
    out.push(edge)
    const start = bucketStart(grain, edge)
    if (start !== edge) out.push(start, bucketCeil(grain, edge))
  }
  return out
}
