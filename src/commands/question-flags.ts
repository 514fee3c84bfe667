import { type Flags, type FlagValues, listFlag, textFlag, wrongUsage } from './command.ts'
import { COMPARISONS, readWhere, WHERE_FORMS } from './where.ts'

/** Flags that make up the body of a question. */
export const QUESTION_FLAGS: Flags = {
  metric: { type: 'string', multiple: true, value: 'NAME', about: 'metric to ask for' },
  agg: {
    type: 'string',
    multiple: true,
    value: 'AGG',
    about: 'over series: SUM (default), MIN, MAX, AVG, COUNT; once for all metrics or once each, in their order',
  },
  time: {
    type: 'string',
    multiple: true,
    value: 'TIME',
    about: 'over the steps of a bucket; once for all or once each',
  },
  as: { type: 'string', multiple: true, value: 'NAME', about: 'name of a value, once for each metric in order' },
  ratio: { type: 'string', multiple: true, value: 'NAME=A/B', about: 'quotient of two values by their --as' },
  'group-by': { type: 'string', multiple: true, value: 'LABEL', about: 'labels to group by, also with commas' },
  where: { type: 'string', multiple: true, value: 'COMPARISON', about: `all must hold: ${WHERE_FORMS}` },
  having: {
    type: 'string',
    multiple: true,
    value: 'COMPARISON',
    about: 'points to keep by a value: NAME>10; also <, <=, >=, =, !=',
  },
  interval: { type: 'string', multiple: true, value: 'INTERVAL', about: 'default PT1H/now' },
  granularity: { type: 'string', value: 'WIDTH', about: 'width of a bucket, PT1M (default) to P1M, or ALL' },
  timezone: { type: 'string', value: 'ZONE', about: 'of days, weeks and months; default UTC' },
  fill: { type: 'string', value: 'HOW', about: 'buckets without a value: none (default), null, zero, previous' },
  'order-by': { type: 'string', value: 'NAME[:asc]', about: 'order groups by a value, greatest first' },
  limit: { type: 'string', value: 'GROUPS', about: 'groups to answer' },
  freshness: { type: 'string', value: 'HOW', about: 'latest (default), sealed, or how old it may be: PT5M' },
  use: { type: 'string', multiple: true, value: 'SOURCE', about: 'source or dataset/rollup; nothing else may answer' },
  avoid: { type: 'string', multiple: true, value: 'SOURCE', about: 'source or dataset/rollup that may not answer' },
}

type Body = Record<string, unknown>

/** The body of POST /v2/metrics/{dataset}/query that the flags say. Error: CONFIG_INVALID. */
export function bodyOf(flags: FlagValues): Body {
  const groupBy = listFlag(flags, 'group-by').flatMap((each) => each.split(','))
  const body: Body = {
    aggregations: aggregationsOf(flags),
    granularity: textFlag(flags, 'granularity') ?? 'PT1M',
    intervals: flags.interval === undefined ? ['PT1H/now'] : listFlag(flags, 'interval'),
  }
  const ratios = listFlag(flags, 'ratio').map(readRatio)
  const filter = joined(listFlag(flags, 'where').map(readWhere), 'filters')
  const having = joined(listFlag(flags, 'having').map(readHaving), 'conditions')
  if (groupBy.length > 0) body.group_by = groupBy
  if (ratios.length > 0) body.ratios = ratios
  if (filter) body.filter = filter
  if (having) body.having = having
  for (const name of ['timezone', 'fill']) if (flags[name] !== undefined) body[name] = flags[name]
  for (const name of ['use', 'avoid']) if (flags[name] !== undefined) body[name] = listFlag(flags, name)
  const [orderBy, limit, freshness] = ['order-by', 'limit', 'freshness'].map((name) => textFlag(flags, name))
  if (orderBy !== undefined) body.order_by = [readOrder(orderBy)]
  if (limit !== undefined) body.limit = readLimit(limit)
  if (freshness !== undefined) body.freshness = /^P/.test(freshness) ? { maxStaleness: freshness } : freshness
  return body
}

function aggregationsOf(flags: FlagValues): Body[] {
  const metrics = listFlag(flags, 'metric')
  if (metrics.length === 0) {
    throw wrongUsage('--metric is missing', 'Name the metric to ask for, or send a whole question with --body FILE.')
  }
  const [aggs, times, names] = ['agg', 'time', 'as'].map((name) => perMetric(name, flags, metrics.length))
  return metrics.map((metric, i) => ({
    metric,
    ...(aggs![i] === undefined ? {} : { agg: aggs![i]!.toUpperCase() }),
    ...(times![i] === undefined ? {} : { time: times![i]!.toUpperCase() }),
    ...(names![i] === undefined ? {} : { as: names![i]! }),
  }))
}

/** One value of a repeated flag for each metric; a single one holds for all, but names are each their own. */
function perMetric(name: string, flags: FlagValues, metrics: number): (string | undefined)[] {
  const values = listFlag(flags, name)
  if (values.length === 1 && (name !== 'as' || metrics === 1)) return new Array(metrics).fill(values[0])
  if (values.length === 0 || values.length === metrics) return values
  throw wrongUsage(
    `--${name} stands there ${values.length} times for ${metrics} metrics`,
    `Say --${name} ${name === 'as' ? '' : 'once, or '}once for each --metric, in the same order.`,
  )
}

const RATIO = /^(\w+)=(\w+)\/(\w+)$/

function readRatio(text: string): Body {
  const match = RATIO.exec(text.replaceAll(/\s/g, ''))
  if (match) return { as: match[1], numerator: match[2], denominator: match[3] }
  throw wrongUsage(`--ratio ${text}: not NAME=A/B`, 'Name both metrics with --as and write --ratio share=failed/all.')
}

const HAVING = /^(\S+?)\s*(!=|<=|>=|=|<|>)\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

function readHaving(text: string): Body {
  const match = HAVING.exec(text)
  if (match) return { op: COMPARISONS[match[2]!], metric: match[1], value: Number(match[3]) }
  throw wrongUsage(`--having ${text}: not NAME>NUMBER`, 'Write it like "received>1000", with a metric or its --as.')
}

function readOrder(text: string): Body {
  const [, metric, direction] = /^(.*?)(?::(asc|desc))?$/.exec(text)!
  return { metric, order: direction === 'asc' ? 'ASCENDING' : 'DESCENDING' }
}

function readLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw wrongUsage(`--limit ${text}: not a number of groups`, 'Say how many groups to answer: --limit 20.')
}

function joined(conditions: readonly object[], list: 'filters' | 'conditions'): object | undefined {
  return conditions.length > 1 ? { op: 'AND', [list]: conditions } : conditions[0]
}
