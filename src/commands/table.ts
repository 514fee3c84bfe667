/** Columns as wide as their widest cell; timestamp first, values last. Numbers stand right, so that digits line up. */
export function table(rows: readonly Readonly<Record<string, unknown>>[]): string {
  if (rows.length === 0) return '(no data)'
  const columns = columnsOf(rows)
  const cells = [columns, ...rows.map((row) => columns.map((name) => cellText(row[name])))]
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)))
  const isNumeric = columns.map((name) => rows.every((row) => typeof (row[name] ?? 0) === 'number'))
  return cells
    .map((line) => {
      const padded = line.map((cell, i) => (isNumeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      return padded.join('  ').trimEnd()
    })
    .join('\n')
}

const FIRST = ['timestamp']
const LAST = ['value', 'cut']

/** Every name of any row, in order of first sight. */
function columnsOf(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const between = names.filter((name) => !FIRST.includes(name) && !LAST.includes(name))
  return [...FIRST, ...between, ...LAST].filter((name) => names.includes(name))
}

const cellText = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
