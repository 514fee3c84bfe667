import { measureKey, numericOf, numericOfX, type StateMeasure } from '../../model/measure.ts'
import { exactInteger } from '../../model/number.ts'
import type { AggregateRecord } from '../../model/records.ts'
import { writtenWidth } from '../../model/written-state.ts'

/** How one number of a row is checked and kept. */
type CellKind = 'double' | 'integer' | 'count'

/** One stored measure: `width` numbers per row, the first of which is NaN where the measure is absent. */
export interface Column {
  readonly measure: StateMeasure
  readonly key: string
  readonly width: number
  /** Numbers of the row before this column. */
  readonly offset: number
  readonly kinds: readonly CellKind[]
}

/** Numbers of one row while it is being checked; `big` holds [cell, integer beyond 2^53]. */
export interface RowCells {
  readonly cells: Float64Array
  readonly big: [number, bigint][]
}

const INTEGER_TEXT = /^-?\d{1,40}$/
/** Where a state of six or eight numbers keeps `n`, and a pair its count: zero there means absent. */
const STATE_N = 1

/** What the rows of one rollup version look like. Columns are in order of their keys, whatever the catalog's order. */
export class RowShape {
  readonly columns: readonly Column[]
  /** Numbers per row. */
  readonly width: number
  readonly base: boolean

  constructor(measures: readonly StateMeasure[], base: boolean) {
    let offset = 0
    this.base = base
    this.columns = [...measures]
      .sort((a, b) => (measureKey(a) < measureKey(b) ? -1 : 1))
      .map((measure) => {
        const column = columnOf(measure, offset, base)
        offset += column.width
        return column
      })
    this.width = offset
  }

  emptyRow(): RowCells {
    return { cells: new Float64Array(this.width), big: [] }
  }

  /** The column that stores exactly this measure; undefined when it is another one or none. */
  columnFor(measure: StateMeasure): Column | undefined {
    const column = this.columns.find((each) => each.key === measureKey(measure))
    if (!column) return undefined
    const { type, unit, missing } = column.measure
    return type === measure.type && unit === measure.unit && missing === measure.missing ? column : undefined
  }

  /** Writes a record's numbers into `row`; false when one of them cannot be a number of its measure. */
  read(measures: (AggregateRecord & { kind: 'aggregate' })['measures'], row: RowCells): boolean {
    row.big.length = 0
    for (const column of this.columns) {
      const written = measures[column.key]
      if (written === undefined) row.cells.fill(Number.NaN, column.offset, column.offset + column.width)
      else if (written.length !== column.width || !readColumn(column, written, row)) return false
    }
    return true
  }
}

function columnOf(measure: StateMeasure, offset: number, base: boolean): Column {
  const x: CellKind = numericOfX(measure) === 'INT64' ? 'integer' : 'double'
  const pair: CellKind[] = [numericOf(measure.type) === 'INT64' ? 'integer' : 'double', 'count']
  const six: CellKind[] = [x, 'count', x, x, 'count', x]
  const isAverage = measure.space === 'AVG'
  const kinds = base ? (isAverage ? pair : [x]) : isAverage ? [...six, ...pair] : six
  return { measure, key: measureKey(measure), width: writtenWidth(measure, base), offset, kinds }
}

function readColumn(column: Column, written: readonly (number | string)[], row: RowCells): boolean {
  const { offset, width, kinds } = column
  const bigBefore = row.big.length
  for (let i = 0; i < width; i++) {
    if (!readCell(kinds[i]!, written[i]!, offset + i, row)) return false
  }
  if (width > 1 && row.cells[offset + STATE_N]! <= 0) {
    row.cells[offset] = Number.NaN
    row.big.length = bigBefore
  }
  return true
}

function readCell(kind: CellKind, value: number | string, cell: number, row: RowCells): boolean {
  if (typeof value === 'string' && !INTEGER_TEXT.test(value)) return false
  if (kind === 'integer') return readInteger(value, cell, row)
  const number = Number(value)
  row.cells[cell] = number
  return kind === 'count' ? Number.isSafeInteger(number) : Number.isFinite(number)
}

function readInteger(value: number | string, cell: number, row: RowCells): boolean {
  if (typeof value === 'number' && Number.isSafeInteger(value)) {
    row.cells[cell] = value
    return true
  }
  if (typeof value === 'number' && !Number.isInteger(value)) return false
  const exact = exactInteger(BigInt(value))
  row.cells[cell] = Number(exact)
  if (typeof exact === 'bigint') row.big.push([cell, exact])
  return true
}
