import { sift } from '../pieces.ts'
import type { CoverageRule } from '../rule.ts'

/**
 * E10, first part. Only what coverage publishes, never what rows seem to show:
 *   asked 10:00/12:00, covered 10:00/11:40 ▸ 11:40/12:00 is taken away
 *   no window of the version covered yet   ▸ the same, as BUILDING
 */
export const COVERED: CoverageRule = {
  kind: 'coverage',
  name: 'covered',
  narrow({ source, rollup }, { pieces, coverage }) {
    const code = rollup && coverage.runs.length === 0 ? 'BUILDING' : 'NO_COVERAGE'
    const what = rollup ? rollup.version.id : 'raw points'
    const detail = () =>
      code === 'BUILDING' ? `${source} covers no window of ${what} yet` : `${source} does not cover ${what} there`
    return sift(pieces, (piece) => (piece.run ? 'keep' : { code, interval: piece, detail }))
  },
}
