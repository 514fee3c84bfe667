import type { LabelFrame } from '../../model/frame.ts'
import type { LabelReading, PushRead } from './contract.ts'
import { cellOf, type LiveWindow } from './live-window.ts'
import type { PinnedWindows } from './pinned-windows.ts'
import type { Column } from './row-shape.ts'
import type { Selection } from './selection.ts'
import { WindowMatch } from './window-match.ts'

export interface LabelReadingParts {
  readonly pinned: PinnedWindows
  readonly selection: Selection
  /** One per measure of the request. */
  readonly columns: readonly Column[]
}

/**
 * Distinct groups that have one of the measures (any row, when none is asked for) in the pinned windows. Ends early
 * when every selected group was seen.
 */
export class LabelGroups implements LabelReading {
  readonly #request: PushRead
  readonly #parts: LabelReadingParts
  readonly #match = new WindowMatch()
  readonly #seen: Uint8Array
  #missing: number
  #next = 0
  #rowsRead = 0

  constructor(request: PushRead, parts: LabelReadingParts) {
    this.#request = request
    this.#parts = parts
    this.#missing = parts.selection.groups.length
    this.#seen = new Uint8Array(this.#missing)
  }

  advance(rowsMax: number): boolean {
    const { pinned, selection } = this.#parts
    const { windows } = pinned
    for (let looked = 0; this.#isUnfinished() && looked < rowsMax; this.#next++) {
      const { live } = windows[this.#next]!
      looked += live.ids.length
      this.#match.find(live.ids, selection)
      this.#rowsRead += this.#match.count
      this.#look(live)
    }
    return !this.#isUnfinished()
  }

  frame(): LabelFrame {
    const { pinned, selection } = this.#parts
    const groups = selection.groups.filter((_, group) => this.#seen[group] === 1)
    const { raw, asOf } = pinned
    return { kind: 'labels', labels: this.#request.groupBy, groups, rowsRead: this.#rowsRead, raw, asOf }
  }

  #isUnfinished(): boolean {
    return this.#missing > 0 && this.#next < this.#parts.pinned.windows.length
  }

  #look(live: LiveWindow): void {
    const { columns } = this.#parts
    for (let i = 0; i < this.#match.count; i++) {
      const group = this.#match.groups[i]!
      if (this.#seen[group] === 1 || !hasOne(live, this.#match.rows[i]!, columns)) continue
      this.#seen[group] = 1
      this.#missing--
    }
  }
}

const hasOne = (live: LiveWindow, row: number, columns: readonly Column[]): boolean =>
  columns.length === 0 || columns.some((column) => !Number.isNaN(live.cells[cellOf(column, live.ids.length, row)]))
