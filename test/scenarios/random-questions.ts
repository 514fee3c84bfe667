import type { CatalogVersion, MetricDefinition } from '../../src/model/definition.ts'

/** mulberry32: a small seeded generator, the same questions for the same seed everywhere. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export interface QuestionSpace {
  readonly catalog: CatalogVersion
  readonly dataset: string
  /** Label values that occur, by label. */
  readonly values: ReadonlyMap<string, readonly string[]>
  /** Intervals are drawn inside, epoch ms. */
  readonly from: number
  readonly to: number
}

const GRANULARITIES = ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT4H', 'ALL'] as const
const MINUTE = 60_000

export type Draw = () => number
const pick = <T>(draw: Draw, from: readonly T[]): T => from[Math.floor(draw() * from.length)]!
const subset = <T>(draw: Draw, from: readonly T[], most: number): T[] =>
  [...from].sort(() => draw() - 0.5).slice(0, Math.floor(draw() * (Math.min(most, from.length) + 1)))

/** One v2 body, drawn uniformly over the metrics that the catalog defines, their labels, filters, grains, intervals, limits and orders. */
export function drawQuestion(draw: Draw, space: QuestionSpace): Record<string, unknown> {
  const metrics = [...space.catalog.datasets.get(space.dataset)!.metrics.values()]
  const metric = pick(
    draw,
    metrics.filter(({ selfRegistered }) => !selfRegistered),
  )
  const granularity = pick(draw, GRANULARITIES)
  const groupBy = subset(draw, metric.labels, 3)
  const agg = draw() < 0.6 ? undefined : pick(draw, ['SUM', 'MIN', 'MAX'])
  const filter = draw() < 0.45 ? undefined : drawFilter(draw, metric, space, 2)
  return {
    aggregations: [{ metric: metric.name, ...(agg === undefined ? {} : { agg }) }],
    granularity,
    intervals: drawIntervals(draw, space),
    ...(groupBy.length > 0
      ? { group_by: groupBy, ...(draw() < 0.5 ? { limit: 1 + Math.floor(draw() * 20) } : {}) }
      : {}),
    ...(filter === undefined ? {} : { filter }),
    ...(granularity === 'ALL' && draw() < 0.7
      ? {
          order_by: [
            {
              metric: metric.name,
              order: pick(draw, ['ASCENDING', 'DESCENDING']),
              ...(agg === undefined ? {} : { agg }),
            },
          ],
        }
      : {}),
    ...(groupBy.length > 0 && draw() < 0.5 ? { format: 'GROUPED' } : {}),
  }
}

/** Unaligned, to the second; a third end at now. */
function drawIntervals(draw: Draw, { from, to }: QuestionSpace): string[] {
  const count = draw() < 0.85 ? 1 : 2
  return Array.from({ length: count }, () => {
    const start = from + Math.floor(draw() * (to - from - MINUTE))
    const end = Math.min(to, start + MINUTE + Math.floor(draw() * draw() * 2.5 * 3_600_000))
    const text = (ms: number) => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z')
    return draw() < 0.3 ? `${text(Math.max(start, to - 2 * 3_600_000))}/now` : `${text(start)}/${text(end)}`
  })
}

function drawFilter(draw: Draw, metric: MetricDefinition, space: QuestionSpace, depth: number): unknown {
  const kind = draw()
  if (depth === 0 || kind < 0.5) return drawComparison(draw, metric, space)
  if (kind < 0.65) return { op: 'NOT', filter: drawFilter(draw, metric, space, depth - 1) }
  const filters = Array.from({ length: 2 }, () => drawFilter(draw, metric, space, depth - 1))
  return { op: kind < 0.85 ? 'AND' : 'OR', filters }
}

function drawComparison(draw: Draw, metric: MetricDefinition, space: QuestionSpace): unknown {
  const field = pick(draw, metric.labels)
  const values = space.values.get(field) ?? []
  const value = values.length > 0 && draw() < 0.95 ? pick(draw, values) : 'nobody'
  return { field, op: draw() < 0.8 ? 'EQ' : pick(draw, ['GT', 'GTE']), value }
}
