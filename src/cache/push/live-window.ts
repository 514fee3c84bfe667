import type { Num } from '../../model/number.ts'
import type { Column, RowShape } from './row-shape.ts'

/** Rough heap bytes of a window without rows: entry, live object, two typed arrays. */
export const WINDOW_BYTES = 512
/** Rough heap bytes of one integer beyond 2^53 in a side map. */
export const BIG_BYTES = 80

/**
 * What readers see of one window: one complete epoch, immutable, replaced as a whole.
 *
 *   ids:   [ascending series ids]
 *   cells: [column 0: row 0, row 1, …][column 1: row 0, …]
 */
export interface LiveWindow {
  readonly epoch: number
  /** Least over its seals. */
  readonly raw: number
  readonly through: number
  readonly ids: Int32Array<ArrayBuffer>
  readonly cells: Float64Array<ArrayBuffer>
  /** By cell, for integers beyond 2^53; null when there are none. */
  readonly big: ReadonlyMap<number, bigint> | null
}

export type WindowVersion = Pick<LiveWindow, 'epoch' | 'raw' | 'through'>

/** Rows as they arrived, row after row: `cells` and `big` count `shape.width` numbers per row. */
export interface UnsortedRows {
  readonly count: number
  readonly ids: Int32Array
  readonly cells: Float64Array
  readonly big: ReadonlyMap<number, bigint>
}

export const liveBytes = (live: LiveWindow): number =>
  live.ids.byteLength + live.cells.byteLength + (live.big?.size ?? 0) * BIG_BYTES

/** First cell of a row in a column; the row's other numbers of the column follow it. */
export const cellOf = (column: Column, rows: number, row: number): number => column.offset * rows + row * column.width

export function numAt(live: LiveWindow, cell: number): Num {
  const value = live.cells[cell]!
  if (live.big === null || Number.isSafeInteger(value)) return value
  return live.big.get(cell) ?? value
}

/** Sorts rows by series and turns them column after column. Every id must be there once. */
export function liveFrom(rows: UnsortedRows, shape: RowShape, version: WindowVersion): LiveWindow {
  const order = orderOf(rows)
  const ids = new Int32Array(rows.count)
  const cells = new Float64Array(rows.count * shape.width)
  const big = new Map<number, bigint>()
  for (let row = 0; row < rows.count; row++) ids[row] = rows.ids[order[row]!]!
  for (const column of shape.columns) {
    for (let row = 0; row < rows.count; row++) {
      const from = order[row]! * shape.width + column.offset
      const to = cellOf(column, rows.count, row)
      for (let i = 0; i < column.width; i++) cells[to + i] = rows.cells[from + i]!
      if (rows.big.size > 0) copyBig(rows.big, from, big, to, column.width)
    }
  }
  return { ...version, ids, cells, big: big.size === 0 ? null : big }
}

/** The same rows, row after row again: what a record applied on its own changes. */
export function rowsOf(live: LiveWindow, shape: RowShape): UnsortedRows & { readonly big: Map<number, bigint> } {
  const count = live.ids.length
  const cells = new Float64Array(count * shape.width)
  const big = new Map<number, bigint>()
  for (const column of shape.columns) {
    for (let row = 0; row < count; row++) {
      const from = cellOf(column, count, row)
      const to = row * shape.width + column.offset
      for (let i = 0; i < column.width; i++) cells[to + i] = live.cells[from + i]!
      if (live.big) copyBig(live.big, from, big, to, column.width)
    }
  }
  return { count, ids: live.ids, cells, big }
}

/** Position of each row once sorted; keys of (id, position) sort as plain numbers below 2^53. */
function orderOf(rows: UnsortedRows): Float64Array {
  const keys = new Float64Array(rows.count)
  let sorted = true
  for (let i = 0; i < rows.count; i++) {
    keys[i] = rows.ids[i]! * rows.count + i
    sorted &&= i === 0 || rows.ids[i]! > rows.ids[i - 1]!
  }
  if (!sorted) keys.sort()
  for (let i = 0; i < rows.count; i++) keys[i] = keys[i]! % rows.count
  return keys
}

function copyBig(from: ReadonlyMap<number, bigint>, at: number, to: Map<number, bigint>, toAt: number, width: number) {
  for (let i = 0; i < width; i++) {
    const value = from.get(at + i)
    if (value !== undefined) to.set(toAt + i, value)
  }
}
