import type { Selection } from './selection.ts'

/** A binary search costs about this many times a step of the merge. */
const LOOKUP_STEPS = 4

/** Rows of one window that a selection lets through: `rows[i]` belongs to answer group `groups[i]`, i < count. */
export class WindowMatch {
  rows = new Int32Array(0)
  groups = new Int32Array(0)
  count = 0

  /** Looks up the few selected series, or the few rows, by bisection; merges both when neither is few. */
  find(ids: Int32Array, selection: Selection): void {
    this.count = 0
    const fewer = Math.min(ids.length, selection.ids.length)
    const more = Math.max(ids.length, selection.ids.length)
    if (this.rows.length < fewer) {
      this.rows = new Int32Array(fewer)
      this.groups = new Int32Array(fewer)
    }
    if (fewer * LOOKUP_STEPS * Math.log2(more + 1) >= fewer + more) this.#merge(ids, selection)
    else if (ids.length <= selection.ids.length) this.#lookUpRows(ids, selection)
    else this.#lookUpSelected(ids, selection)
  }

  #merge(ids: Int32Array, selection: Selection): void {
    const selected = selection.ids
    for (let row = 0, at = 0; row < ids.length && at < selected.length; ) {
      const difference = ids[row]! - selected[at]!
      if (difference === 0) this.#add(row, selection.groupOf[at]!)
      if (difference <= 0) row++
      if (difference >= 0) at++
    }
  }

  #lookUpSelected(ids: Int32Array, selection: Selection): void {
    for (let at = 0, from = 0; at < selection.ids.length; at++) {
      from = firstAtLeast(ids, selection.ids[at]!, from)
      if (ids[from] === selection.ids[at]) this.#add(from, selection.groupOf[at]!)
    }
  }

  #lookUpRows(ids: Int32Array, selection: Selection): void {
    for (let row = 0, from = 0; row < ids.length; row++) {
      from = firstAtLeast(selection.ids, ids[row]!, from)
      if (selection.ids[from] === ids[row]) this.#add(row, selection.groupOf[from]!)
    }
  }

  #add(row: number, group: number): void {
    this.rows[this.count] = row
    this.groups[this.count++] = group
  }
}

function firstAtLeast(sorted: Int32Array, value: number, from: number): number {
  let low = from
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
