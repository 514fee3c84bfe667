import type { ResultFrame, ResultSeries } from '../../model/frame.ts'
import type { AggregationRequest, Answer, QueryRequest } from '../../planner/engine.ts'

/** Aggregations of one question, as for every question. */
const AGGREGATIONS_MAX = 16

/** A question that several fields may share. */
export interface Shareable {
  readonly question: QueryRequest
}

/** One question in place of several: each member's aggregations by their positions in it. */
export interface Joined<T extends Shareable> {
  readonly question: QueryRequest
  readonly members: readonly { readonly asked: T; readonly positions: readonly number[] }[]
}

/**
 * Questions that differ only in their aggregations become one, as long as it has at most 16:
 *
 *     {received, by topic, 1 h}  {sent, by topic, 1 h}  {received, by type, 1 h}
 *     ╰───────────── one reading ─────────────╯         ╰── another ──╯
 *
 * What looks at several values at once or at their order (ratios, having, orderBy, fill), and what is wrong anyway, shares
 * with its equals alone.
 */
export function joined<T extends Shareable>(asked: readonly T[]): Joined<T>[] {
  const open = new Map<string, Draft<T>>()
  const drafts: Draft<T>[] = []
  for (const each of asked) {
    const key = sharingKey(each.question)
    if (open.get(key)?.take(each)) continue
    const fresh = new Draft(each)
    drafts.push(fresh)
    open.set(key, fresh)
  }
  return drafts.map((draft) => draft.joined())
}

function sharingKey(question: QueryRequest): string {
  const { aggregations, ratios, having, orderBy, fill, ...shared } = question
  const isRepeating = new Set(aggregations.map(keyOf)).size < aggregations.length
  const isPlain = !isRepeating && !ratios?.length && !having && !orderBy && (fill ?? 'none') === 'none'
  return JSON.stringify(Object.entries(isPlain ? shared : question).sort(([a], [b]) => (a < b ? -1 : 1)))
}

class Draft<T extends Shareable> {
  readonly #first: T
  readonly #positions = new Map<string, number>()
  readonly #aggregations: AggregationRequest[] = []
  readonly #members: { asked: T; positions: readonly number[] }[] = []

  constructor(first: T) {
    this.#first = first
    this.#add(first)
  }

  /** False when it would become too long. */
  take(asked: T): boolean {
    const fresh = new Set(asked.question.aggregations.map(keyOf).filter((key) => !this.#positions.has(key)))
    if (this.#positions.size + fresh.size > AGGREGATIONS_MAX) return false
    this.#add(asked)
    return true
  }

  joined(): Joined<T> {
    const { question } = this.#first
    const members = this.#members
    const isSame = members.every(({ positions }) => isWhole(positions, this.#aggregations.length))
    return { question: isSame ? question : { ...question, aggregations: this.#aggregations }, members }
  }

  #add(asked: T): void {
    const positions = asked.question.aggregations.map((aggregation) => {
      const key = keyOf(aggregation)
      const known = this.#positions.get(key)
      if (known !== undefined) return known
      const { as: _, ...unnamed } = aggregation
      this.#positions.set(key, this.#aggregations.length)
      return this.#aggregations.push(unnamed) - 1
    })
    this.#members.push({ asked, positions })
  }
}

const isWhole = (positions: readonly number[], count: number): boolean =>
  positions.length === count && positions.every((position, i) => position === i)

const keyOf = ({ metric, agg, time }: AggregationRequest): string => JSON.stringify([metric, agg ?? null, time ?? null])

/**
 * A member's own answer out of the shared one, with the freshness of the reading that it came from. Null when only asking
 * it alone tells exactly what it would have been told: groups were left out by `limit`, or an average over all steps
 * divides by how many are known yet, which depends on what the others were read from.
 */
export function memberAnswer(answer: Answer, positions: readonly number[]): Answer | null {
  if (isWhole(positions, answer.measures.length)) return answer
  if (answer.frame.truncated) return null
  const measures = positions.map((position) => answer.measures[position]!)
  const dividesBySteps = measures.some(({ time, missing }) => time === 'AVG' && missing === 'zero')
  if (dividesBySteps && answer.freshness.state !== 'complete') return null
  return { ...answer, measures, frame: memberFrame(answer.frame, positions) }
}

/** Points that have one of its values, groups that have such a point. */
function memberFrame({ labels, series }: ResultFrame, positions: readonly number[]): ResultFrame {
  const own = series.flatMap((each) => memberSeries(each, positions) ?? [])
  return { labels, series: own, groupsTotal: own.length, truncated: false }
}

function memberSeries({ group, points }: ResultSeries, positions: readonly number[]): ResultSeries | null {
  const own = points.flatMap(({ timestamp, values, cut }) => {
    const some = positions.map((position) => values[position] ?? null)
    return some.every((value) => value === null) ? [] : [{ timestamp, values: some, cut }]
  })
  return own.length === 0 ? null : { group, points: own }
}
