import { FILLS, type Ratio } from '../../src/model/answer-value.ts'
import { conjuncts, EVERYTHING, type Filter } from '../../src/model/filter.ts'
import { canonicalFilter } from '../../src/model/filter-canonical.ts'
import { bucketStart, type Granularity, roughMs } from '../../src/model/granularity.ts'
import { floorTo, type Interval, unionOf } from '../../src/model/interval.ts'
import { type MeasureRef, measureKey, numericOfX, SPACES, TIMES } from '../../src/model/measure.ts'
import { UNSCOPED } from '../../src/model/scope.ts'
import { VALUE_OPS, type ValueCondition } from '../../src/model/value-condition.ts'
import type { Freshness, LogicalQuery } from '../../src/planner/logical/question.ts'
import type { Draw } from '../scenarios/random-questions.ts'
import { below, LABELS, pick, some, stateMeasure, VALUES, type World } from './random-world.ts'

/** One question over everything there is to ask; most lean towards what some rollup keeps, else all would go to raw. */
export function randomAsk(world: World): LogicalQuery {
  const { draw, scale, rollups } = world
  const near = draw() < 0.85 ? pick(draw, rollups) : null
  const measures = drawMeasures(world, near?.measures.map(measureKey) ?? [])
  const labels = near && draw() < 0.9 ? near.labels : LABELS
  const groupBy = some(draw, labels, 0.7)
  const fitting = scale.granularities.filter((each) => near && roughMs(each) >= roughMs(near.grain))
  const granularity = pick(draw, fitting.length > 0 && draw() < 0.85 ? fitting : scale.granularities)
  const intervals = drawIntervals(world, near && draw() < 0.6 ? near.grain : granularity)
  const order = groupBy.length > 0 ? drawOrder(world, measures) : null
  const ratios = drawRatios(world, measures)
  const having = drawHaving(world, measures)
  return {
    dataset: 'cloud',
    catalogVersion: 1,
    measures,
    ratios,
    groupBy: draw() < 0.5 ? groupBy : groupBy.toReversed(),
    filter: canonicalFilter(drawFilter(world, near?.filter ?? EVERYTHING, labels)),
    granularity,
    intervals,
    allStart: intervals[0]!.start,
    stepMs: scale.stepMs,
    latenessMs: world.latenessMs,
    having,
    order,
    fill: draw() < 0.6 ? 'none' : pick(draw, FILLS),
    valuesMax: null,
    limit: groupBy.length > 0 && draw() < 0.3 ? 1 + below(draw, 4) : null,
    freshness: drawFreshness(world),
    use: draw() < 0.1 ? some(draw, namesIn(world), 0.5) : null,
    avoid: draw() < 0.1 ? some(draw, namesIn(world), 0.3) : [],
    rawAtLeast: draw() < 0.1 ? below(draw, world.marks + 2) : 0,
    now: world.now,
    scope: UNSCOPED,
    fingerprint: '',
  }
}

const namesIn = ({ rollups }: World): string[] => ['push', 'duckdb', ...rollups.map(({ id }) => id)]

function drawMeasures({ draw, metrics }: World, near: readonly string[]): MeasureRef[] {
  const all = metrics.flatMap((metric) => SPACES.map((space) => stateMeasure(metric, space)))
  const stored = all.filter((each) => near.includes(measureKey(each)))
  const isWorker = draw() < 0.15
  const wanted = draw() < 0.6 ? 1 : 1 + below(draw, 3)
  const measures = new Map<string, MeasureRef>()
  for (let i = 0; i < wanted; i++) {
    const measure = pick(draw, stored.length > 0 && draw() < 0.95 ? stored : all)
    const time = isWorker ? 'EVERY' : pick(draw, TIMES)
    measures.set(`${measureKey(measure)} ${time}`, { ...measure, time })
  }
  return [...measures.values()]
}

/** From anywhere to anywhere; half of them on edges of `grain`, so that whole windows fit in. */
function drawIntervals({ draw, data, now }: World, grain: Granularity): Interval[] {
  const { start, stepMs, steps } = data
  const count = draw() < 0.75 ? 1 : 1 + below(draw, 3)
  const intervals = Array.from({ length: count }, () => {
    const from = below(draw, draw() < 0.3 ? steps : steps / 2)
    const to = draw() < 0.15 ? steps + 3 : from + 1 + below(draw, (steps - from) * (draw() < 0.3 ? 0.3 : 1))
    const [first, end] = [start + from * stepMs, Math.min(start + to * stepMs, floorTo(now, stepMs) + stepMs)]
    if (draw() < 0.3 || grain === 'ALL') return { start: first, end }
    return { start: bucketStart(grain, first), end: Math.max(first + stepMs, bucketStart(grain, end)) }
  })
  return unionOf(intervals)
}

const isExact = ({ dyadic }: World, measure: MeasureRef): boolean =>
  measure.time !== 'EVERY' && measure.space !== 'AVG' && (dyadic || numericOfX(measure) === 'INT64')

/** Only by numbers whose sums do not depend on their order: else equal groups change places. */
function drawOrder(world: World, measures: readonly MeasureRef[]): LogicalQuery['order'] {
  const { draw } = world
  const measure = below(draw, measures.length)
  return isExact(world, measures[measure]!) && draw() < 0.7 ? { value: measure, descending: draw() < 0.5 } : null
}

/** Only of numbers that no order of adding changes: a quotient makes a difference of any size out of a small one. */
function drawRatios(world: World, measures: readonly MeasureRef[]): Ratio[] {
  const { draw } = world
  const exact = [...measures.keys()].filter((i) => isExact(world, measures[i]!))
  if (exact.length === 0 || draw() < 0.7) return []
  return [{ numerator: pick(draw, exact), denominator: pick(draw, exact) }]
}

function drawHaving(world: World, measures: readonly MeasureRef[]): ValueCondition | null {
  const { draw } = world
  const exact = [...measures.keys()].filter((i) => isExact(world, measures[i]!))
  if (exact.length === 0 || draw() < 0.7) return null
  const compare = (): ValueCondition => ({
    kind: 'compare',
    value: pick(draw, exact),
    op: pick(draw, VALUE_OPS),
    than: below(draw, 40) - 10,
  })
  const [a, b] = [compare(), compare()]
  return pick(draw, [a, { kind: 'not', condition: a }, { kind: 'or', conditions: [a, b] }] as const)
}

function drawFilter(world: World, own: Filter, labels: readonly string[]): Filter {
  const { draw } = world
  const implied = draw() < 0.85 ? conjuncts(own).map((each) => narrower(world, each)) : []
  const rest = draw() < 0.5 || labels.length === 0 ? [] : [condition(draw, labels, 2)]
  const filters = [...implied, ...rest]
  return filters.length > 1 && draw() < 0.1 ? { kind: 'or', filters } : { kind: 'and', filters }
}

/** Implies the rollup's own conjunct: equal to it, or of fewer values. */
function narrower({ draw }: World, own: Filter): Filter {
  if (own.kind === 'prefix' && draw() < 0.5) return { kind: 'eq', label: own.label, value: own.value }
  if (own.kind !== 'in' || draw() < 0.4) return own
  return { kind: 'in', label: own.label, values: some(draw, own.values, 0.6) }
}

function condition(draw: Draw, labels: readonly string[], depth: number): Filter {
  const kind = draw()
  if (depth === 0 || kind < 0.5) return comparison(draw, labels)
  if (kind < 0.65) return { kind: 'not', filter: condition(draw, labels, depth - 1) }
  const filters = [condition(draw, labels, depth - 1), condition(draw, labels, depth - 1)]
  return { kind: kind < 0.85 ? 'and' : 'or', filters }
}

const PATTERNS = ['', '.+', 'x|y', '[^x]*']

function comparison(draw: Draw, labels: readonly string[]): Filter {
  const [label, value] = [pick(draw, labels), pick(draw, VALUES)]
  const kind = draw()
  if (kind < 0.55) return { kind: 'eq', label, value }
  if (kind < 0.7) return { kind: 'in', label, values: some(draw, VALUES, 0.6) }
  if (kind < 0.76) return { kind: 'prefix', label, value }
  if (kind < 0.82) return { kind: 'regex', label, pattern: pick(draw, PATTERNS) }
  return { kind: kind < 0.91 ? 'gt' : 'gte', label, value }
}

function drawFreshness({ draw, scale }: World): Freshness {
  const kind = draw()
  if (kind < 0.7) return { kind: 'latest' }
  return kind < 0.85 ? { kind: 'sealed' } : { kind: 'maxStaleness', ms: below(draw, 200) * scale.stepMs }
}
