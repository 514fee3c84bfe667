/** Rows of an answer ▸ columns for the chart. Pure. */
import { groupText } from './format.js'

/**
 * @typedef {{ timestamp: string, value: number | null, cut?: boolean } & Record<string, unknown>} Row
 * @typedef {{ name: string, group: (string | null)[], values: (number | null)[], last: number | null }} Line
 */

/**
 * A column of bucket starts (seconds) and one of values a group. Buckets without a value are null, so the line breaks
 * there; missing is not zero.
 * @param {readonly Row[]} rows
 * @param {{ groupBy: readonly string[], start: number, end: number, width: number }} shape ms
 * @returns {{ times: number[], lines: Line[] }}
 */
export function chartDataOf(rows, { groupBy, start, end, width }) {
  const first = Math.floor(start / width) * width
  const count = Math.max(0, Math.ceil((end - first) / width))
  const times = Array.from({ length: count }, (_, i) => (first + i * width) / 1000)
  const groups = Map.groupBy(rows, (row) => JSON.stringify(groupBy.map((label) => row[label] ?? null)))
  const lines = [...groups].map(([key, points]) => {
    const group = JSON.parse(key)
    const values = new Array(count).fill(null)
    for (const { timestamp, value } of points) {
      const index = Math.round((Date.parse(timestamp) - first) / width)
      if (index >= 0 && index < count) values[index] = value === null ? null : Number(value)
    }
    return { name: groupText(group), group, values, last: values.findLast((value) => value !== null) ?? null }
  })
  return { times, lines }
}
