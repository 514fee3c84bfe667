import { channel } from 'node:diagnostics_channel'
import { CHANNELS } from '../../model/channels.ts'
import { LanewayError } from '../../model/errors.ts'
import { EVERYTHING } from '../../model/filter.ts'
import { bucketEnd } from '../../model/granularity.ts'
import type { Scope } from '../../model/scope.ts'
import type { Source } from '../../ports/source.ts'
import { readDataset } from '../logical/asking.ts'
import { Problems } from '../logical/problems.ts'
import type { Asked } from './parts.ts'
import type { Told } from './publish.ts'
import type { KeptBucket, ReadBucket, SettledBook } from './settled-book.ts'
import type { SettledBooks } from './settled-books.ts'
import { newestBuckets, type Prospect, SettledBuckets } from './settled-buckets.ts'
import { columnOf } from './settled-column.ts'
import type { SettledAnswer, SettledFamily, SettledRequest, UnsettledMetric } from './settled-contract.ts'
import { type FamilyPlan, planFamilies } from './settled-families.ts'
import { familyOf } from './settled-series.ts'

/** One family in the making. */
interface Candidate extends Prospect {
  readonly plan: FamilyPlan
  readonly book: SettledBook
  readonly read: ReadBucket
}

interface Outcome {
  readonly family: SettledFamily | null
  readonly unsettled: UnsettledMetric | null
  /** What makes it another answer. */
  readonly version: string
}

/** plan ▸ look at coverage ▸ choose buckets ▸ read what is not kept ▸ tell, in a turn of its own. */
export async function settled(
  request: SettledRequest,
  asked: Asked,
  books: SettledBooks,
): Promise<Told<SettledAnswer>> {
  const { catalog, options } = asked
  const problems = new Problems()
  const dataset = readDataset(request.dataset, catalog, problems)
  problems.throwIfAny()
  const { plans, unserved } = planFamilies(dataset!, request, options.scope)
  const push = asked.hall.byId.get('push')
  if (!push) return told([], [...unserved, ...plans.map(({ metric }) => metric)], catalog.version)
  const advancing: Advancing = { request, asked, books, rowsRead: 0 }
  const outcomes = await books.inTurn(() => advanceAll(plans, push, advancing))
  options.signal.throwIfAborted()
  return { ...told(outcomes, unserved, catalog.version), rows: advancing.rowsRead }
}

interface Advancing {
  readonly request: SettledRequest
  readonly asked: Asked
  readonly books: SettledBooks
  rowsRead: number
}

async function advanceAll(
  plans: readonly FamilyPlan[],
  push: Source,
  advancing: Advancing,
): Promise<readonly Outcome[]> {
  const { asked, books } = advancing
  const candidates = plans.map((plan) => candidateOf(plan, push, advancing))
  const newest = newestBuckets(candidates)
  const outcomes: Outcome[] = []
  for (const [i, candidate] of candidates.entries()) outcomes.push(await advance(candidate, newest[i]!, advancing))
  books.keepWithinLimits(asked.now)
  return outcomes
}

function candidateOf(plan: FamilyPlan, push: Source, advancing: Advancing): Candidate {
  const { rollup, measure } = plan
  const book = advancing.books.of(plan)
  const coverage = push.coverage(rollup.dataset, rollup.defHash, [measure])
  const settled = new SettledBuckets(coverage, rollup.grain)
  return { plan, book, settled, grain: rollup.grain, told: book.told, read: readerOf(plan, push, advancing) }
}

async function advance(candidate: Candidate, newest: number | null, advancing: Advancing): Promise<Outcome> {
  const { plan, book, settled, read } = candidate
  const { request, asked, books } = advancing
  const { metric, counted } = plan
  const isOld = newest === null || bucketEnd(candidate.grain, newest) < asked.now - books.limits.lookbackMsMax
  if (isOld) return unsettledAs({ metric, why: 'cold' })
  try {
    const cumulative = counted === 'cumulative'
    const { time } = request
    const { buckets, corrected } = await book.advance({ newest, time, settled, cumulative, now: asked.now, read })
    if (corrected > 0) publishCorrected(corrected)
    if (buckets.length === 0) return { family: null, unsettled: null, version: '' }
    return tellingOf(plan, buckets, asked.options.scope)
  } catch (error) {
    if (error instanceof LanewayError) return unsettledAs({ metric, why: error })
    throw error
  }
}

/** Whole windows of one rollup, all groups: what a caller may see is chosen when it is told. */
function readerOf({ rollup, measure }: FamilyPlan, push: Source, advancing: Advancing): ReadBucket {
  return async (bucket, near) => {
    const end = bucketEnd(rollup.grain, bucket)
    const scan = {
      kind: 'states',
      dataset: rollup.dataset,
      version: rollup.defHash,
      rollup: rollup.id,
      intervals: [{ start: bucket, end }],
      granularity: rollup.grain,
      allStart: bucket,
      groupBy: rollup.labels,
      pinned: {},
      filter: EVERYTHING,
      measures: [measure],
    } as const
    // Others wait for the same bucket: it is read to its end, whoever leaves.
    const frame = await push.run(scan, new AbortController().signal)
    advancing.rowsRead += frame.rowsRead
    return { column: columnOf(frame, measure, (end - bucket) / rollup.stepMs, near), raw: frame.raw }
  }
}

function tellingOf(plan: FamilyPlan, buckets: readonly KeptBucket[], scope: Scope): Outcome {
  const { metric, rollup, counted } = plan
  const version = JSON.stringify([metric.name, rollup.defHash, counted, buckets.map(({ bucket }) => bucket)])
  return { family: familyOf(plan, buckets, scope), unsettled: null, version }
}

const unsettledAs = (unsettled: UnsettledMetric): Outcome => ({
  family: null,
  unsettled,
  version: unsettledKey(unsettled),
})
const unsettledKey = ({ metric, why }: UnsettledMetric): string =>
  JSON.stringify([metric.name, why === 'cold' ? why : why.code])

function told(
  outcomes: readonly Outcome[],
  unserved: readonly UnsettledMetric['metric'][],
  catalogVersion: number,
): Told<SettledAnswer> {
  const cold = unserved.map((metric): UnsettledMetric => ({ metric, why: 'cold' }))
  const families = outcomes.flatMap(({ family }) => family ?? [])
  const unsettled = [...outcomes.flatMap((each) => each.unsettled ?? []), ...cold]
  const version = JSON.stringify([catalogVersion, outcomes.map((each) => each.version), cold.map(unsettledKey)])
  return { value: { families, unsettled, version }, lane: 'control', rows: 0 }
}

function publishCorrected(corrected: number): void {
  const exports = channel(CHANNELS.export)
  if (exports.hasSubscribers) exports.publish({ event: 'corrected', buckets: corrected })
}
