import type { CatalogVersion, RollupVersion } from '../../model/definition.ts'
import { type Interval, intersectAll, totalMs } from '../../model/interval.ts'
import { compareText } from '../../model/label.ts'
import { measureKey, type StateMeasure } from '../../model/measure.ts'
import type { Allotment } from './allot.ts'
import { factsOf } from './candidate.ts'
import { type Judged, judge, mayServe, offerOf } from './judge.ts'
import { type Considered, coverageOf } from './report.ts'

/** Changes that are thought through before giving up; catalogs may have thousands of rollups. */
const CHANGES_TRIED_MAX = 16

/** What one rollup would have to keep besides. */
interface Change {
  readonly judged: Judged
  readonly changed: RollupVersion
  readonly labels: readonly string[]
  readonly measures: readonly StateMeasure[]
}

/**
 * The smallest addition to one rollup that would have served what went to raw or is missing:
 *   raw, because cloud/topic_1m keeps no broker ▸ "keeping metric.broker in cloud/topic_1m would have covered 100 %"
 * null when no such addition helps, and when nothing went to raw that a rollup could have served.
 */
export function hintOf(considered: Considered, catalog: CatalogVersion): string | null {
  for (const allotment of considered.allotments) {
    const unserved = allotment.grid.pieces.filter(
      (_, i) => !allotment.contenders[allotment.chosen[i]!]?.candidate.rollup,
    )
    const hint = unserved.length > 0 ? hintFor(allotment, unserved, considered, catalog) : null
    if (hint) return hint
  }
  return null
}

function hintFor(
  { lot }: Allotment,
  unserved: readonly Interval[],
  considered: Considered,
  catalog: CatalogVersion,
): string | null {
  const changes = considered
    .all()
    .flatMap((judged) => changeFor(judged, lot.measures, considered) ?? [])
    .filter((change) => isPossible(change, catalog))
    .sort((a, b) => sizeOf(a) - sizeOf(b))
  let best: { readonly change: Change; readonly ms: number } | null = null
  for (const change of changes.slice(0, CHANGES_TRIED_MAX)) {
    if (best && sizeOf(change) > sizeOf(best.change)) break
    const served = servedBy(change, lot.measures, considered)
    if (totalMs(intersectAll(served, unserved)) > 0 && totalMs(served) > (best?.ms ?? 0)) {
      best = { change, ms: totalMs(served) }
    }
  }
  return best && textOf(best.change, best.ms / totalMs(considered.asked.question.intervals))
}

const sizeOf = ({ labels, measures }: Change): number => labels.length + measures.length

/** What would answer the reasons against a candidate; null when something else speaks against it, or nothing. */
function changeFor(judged: Judged, lot: readonly number[], { asked }: Considered): Change | null {
  const version = judged.candidate.rollup?.version
  const objections = [...judged.wholly, ...lot.flatMap((measure) => judged.byMeasure[measure]!)]
  if (!version || objections.length === 0 || objections.some(({ code }) => !ADDITIONS.has(code))) return null
  const labels = new Set(objections.flatMap(({ label }) => label ?? []))
  const lacking = lot.filter((measure) => judged.byMeasure[measure]!.length > 0)
  const measures = lacking.map((measure) => asked.measures[measure]!.ref)
  const changed = {
    ...version,
    labels: [...version.labels, ...labels].sort(compareText),
    measures: [...version.measures, ...measures],
  }
  return { judged, changed, labels: [...labels].sort(compareText), measures }
}

const ADDITIONS: ReadonlySet<string> = new Set(['LABEL_MISSING', 'FILTER_LABEL_MISSING', 'MEASURE_MISSING'])

/** A catalog is refused when a measure of a rollup does not have one of its labels. */
function isPossible({ changed }: Change, catalog: CatalogVersion): boolean {
  const metrics = catalog.datasets.get(changed.dataset)?.metrics
  return changed.measures.every(({ metric }) => {
    const labels = metrics?.get(metric)?.labels
    return labels !== undefined && changed.labels.every((label) => labels.includes(label))
  })
}

/** Where the changed rollup would have served the measures, had it the windows it has now. */
function servedBy(
  { judged, changed }: Change,
  measures: readonly number[],
  considered: Considered,
): readonly Interval[] {
  const { asked, rules } = considered
  const candidate = { ...judged.candidate, rollup: factsOf(changed) }
  const again = judge(candidate, asked, rules)
  if (measures.some((measure) => !mayServe(again, measure))) return []
  return offerOf(candidate, coverageOf(judged, considered), asked, rules).pieces
}

function textOf({ changed, labels, measures }: Change, share: number): string {
  const additions = [
    ...(labels.length > 0 ? [`keeping ${labels.join(' and ')}`] : []),
    ...(measures.length > 0 ? [`storing ${measures.map(measureKey).join(' and ')}`] : []),
  ]
  return `${additions.join(' and ')} in ${changed.id} would have covered ${Math.floor(share * 100)} %`
}
