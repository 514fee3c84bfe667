import type { ResultPoint, ResultSeries } from '../../model/frame.ts'
import { type Group, groupKey } from '../../model/label.ts'
import { type Answer, completenessOf } from '../../planner/engine.ts'

/** One point as it was last told. */
export interface ToldPoint {
  readonly group: Group
  readonly point: ResultPoint
  readonly complete: boolean
  /** Of the stream, when the point came or last changed. */
  readonly revision: number
}

export interface RemovedPoint {
  readonly group: Group
  readonly timestamp: number
  readonly revision: number
}

export interface Changes {
  /** In the answer's order. */
  readonly points: readonly ToldPoint[]
  readonly removed: readonly RemovedPoint[]
}

/** Removals that are remembered, whatever the size of the answer. */
const REMOVED_MIN = 1_000

/**
 * The newest answer, each point with the revision that brought it. What a reader lacks who stopped at any revision is
 * what carries a later one, so that one table serves news, slow readers and readers who come back:
 *
 *     revision     1      2      3
 *     10:00 a      7      ·      ·       ▸ 1      a reader at 2 lacks   10:02 a,  and that 09:59 a is gone
 *     10:01 a      5      9      ·       ▸ 2
 *     10:02 a                    4       ▸ 3
 *     09:59 a      1      ·   (gone)     ▸ 3
 *
 * Removals are forgotten oldest first; who stopped before one that was forgotten has to start anew.
 */
export class ChangingPoints {
  /** By group, in the answer's order; points in ascending time. */
  #series = new Map<string, readonly ToldPoint[]>()
  readonly #removed = new Map<string, RemovedPoint>()
  #count = 0
  #revision = 0
  #forgottenAt = 0
  #rest = ''

  get revision(): number {
    return this.#revision
  }

  /** What it holds, removals included. */
  get size(): number {
    return this.#count + this.#removed.size
  }

  /** Whether the answer differs from the one before. */
  take(answer: Answer): boolean {
    const revision = this.#revision + 1
    const { series, came, gone } = this.#merged(answer, revision)
    const rest = restOf(answer)
    if (this.#revision > 0 && came.length === 0 && gone.length === 0 && rest === this.#rest) return false
    if (this.#removed.size > 0) for (const { group, point } of came) this.#removed.delete(keyOf(group, point.timestamp))
    for (const { group, point } of gone) {
      const { timestamp } = point
      this.#removed.set(keyOf(group, timestamp), { group, timestamp, revision })
    }
    this.#series = series
    this.#count = answer.frame.series.reduce((sum, { points }) => sum + points.length, 0)
    this.#rest = rest
    this.#revision = revision
    this.#forget(Math.max(REMOVED_MIN, this.#count))
    return true
  }

  all(): Changes {
    return { points: [...this.#series.values()].flat(), removed: [] }
  }

  /** Null when it is no longer known. */
  since(revision: number): Changes | null {
    if (revision < this.#forgottenAt || revision > this.#revision) return null
    const isLater = (each: { readonly revision: number }) => each.revision > revision
    const points = [...this.#series.values()].flatMap((ofGroup) => ofGroup.filter(isLater))
    return { points, removed: [...this.#removed.values()].filter(isLater) }
  }

  #merged(answer: Answer, revision: number): Merged {
    const series = new Map<string, readonly ToldPoint[]>()
    const merging = { came: [], gone: [], isComplete: completenessOf(answer), revision }
    for (const each of answer.frame.series) {
      const key = groupKey(each.group)
      series.set(key, mergePoints(this.#series.get(key) ?? [], each, merging))
    }
    const gone = [...this.#series].flatMap(([key, points]) => (series.has(key) ? [] : points))
    return { series, came: merging.came, gone: [...merging.gone, ...gone] }
  }

  #forget(most: number): void {
    for (const [key, { revision }] of this.#removed) {
      if (this.#removed.size <= most) return
      this.#removed.delete(key)
      this.#forgottenAt = revision
    }
  }
}

interface Merged {
  readonly series: Map<string, readonly ToldPoint[]>
  /** New or changed. */
  readonly came: readonly ToldPoint[]
  readonly gone: readonly ToldPoint[]
}

interface Merging {
  readonly came: ToldPoint[]
  readonly gone: ToldPoint[]
  readonly isComplete: (timestamp: number) => boolean
  readonly revision: number
}

const keyOf = (group: Group, timestamp: number): string => `${timestamp}${groupKey(group)}`

/** Both in ascending time, so one pass finds what came, stayed and went. */
function mergePoints(
  before: readonly ToldPoint[],
  { group, points }: ResultSeries,
  { came, gone, isComplete, revision }: Merging,
): readonly ToldPoint[] {
  let at = 0
  const merged = points.map((point) => {
    while (at < before.length && before[at]!.point.timestamp < point.timestamp) gone.push(before[at++]!)
    const old = before[at]?.point.timestamp === point.timestamp ? before[at++]! : null
    const complete = isComplete(point.timestamp)
    if (old && old.complete === complete && samePoint(old.point, point)) return old
    const told = { group, point, complete, revision }
    came.push(told)
    return told
  })
  while (at < before.length) gone.push(before[at++]!)
  return merged
}

/** What else an event says that a reader may wait for. */
const restOf = ({ frame, freshness }: Answer): string =>
  JSON.stringify([freshness.state, frame.truncated, frame.groupsTotal, frame.labels])

const samePoint = (a: ResultPoint, b: ResultPoint): boolean =>
  a.cut === b.cut && a.values.length === b.values.length && a.values.every((value, i) => Object.is(value, b.values[i]))
