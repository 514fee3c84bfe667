import type { Grid } from './grid.ts'

/** Touching pieces that one contender serves, both ends included. */
interface Stretch {
  readonly first: number
  readonly last: number
  readonly chosen: number
}

/**
 * Keeps a plan from falling to pieces: above `stretchesMax` the smallest stretches of rollups go to raw, where raw
 * holds them.
 *   push raw push raw push ▸ push ──── raw ──── push
 */
export function capped(grid: Grid, chosen: readonly number[], stretchesMax: number): readonly number[] {
  const raw = grid.contenders.findIndex(({ candidate }) => !candidate.rollup)
  const stretches = stretchesOf(grid, chosen)
  if (raw < 0 || stretches.length <= stretchesMax) return chosen
  const movable = stretches.filter((stretch) => isMovable(grid, stretch, raw))
  const lengthOf = ({ first, last }: Stretch): number => grid.pieces[last]!.end - grid.pieces[first]!.start
  const out = [...chosen]
  for (const { first, last } of movable.sort((a, b) => lengthOf(a) - lengthOf(b) || a.first - b.first)) {
    if (stretchesOf(grid, out).length <= stretchesMax) break
    out.fill(raw, first, last + 1)
  }
  return out
}

function isMovable(grid: Grid, { first, last, chosen }: Stretch, raw: number): boolean {
  if (chosen < 0 || chosen === raw) return false
  for (let piece = first; piece <= last; piece++) if (!grid.covers(piece, raw)) return false
  return true
}

function stretchesOf(grid: Grid, chosen: readonly number[]): Stretch[] {
  const stretches: Stretch[] = []
  for (const [i, who] of chosen.entries()) {
    const last = stretches.at(-1)
    if (last?.chosen === who && grid.touches(i)) stretches[stretches.length - 1] = { ...last, last: i }
    else stretches.push({ first: i, last: i, chosen: who })
  }
  return stretches
}
