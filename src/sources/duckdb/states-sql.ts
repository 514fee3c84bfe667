import { isCounter, type MeasureRef, numericOf, type Space } from '../../model/measure.ts'
import type { Scan } from '../../ports/source.ts'
import { type Bindings, type Statement, statementOf } from './bindings.ts'
import { filterSql, labelSql } from './filter-sql.ts'
import { bucketSql, withinSql } from './time-sql.ts'

/** Measures of one metric, read by one statement: they share the fold per series and step. */
export interface MetricRead {
  readonly metric: string
  /** Of the first measure: all of one metric have its type. */
  readonly measure: MeasureRef
  /** Every space asked for, once. */
  readonly spaces: readonly Space[]
}

/** Columns before those of the spaces: bucket, group, rows, n, last step. */
export const HEAD_COLUMNS = 5
/** Columns of one space: sum, min, max, last; AVG adds sum and count of its last step. */
export const columnsOf = (space: Space): number => (space === 'AVG' ? 6 : 4)

/**
 * `chosen` series with the number of their group ▸ `series_steps`, one value per series and step ▸ `steps`, space
 * folded into one X per group and step ▸ states per bucket and group.
 */
export function statesStatement(scan: Scan, read: MetricRead): Statement {
  const { measure, spaces } = read
  return statementOf(
    (bind) => `WITH chosen AS MATERIALIZED (${chosenSql(scan, read.metric, bind)}),
${isFoldedOnce(read) ? stepsAtOnceSql(scan, measure, bind) : stepsSql(scan, read, bind)}
SELECT ${bucketSql(scan.granularity, scan.allStart, bind)} AS bucket, g, sum(rows)::BIGINT, count(*), max(step),
${spaces.map(stateColumnsSql).join(',\n')}
FROM steps GROUP BY bucket, g`,
  )
}

/** Labels of every group, by the number that `statesStatement` gives it in the same snapshot. */
export function groupsStatement(scan: Scan, metric: string): Statement {
  return statementOf((bind) => `SELECT DISTINCT ${groupColumns(scan)} FROM (${chosenSql(scan, metric, bind)})`)
}

const groupColumns = ({ groupBy }: Scan): string => ['g', ...groupBy.map((_, i) => `g${i}`)].join(', ')

/** Groups are numbered, so that texts are compared once per series and not once per point. */
function chosenSql(scan: Scan, metric: string, bind: Bindings): string {
  const columns = scan.groupBy.map((label, i) => `${labelSql(label, bind)} AS g${i}`)
  const names = scan.groupBy.map((_, i) => `g${i}`)
  const number = names.length === 0 ? '1' : `dense_rank() OVER (ORDER BY ${names.join(', ')})`
  return `SELECT ${['id', `${number} AS g`, ...names].join(', ')} FROM (
    SELECT ${['id', ...columns].join(', ')} FROM series
    WHERE dataset = ${bind.text(scan.dataset)} AND metric = ${bind.text(metric)} AND ${filterSql(scan.filter, bind)})`
}

export const valueColumn = (measure: MeasureRef): string =>
  numericOf(measure.type) === 'INT64' ? 'as_long' : 'as_double'

/** Increases add up in any order, so SUM of a counter needs no fold per series first. */
const isFoldedOnce = ({ measure, spaces }: MetricRead): boolean =>
  isCounter(measure.type) && spaces.every((space) => space === 'SUM')

const stepsAtOnceSql = (scan: Scan, measure: MeasureRef, bind: Bindings): string => `steps AS (
  SELECT step, g, count(*) AS rows, sum(${valueColumn(measure)}) AS x_sum
  FROM points JOIN chosen ON points.series = chosen.id
  WHERE ${withinSql(scan.intervals, bind)} AND ${valueColumn(measure)} IS NOT NULL GROUP BY step, g)`

function stepsSql(scan: Scan, { measure, spaces }: MetricRead, bind: Bindings): string {
  const value = valueColumn(measure)
  const fold = isCounter(measure.type) ? `sum(${value})` : `arg_max(${value}, {'at': reading, 'value': ${value}})`
  return `series_steps AS (
  SELECT series, step, count(*) AS rows, ${fold} AS value FROM points
  WHERE ${withinSql(scan.intervals, bind)} AND ${value} IS NOT NULL AND series IN (SELECT id FROM chosen)
  GROUP BY series, step),
steps AS (
  SELECT step, g, sum(rows) AS rows, ${spaces.map(xSql).join(', ')}
  FROM series_steps JOIN chosen ON series_steps.series = chosen.id GROUP BY step, g)`
}

function xSql(space: Space): string {
  switch (space) {
    case 'COUNT':
      return 'count(*) AS x_count'
    case 'AVG':
      return 'sum(value) AS pair_sum, count(*) AS pair_count, sum(value)::DOUBLE / count(*) AS x_avg'
    default:
      return `${space.toLowerCase()}(value) AS x_${space.toLowerCase()}`
  }
}

function stateColumnsSql(space: Space): string {
  const x = `x_${space.toLowerCase()}`
  const state = `sum(${x}), min(${x}), max(${x}), arg_max(${x}, step)`
  return space === 'AVG' ? `${state}, arg_max(pair_sum, step), arg_max(pair_count, step)` : state
}

/** Distinct groups of series that have a point in the intervals. */
export function labelsStatement(scan: Scan): Statement {
  return statementOf((bind) => {
    const columns = scan.groupBy.map((label, i) => `${labelSql(label, bind)} AS g${i}`)
    const metrics = [...new Set(scan.measures.map(({ metric }) => metric))].map((metric) => bind.text(metric))
    return `SELECT DISTINCT ${columns.length === 0 ? '1' : columns.join(', ')} FROM series
WHERE dataset = ${bind.text(scan.dataset)} ${metrics.length === 0 ? '' : `AND metric IN (${metrics.join(', ')})`}
AND ${filterSql(scan.filter, bind)}
AND id IN (SELECT series FROM points WHERE ${withinSql(scan.intervals, bind)})`
  })
}
