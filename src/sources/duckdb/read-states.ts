import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import type { StateRow } from '../../model/frame.ts'
import { type Group, groupKey } from '../../model/label.ts'
import type { MeasureRef, Space } from '../../model/measure.ts'
import { exactInteger, type Num } from '../../model/number.ts'
import type { State } from '../../model/state.ts'
import type { Scan } from '../../ports/source.ts'
import { chunksOf } from './rows.ts'
import { columnsOf, groupsStatement, HEAD_COLUMNS, type MetricRead, statesStatement } from './states-sql.ts'

/** Measures of the scan by metric, each with the spaces it is asked in. */
function readsOf(measures: readonly MeasureRef[]): MetricRead[] {
  const reads = new Map<string, { metric: string; measure: MeasureRef; spaces: Space[] }>()
  for (const measure of measures) {
    const { metric, space } = measure
    const read = reads.get(metric)
    if (!read) reads.set(metric, { metric, measure, spaces: [space] })
    else if (!read.spaces.includes(space)) read.spaces.push(space)
  }
  return [...reads.values()]
}

/** Rows of the frame, metric after metric, all in the snapshot that the connection's transaction sees. */
export async function readStates(
  connection: DuckDBConnection,
  scan: Scan,
): Promise<{ readonly rows: StateRow[]; readonly rowsRead: number }> {
  const table = new RowTable(scan.measures.length)
  let rowsRead = 0
  for (const read of readsOf(scan.measures)) {
    const places = placesOf(read, scan.measures)
    const groups = await readGroups(connection, scan, read.metric)
    const numbers = new Map([...groups].map(([number, group]) => [number, table.groupNumber(group)]))
    for await (const columns of chunksOf(connection, statesStatement(scan, read))) {
      rowsRead += takeChunk(columns, { table, numbers, places })
    }
  }
  return { rows: table.rows, rowsRead }
}

async function readGroups(connection: DuckDBConnection, scan: Scan, metric: string): Promise<Map<bigint, Group>> {
  if (scan.groupBy.length === 0) return new Map([[1n, []]])
  const groups = new Map<bigint, Group>()
  for await (const [numbers = [], ...labels] of chunksOf(connection, groupsStatement(scan, metric))) {
    for (const [i, number] of numbers.entries()) groups.set(number as bigint, groupAt(labels, i))
  }
  return groups
}

export const groupAt = (labels: readonly (readonly DuckDBValue[])[], row: number): Group =>
  labels.map((column) => column[row] as string | null)

/** Where a space's columns begin and which measure of the frame they are for. */
interface Place {
  readonly measure: number
  readonly column: number
  readonly space: Space
}

function placesOf({ metric, spaces }: MetricRead, measures: readonly MeasureRef[]): Place[] {
  const columns = new Map<Space, number>()
  let next = HEAD_COLUMNS
  for (const space of spaces) {
    columns.set(space, next)
    next += columnsOf(space)
  }
  return measures.flatMap((measure, i) =>
    measure.metric === metric ? [{ measure: i, column: columns.get(measure.space)!, space: measure.space }] : [],
  )
}

interface Target {
  readonly table: RowTable
  readonly numbers: ReadonlyMap<bigint, number>
  readonly places: readonly Place[]
}

/** Returns how many points are behind the chunk. */
function takeChunk(columns: readonly (readonly DuckDBValue[])[], { table, numbers, places }: Target): number {
  const [buckets = [], groups = [], counts = []] = columns
  let rowsRead = 0
  for (let i = 0; i < buckets.length; i++) {
    const row = table.rowAt(Number(buckets[i]), numbers.get(BigInt(groups[i] as bigint))!)
    for (const place of places) row.states[place.measure] = stateAt(columns, i, place)
    rowsRead += Number(counts[i])
  }
  return rowsRead
}

function stateAt(columns: readonly (readonly DuckDBValue[])[], row: number, { column, space }: Place): State {
  const num = (offset: number): Num => numOf(columns[column + offset]![row]!)
  const [n, lastStep] = [Number(columns[3]![row]), Number(columns[4]![row])]
  const state: State = { sum: num(0), n, min: num(1), max: num(2), lastStep, last: num(3) }
  if (space === 'AVG') state.pair = { sum: num(4), count: Number(num(5)) }
  return state
}

const numOf = (value: DuckDBValue): Num => (typeof value === 'bigint' ? exactInteger(value) : (value as number))

/** Rows by bucket and group, where several metrics meet. */
class RowTable {
  readonly rows: StateRow[] = []
  readonly #measures: number
  readonly #groups: Group[] = []
  readonly #numbers = new Map<string, number>()
  /** bucket ▸ row of each group */
  readonly #buckets = new Map<number, (StateRow | undefined)[]>()

  constructor(measures: number) {
    this.#measures = measures
  }

  groupNumber(group: Group): number {
    const key = groupKey(group)
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.#groups.push(group) - 1
      this.#numbers.set(key, number)
    }
    return number
  }

  rowAt(bucket: number, group: number): StateRow {
    let rows = this.#buckets.get(bucket)
    if (!rows) this.#buckets.set(bucket, (rows = []))
    let row = rows[group]
    if (!row) {
      row = { bucket, group: this.#groups[group]!, states: new Array<State | null>(this.#measures).fill(null) }
      rows[group] = row
      this.rows.push(row)
    }
    return row
  }
}
