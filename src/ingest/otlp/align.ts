import type { DatasetDefinition } from '../../model/definition.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../model/granularity.ts'
import { floorTo } from '../../model/interval.ts'
import { numericOf } from '../../model/measure.ts'
import type { Num } from '../../model/number.ts'
import { advance } from './advance.ts'
import { type BatchBuilder, msOf, type Row } from './batch.ts'
import type { IntakeLimits } from './limits.ts'
import { metricKey } from './register.ts'
import type { Part, RejectReason, SentPoint } from './sent.ts'
import type { SeriesResolver, Target } from './series.ts'
import type { SeriesGuard } from './series-guard.ts'
import type { StreamDraft } from './streams.ts'
import type { Tally } from './tally.ts'
import { converted, isReason } from './values.ts'

/** What holds for a dataset that no catalog file defines. */
export const DATASET_DEFAULTS: Pick<DatasetDefinition, 'stepMs' | 'dedupeMs' | 'retentionRawMs'> = {
  stepMs: MINUTE_MS,
  dedupeMs: HOUR_MS,
  retentionRawMs: 7 * DAY_MS,
}

export interface AlignWorld {
  readonly limits: IntakeLimits
  readonly resolver: SeriesResolver
  readonly guard: SeriesGuard
  readonly draft: StreamDraft
  readonly batch: BatchBuilder
  /** Why a metric that wanted to register itself may not, by `metricKey`. */
  readonly refusals: ReadonlyMap<string, RejectReason>
}

/** A part of a point together with one series it feeds. */
interface Feed {
  readonly index: number
  readonly part: Part
  readonly target: Target
}

/**
 * Aligns one request: repeats dropped, totals to increases, steps, mapping to series. Rows go to the batch and stream
 * changes to the draft; a rejected point leaves its stream as it was, so the next reading brings what it would have.
 */
export function alignRequest(points: readonly SentPoint[], arrivedMs: number, tally: Tally, world: AlignWorld): void {
  for (const point of points) {
    const dataset = world.resolver.datasetOf(point.metric.resource)
    tally.note(dataset, 'points')
    const reason = alignPoint(point, { dataset, arrivedMs, tally }, world)
    if (reason !== null) tally.reject(dataset, reason, point.metric.name)
  }
}

interface Arrival {
  readonly dataset: string
  readonly arrivedMs: number
  readonly tally: Tally
}

/** Why the point was rejected, or null. */
function alignPoint(point: SentPoint, arrival: Arrival, world: AlignWorld): RejectReason | null {
  const { dataset, tally } = arrival
  if (point.fault === 'no_value') {
    tally.note(dataset, 'noValue')
    return null
  }
  const fault = faultOf(point, arrival.arrivedMs, world)
  if (fault !== null) return fault
  const { feeds, reason, dropped } = feedsOf(point, dataset, world)
  if (feeds.length === 0) {
    if (reason === null) tally.note(dataset, 'skipped')
    return reason
  }
  tally.note(dataset, 'attributesDropped', point.dropped)
  tally.note(dataset, 'partsDropped', dropped)
  return alignFeeds(point, feeds, arrival, world)
}

/** What is wrong with a point before one looks at its metric. */
export function faultOf(
  point: SentPoint,
  arrivedMs: number,
  { resolver, limits }: Pick<AlignWorld, 'resolver' | 'limits'>,
): RejectReason | null {
  if (point.fault !== null && point.fault !== 'no_value') return point.fault
  const dataset = resolver.datasetOf(point.metric.resource)
  if (dataset === '') return 'dataset_invalid'
  const { retentionRawMs } = resolver.definition(dataset) ?? DATASET_DEFAULTS
  const timeMs = msOf(point.timeNs)
  if (timeMs > arrivedMs + limits.aheadMsMax) return 'too_far_ahead'
  return timeMs < arrivedMs - retentionRawMs ? 'too_old' : null
}

function alignFeeds(
  point: SentPoint,
  feeds: readonly Feed[],
  arrival: Arrival,
  world: AlignWorld,
): RejectReason | null {
  const { dataset, tally } = arrival
  const rules = world.resolver.definition(dataset) ?? DATASET_DEFAULTS
  const moved = advance(point, world.draft, rules)
  if (moved.kind === 'negative') return 'negative_increase'
  if (moved.kind !== 'taken') {
    tally.note(dataset, moved.kind === 'repeat' ? 'repeats' : 'notLater')
    return null
  }
  if (moved.isNewStream && world.draft.full) return 'stream_limit'
  const step = floorTo(Number(point.timeNs / 1_000_000n), rules.stepMs)
  const { rows, reason } = rowsOf(feeds, moved.changes, { dataset, stepMs: step, timeNs: point.timeNs })
  if (rows.length === 0 && reason !== null) return reason
  moved.remember(world.draft)
  for (const row of rows) world.batch.add(row)
  if (rows.length > 0 && arrival.arrivedMs > step + rules.stepMs + world.limits.earlyMs) {
    world.batch.markLate({ dataset, stepMs: step })
    tally.note(dataset, 'late')
  }
  tally.note(dataset, 'stored', rows.length)
  tally.note(dataset, 'resets', moved.reset ? 1 : 0)
  tally.note(dataset, 'baselines', moved.baseline ? 1 : 0)
  return null
}

function rowsOf(
  feeds: readonly Feed[],
  changes: readonly (Num | null)[],
  place: Pick<Row, 'dataset' | 'stepMs' | 'timeNs'>,
): { readonly rows: readonly Row[]; readonly reason: RejectReason | null } {
  const rows: Row[] = []
  let reason: RejectReason | null = null
  for (const { index, part, target } of feeds) {
    const change = changes[index] ?? null
    if (change === null) continue
    const value = converted(change, part.numeric, numericOf(target.type))
    if (isReason(value)) reason ??= value
    else rows.push({ ...place, target, value })
  }
  return { rows, reason }
}

/** The series a point feeds; without any, the reason, or null where the catalog leaves the point out. */
function feedsOf(
  point: SentPoint,
  dataset: string,
  world: AlignWorld,
): { readonly feeds: readonly Feed[]; readonly reason: RejectReason | null; readonly dropped: number } {
  const feeds: Feed[] = []
  let reason: RejectReason | null = null
  let dropped = 0
  for (const [index, part] of point.parts.entries()) {
    const resolution = world.resolver.resolve(dataset, point, part)
    let fault: RejectReason | null = null
    if (resolution.kind === 'refused') fault = resolution.reason
    if (resolution.kind === 'unknown') fault = refusalOf(dataset, resolution.descriptor.name, world)
    for (const target of resolution.kind === 'targets' ? resolution.targets : []) {
      const refused = feedFault(part, target, dataset, world)
      if (refused === null) feeds.push({ index, part, target })
      fault ??= refused
    }
    if (fault !== null) dropped++
    reason ??= fault
  }
  return { feeds, reason, dropped }
}

/** Without a refusal of its own the metric came with another type or unit in the same commit, or changed since. */
const refusalOf = (dataset: string, metric: string, world: AlignWorld): RejectReason =>
  world.refusals.get(metricKey(dataset, metric)) ?? 'metric_conflict'

/** Also for readings that only set a baseline: the value itself must be one that the metric can have. */
function feedFault(part: Part, target: Target, dataset: string, world: AlignWorld): RejectReason | null {
  const value = converted(part.value, part.numeric, numericOf(target.type))
  if (isReason(value) && value !== 'out_of_range') return value
  return world.guard.admit(dataset, target.seriesId, world.draft.nowMs) ? null : 'series_limit'
}
