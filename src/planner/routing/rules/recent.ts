import type { CoverageRun } from '../../../model/coverage.ts'
import type { Asked } from '../asked.ts'

/** With maxStaleness: everything that had arrived up to that long ago is in it. */
export function isRecent(run: CoverageRun, { question }: Asked): boolean {
  const { freshness, now } = question
  return freshness.kind === 'maxStaleness' && now - run.through <= freshness.ms
}
