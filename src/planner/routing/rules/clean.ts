import { sift } from '../pieces.ts'
import type { CoverageRule } from '../rule.ts'
import { isRecent } from './recent.ts'

/**
 * E10, second part. A window that lacks late data goes to another source until it is rolled up again:
 *   11:07 dirty ▸ 11:07/11:08 is taken away; with maxStaleness, served and flagged when it was read recently enough
 */
export const CLEAN: CoverageRule = {
  kind: 'coverage',
  name: 'clean',
  narrow({ rollup }, { pieces }, asked) {
    return sift(pieces, (piece) => {
      if (!piece.run?.dirty) return 'keep'
      if (isRecent(piece.run, asked)) return 'stale'
      const detail = () => `late data is known that ${rollup?.version.id ?? 'it'} lacks there`
      return { code: 'DIRTY', interval: piece, detail }
    })
  },
}
