/** What the page asks, from what the reader picked. Pure. */

/**
 * @typedef {{ name: string, type: string, unit: string, description: string, labels: string[],
 *   from: { otlp: string, labels: Record<string, string>, resource: Record<string, string>, skip?: Record<string, string[]> } | null }} Metric
 * @typedef {{ id: string, name: string, grain: string, labels: string[], measures: string[] }} Rollup
 * @typedef {{ name: string, stepMs: number, latenessMs: number, retentionRawMs: number, metrics: Metric[],
 *   labels: { name: string, description: string, cardinality: string }[], rollups: Rollup[] }} Dataset
 * @typedef {{ version: number, now: number, datasets: Dataset[] }} Catalog
 * @typedef {{ dataset: string, metric: string, groupBy: string, range: string }} Picks
 */

/** Ranges and the buckets they are cut into; coarse ones begin on a whole bucket, so that none is cut. */
export const RANGES = [
  { id: '15m', text: '15 min', interval: 'PT15M/now', granularity: 'PT1M', lengthMs: 900_000 },
  { id: '1h', text: '1 h', interval: 'PT1H/now', granularity: 'PT1M', lengthMs: 3_600_000 },
  { id: '3h', text: '3 h', interval: 'PT3H/now', granularity: 'PT1M', lengthMs: 10_800_000 },
  { id: '6h', text: '6 h', interval: 'now-6h|h/now', granularity: 'PT5M', lengthMs: 21_600_000 },
  { id: '24h', text: '24 h', interval: 'now-24h|h/now', granularity: 'PT15M', lengthMs: 86_400_000 },
  { id: '7d', text: '7 d', interval: 'now-6d|d/now', granularity: 'PT1H', lengthMs: 604_800_000 },
]

/** @type {Readonly<Record<string, number>>} */
const WIDTHS_MS = { PT1M: 60_000, PT5M: 300_000, PT15M: 900_000, PT1H: 3_600_000 }
/** More lines than this nobody can tell apart. */
export const GROUPS_MAX = 8

/** @param {string} id */
export const rangeOf = (id) => RANGES.find((range) => range.id === id) ?? RANGES[1]

/** @param {string} granularity */
export const widthMs = (granularity) => WIDTHS_MS[granularity] ?? 60_000

/**
 * The body of POST /v2/metrics/{dataset}/query.
 * @param {Picks} picks
 */
export function questionOf({ metric, groupBy, range }) {
  const { interval, granularity } = rangeOf(range)
  const grouped = groupBy === '' ? {} : { group_by: [groupBy], limit: GROUPS_MAX }
  return { aggregations: [{ metric }], ...grouped, granularity, intervals: [interval] }
}

/**
 * Which groups are the greatest: one bucket over the whole range, ordered by value. Without it the first groups by
 * name would be drawn.
 * @param {Picks} picks
 */
export function greatestOf({ metric, groupBy, range }) {
  return {
    aggregations: [{ metric }],
    group_by: [groupBy],
    granularity: 'ALL',
    intervals: [rangeOf(range).interval],
    order_by: [{ metric, order: 'DESCENDING' }],
    limit: GROUPS_MAX,
  }
}

/**
 * The same question for some groups only. A label that is absent cannot be asked for with IN.
 * @param {Record<string, unknown>} question
 * @param {string} label
 * @param {readonly (string | null)[]} values
 */
export function onlyGroups(question, label, values) {
  const present = values.filter((value) => value !== null)
  if (present.length === 0 || present.length < values.length) return question
  return { ...question, filter: { field: label, op: 'IN', value: present } }
}

/**
 * The picks that the catalog can serve: those of before where they still exist, else what most readers want to see.
 * @param {Catalog} catalog
 * @param {Partial<Picks>} before
 * @returns {Picks | null}
 */
export function picksFor(catalog, before) {
  const datasets = catalog.datasets.filter(({ metrics }) => metrics.length > 0)
  const dataset = datasets.find(({ name }) => name === before.dataset) ?? datasets[0]
  if (dataset === undefined) return null
  const metric = dataset.metrics.find(({ name }) => name === before.metric) ?? favourite(dataset)
  const groupBy = before.groupBy !== undefined && metric.labels.includes(before.groupBy) ? before.groupBy : ''
  const isFirst = before.metric === undefined
  return {
    dataset: dataset.name,
    metric: metric.name,
    groupBy: isFirst ? pushedLabel(dataset, metric) : groupBy,
    range: rangeOf(before.range ?? '1h').id,
  }
}

/** @param {Dataset} dataset */
function favourite({ metrics, rollups }) {
  const received = metrics.find(({ name }) => name.endsWith('/received_bytes'))
  const pushed = metrics.find(
    ({ name, type }) => type.startsWith('COUNTER') && rollups.some((each) => holds(each, name)),
  )
  return received ?? pushed ?? metrics[0]
}

/**
 * A label that a rollup keeps, so that the first picture shows pushed data.
 * @param {Dataset} dataset
 * @param {Metric} metric
 */
function pushedLabel({ rollups }, metric) {
  const label = rollups
    .filter((rollup) => holds(rollup, metric.name))
    .flatMap(({ labels }) => labels)
    .find((name) => name.startsWith('metric.'))
  return label ?? ''
}

/**
 * @param {Rollup} rollup
 * @param {string} metric
 */
export const holds = (rollup, metric) =>
  rollup.measures.some((measure) => measure.slice(measure.indexOf(':') + 1) === metric)

/**
 * Rollups that hold the metric, those first that keep the picked label and little else: the one that answers most has
 * the first colour.
 * @param {Dataset} dataset
 * @param {Picks} picks
 * @returns {string[]}
 */
export function nearestRollups({ rollups }, { metric, groupBy }) {
  const lacks = (/** @type {Rollup} */ { labels }) => Number(groupBy !== '' && !labels.includes(groupBy))
  const holding = rollups.filter((rollup) => holds(rollup, metric))
  holding.sort(
    (a, b) => lacks(a) - lacks(b) || a.labels.length - b.labels.length || roughMs(a.grain) - roughMs(b.grain),
  )
  return holding.map(({ id }) => id)
}

/** @param {string} grain */
const roughMs = (grain) => WIDTHS_MS[grain] ?? 86_400_000

/**
 * The question as a command that works as copied, also where a name holds an apostrophe.
 * @param {string} origin
 * @param {string} dataset
 * @param {unknown} question
 */
export function curlText(origin, dataset, question) {
  const body = JSON.stringify(question, null, 1).replaceAll(/\n\s*/g, ' ').replaceAll("'", `'\\''`)
  const url = `${origin}/v2/metrics/${encodeURIComponent(dataset)}/query`
  return `curl -s ${url} \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`
}

/**
 * What one number of the chart means, in words.
 * @param {Metric} metric
 * @param {string} groupBy
 * @param {string} granularity
 */
export function measureText(metric, groupBy, granularity) {
  const width = { PT1M: 'minute', PT5M: '5 minutes', PT15M: '15 minutes', PT1H: 'hour' }[granularity] ?? granularity
  const over = groupBy === '' ? 'all series added up' : `series added up by ${groupBy}`
  return metric.type.startsWith('COUNTER') ? `Increase per ${width}, ${over}` : `Average over each ${width}, ${over}`
}
