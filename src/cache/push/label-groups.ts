import type { LabelFrame } from '../../model/frame.ts'
import type { PushRead } from './contract.ts'
import { cellOf, type LiveWindow } from './live-window.ts'
import type { PinnedWindows } from './pinned-windows.ts'
import type { Column } from './row-shape.ts'
import type { Selection } from './selection.ts'
import { WindowMatch } from './window-match.ts'

/** Distinct groups that have one of the measures (any row, when none is asked for) in the pinned windows. */
export function labelGroups(
  request: PushRead,
  pinned: PinnedWindows,
  selection: Selection,
  columns: readonly Column[],
): LabelFrame {
  const seen = new Uint8Array(selection.groups.length)
  const match = new WindowMatch()
  let rowsRead = 0
  for (const { live } of pinned.windows) {
    match.find(live.ids, selection)
    rowsRead += match.count
    for (let i = 0; i < match.count; i++) {
      const group = match.groups[i]!
      if (seen[group] === 0 && hasOne(live, match.rows[i]!, columns)) seen[group] = 1
    }
  }
  const groups = selection.groups.filter((_, group) => seen[group] === 1)
  return { kind: 'labels', labels: request.groupBy, groups, rowsRead, raw: pinned.raw, asOf: pinned.asOf }
}

const hasOne = (live: LiveWindow, row: number, columns: readonly Column[]): boolean =>
  columns.length === 0 || columns.some((column) => !Number.isNaN(live.cells[cellOf(column, live.ids.length, row)]))
