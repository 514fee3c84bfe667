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

/**
 * One v2 body, drawn uniformly over the metrics that the catalog defines, their labels, filters, grains, intervals,
 * limits, orders, ratios, conditions and fills.
 */
export function drawQuestion(draw: Draw, space: QuestionSpace): Record<string, unknown> {
  const metrics = [...space.catalog.datasets.get(space.dataset)!.metrics.values()]
  const metric = pick(
    draw,
    metrics.filter(({ selfRegistered }) => !selfRegistered),
  )
  const granularity = pick(draw, GRANULARITIES)
  const groupBy = subset(draw, metric.labels, 3)
  const agg = draw() < 0.7 ? undefined : pick(draw, ['SUM', 'MIN', 'MAX'])
  const filter = draw() < 0.55 ? undefined : drawFilter(draw, metric, space, 2)
  const others = draw() < 0.85 ? [] : drawOthers(draw, metric, metrics)
  const names = ['a', ...others.map((_, i) => `b${i}`)]
  return {
    aggregations: [
      { metric: metric.name, as: 'a', ...(agg === undefined ? {} : { agg }) },
      ...others.map((other, i) => ({ ...other, as: `b${i}` })),
    ],
    ...(others.length > 0 && draw() < 0.6
      ? { ratios: [{ numerator: pick(draw, names), denominator: pick(draw, names), as: 'r' }] }
      : {}),
    ...(draw() < 0.2 ? { having: drawHaving(draw) } : {}),
    ...(draw() < 0.25 ? { fill: pick(draw, ['null', 'zero', 'previous']) } : {}),
    granularity,
    intervals: drawIntervals(draw, space),
    ...(groupBy.length > 0
      ? { group_by: groupBy, ...(draw() < 0.5 ? { limit: 1 + Math.floor(draw() * 20) } : {}) }
      : {}),
    ...(filter === undefined ? {} : { filter }),
    ...(draw() < (granularity === 'ALL' ? 0.7 : 0.3)
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

/** Measures that share the labels of the first, so that they may be asked together; never the first again. */
function drawOthers(
  draw: Draw,
  metric: MetricDefinition,
  metrics: readonly MetricDefinition[],
): { metric: string; agg: string }[] {
  const alike = metrics.filter(({ labels }) => metric.labels.every((label) => labels.includes(label)))
  const all = alike.flatMap(({ name }) =>
    (draw() < 0.7 ? ['SUM'] : ['SUM', 'MIN', 'MAX', 'COUNT']).map((agg) => ({ metric: name, agg })),
  )
  return subset(
    draw,
    all.filter((each) => each.metric !== metric.name),
    2,
  )
}

function drawHaving(draw: Draw): unknown {
  const compare = () => ({
    op: pick(draw, ['GT', 'GTE', 'LT', 'LTE', 'NE']),
    metric: 'a',
    value: Math.floor(draw() * 1000) + 0.5,
  })
  const kind = draw()
  if (kind < 0.6) return compare()
  if (kind < 0.8) return { op: 'NOT', condition: compare() }
  return { op: pick(draw, ['AND', 'OR']), conditions: [compare(), compare()] }
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
  const kind = draw()
  if (kind < 0.6) return { field, op: 'EQ', value }
  if (kind < 0.68) return { field, op: 'PREFIX', value: value.slice(0, Math.floor(draw() * value.length)) }
  if (kind < 0.76) return { field, op: 'REGEX', value: drawPattern(draw, value) }
  if (kind < 0.82) return { field, op: 'IN', value: [value, 'nobody', ...(values[0] === undefined ? [] : [values[0]])] }
  return { field, op: pick(draw, ['GT', 'GTE', 'LT', 'LTE', 'NE']), value }
}

/** Matches the value, and perhaps others. */
function drawPattern(draw: Draw, value: string): string {
  const literal = value.replaceAll(/[^A-Za-z0-9]/g, '.')
  return pick(draw, [
    literal,
    `(?i)${literal}|x+`,
    `${literal.slice(0, 3)}.*`,
    `.*${literal.slice(-2)}`,
    '.+',
    '[^a-m]*',
  ])
}
