import type { Coverage, CoverageRun } from '../../model/coverage.ts'
import { type Interval, intersect, isEmpty, totalMs } from '../../model/interval.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { RouteSlice, RoutingWorld } from '../routing/route.ts'

/** A stretch of a slice whose windows are alike; what they were read from is null where only a read can tell. */
export interface SlicePart {
  readonly interval: Interval
  readonly raw: number | null
  readonly asOf: number | null
}

/** What coverage said about a slice when it was planned. */
export interface Sight {
  readonly parts: readonly SlicePart[]
  /** From here on windows were read before they had ended, so steps may still come; infinite where all had ended. */
  readonly unfinishedFromMs: number
}

/** Stretches of one slice in a report; of more, each interval is told as a whole. */
const PARTS_MAX = 64

/**
 *     intervals   [-----------------]  [-----]
 *     coverage    [raw 4 ][7][raw 4 ]..[raw 4 ][open]
 *     parts       [------][-][------]  [-----]
 */
export function sightOf(slice: RouteSlice, question: LogicalQuery, world: RoutingWorld): Sight {
  if (!slice.rollup) return { parts: wholes(slice), unfinishedFromMs: Number.POSITIVE_INFINITY }
  const measures = slice.measures.map((position) => question.measures[position]!)
  const { runs, asOf } = world.coverage(slice.source, slice.rollup.defHash, measures)
  const seen = { asOf, runs: runs.filter(({ interval }) => slice.intervals.some((each) => touches(each, interval))) }
  const unfinished = seen.runs.filter(({ interval, settled, through }) => !settled && through < interval.end)
  return { parts: partsOf(slice, seen), unfinishedFromMs: Math.min(...unfinished.map(({ through }) => through)) }
}

const touches = (a: Interval, b: Interval): boolean => !isEmpty(intersect(a, b))

const wholes = ({ intervals }: RouteSlice): SlicePart[] =>
  intervals.map((interval) => ({ interval, raw: null, asOf: null }))

function partsOf(slice: RouteSlice, { runs, asOf }: Coverage): readonly SlicePart[] {
  const parts: SlicePart[] = []
  for (const interval of slice.intervals) {
    for (const run of runs) if (touches(interval, run.interval)) pushPart(parts, partOf(run, interval, asOf))
  }
  const isWhole = totalMs(parts.map(({ interval }) => interval)) === totalMs(slice.intervals)
  return isWhole && parts.length <= Math.max(PARTS_MAX, slice.intervals.length) ? parts : wholes(slice)
}

/** Settled windows show whatever has been applied since, others only what they were read from. */
const partOf = ({ interval, settled, raw, through }: CoverageRun, within: Interval, asOf: number): SlicePart => ({
  interval: intersect(interval, within),
  raw,
  asOf: settled ? asOf : Math.min(asOf, through),
})

function pushPart(parts: SlicePart[], part: SlicePart): void {
  const last = parts.at(-1)
  const joins = last?.interval.end === part.interval.start && last.raw === part.raw && last.asOf === part.asOf
  if (!joins) parts.push(part)
  else parts[parts.length - 1] = { ...last, interval: { start: last.interval.start, end: part.interval.end } }
}
