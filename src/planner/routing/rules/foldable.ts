import type { MeasureRef, Missing, Space } from '../../../model/measure.ts'
import type { Asked } from '../asked.ts'
import type { RollupFacts } from '../candidate.ts'
import type { MeasureRule } from '../rule.ts'

/** One row of the table in docs/semantics.md: rows above the base step that may be folded by dropping labels. */
export interface FoldingRow {
  readonly spaces: readonly Space[]
  readonly times: readonly MeasureRef['time'][]
  /** Only where missing steps count as this. */
  readonly missing?: Missing
}

/**
 * What is not here is refused, a worker's `EVERY` too: of MAX with SUM, say, the sum of the groups' sums is not the
 * sum of the steps' maxima.
 */
export const FOLDING_TABLE: readonly FoldingRow[] = [
  { spaces: ['SUM'], times: ['SUM'] },
  { spaces: ['SUM'], times: ['AVG'], missing: 'zero' },
  { spaces: ['SUM', 'MIN', 'MAX', 'COUNT', 'AVG'], times: ['LAST'] },
  { spaces: ['MAX'], times: ['MAX'] },
  { spaces: ['MIN'], times: ['MIN'] },
  { spaces: ['COUNT'], times: ['SUM'] },
  { spaces: ['COUNT'], times: ['AVG'], missing: 'zero' },
]

/**
 * E7. Dropping labels is exact for the measure. Labels that are grouped by or pinned to one value are not dropped:
 *   MAX over time of SUM, rollup by topic and broker at PT1H, grouped by topic ▸ rejected: brokers peak at other steps
 *   the same with broker = '1', or from rows at the base step                  ▸ passes
 */
export const foldableBy = (table: readonly FoldingRow[]): MeasureRule => ({
  kind: 'measure',
  name: 'foldable',
  judge({ rollup }, { ref }, asked) {
    if (!rollup || rollup.base) return null
    const dropped = droppedLabel(rollup, asked)
    if (dropped === undefined || table.some((row) => allows(row, ref))) return null
    const { id, grain } = rollup.version
    const what = ref.time === 'EVERY' ? `all states of ${ref.space}` : `${ref.time} over time of ${ref.space}`
    const detail = () => `${what} cannot drop ${dropped} from rows of ${grain} in ${id}`
    return { code: 'NOT_FOLDABLE', metric: ref.metric, label: dropped, detail }
  },
})

export const FOLDABLE = foldableBy(FOLDING_TABLE)

const droppedLabel = (rollup: RollupFacts, { groupBy, pinned }: Asked): string | undefined =>
  rollup.version.labels.find((label) => !groupBy.has(label) && !pinned.has(label) && !rollup.pinned.has(label))

const allows = ({ spaces, times, missing }: FoldingRow, measure: MeasureRef): boolean =>
  spaces.includes(measure.space) &&
  times.includes(measure.time) &&
  (missing === undefined || missing === measure.missing)
