import { formatTime } from '../../../model/interval.ts'
import { sift } from '../pieces.ts'
import type { CoverageRule, Objection, Piece } from '../rule.ts'
import { isRecent } from './recent.ts'

/**
 * E10, third part. As fresh as asked:
 *   sealed                ▸ open windows, and raw after the watermark, are taken away
 *   raw version at least 7 ▸ windows rolled up from version 6 are taken away
 *   a window that was read before its end misses what came since ▸ taken away; with maxStaleness, flagged
 */
export const FRESH: CoverageRule = {
  kind: 'coverage',
  name: 'fresh',
  narrow({ rollup }, { pieces }, asked) {
    const { freshness, rawAtLeast } = asked.question
    return sift(pieces, (piece) => {
      const { run } = piece
      if (!run) return 'keep'
      if (freshness.kind === 'sealed' && !run.settled) return stale(piece, () => 'not settled yet')
      if (run.raw < rawAtLeast) {
        return stale(piece, () => `rolled up from raw version ${run.raw}, asked for at least ${rawAtLeast}`)
      }
      if (!rollup || run.settled || run.through >= piece.end) return 'keep'
      return isRecent(run, asked) ? 'stale' : stale(piece, () => `read at ${formatTime(run.through)}, before its end`)
    })
  },
}

const stale = (interval: Piece, detail: () => string): Objection => ({ code: 'STALE', interval, detail })
