import type { StateFrame } from '../../model/frame.ts'
import { compareGroups, type Group } from '../../model/label.ts'
import { type MeasureRef, numericOfX } from '../../model/measure.ts'
import { add, type Num } from '../../model/number.ts'
import { finish } from '../merge/finish.ts'

/** Values of one bucket by series; groups ascending (`compareGroups`), each once. Never changes. */
export interface Column {
  readonly groups: readonly Group[]
  readonly values: Float64Array
  /** Integers that `values` cannot hold, by position. */
  readonly big: ReadonlyMap<number, bigint>
}

const BYTES_PER_SERIES = 24
const BYTES_PER_BIG = 80

export const columnBytes = ({ groups, big }: Column): number =>
  groups.length * BYTES_PER_SERIES + big.size * BYTES_PER_BIG

export const valueAt = ({ values, big }: Column, i: number): Num => big.get(i) ?? values[i]!

/** Takes groups in ascending order. */
export class ColumnBuilder {
  readonly groups: Group[] = []
  readonly #values: number[] = []
  readonly #big = new Map<number, bigint>()

  push(group: Group, value: Num): void {
    if (typeof value === 'bigint') this.#big.set(this.groups.length, value)
    this.groups.push(group)
    this.#values.push(Number(value))
  }

  finish(): Column {
    return { groups: this.groups, values: Float64Array.from(this.#values), big: this.#big }
  }
}

interface Entry {
  readonly group: Group
  readonly value: Num
}

/**
 * States of one bucket ▸ finished values in order. `before` is the column of a bucket nearby: what it has is put in
 * its place without comparing, so that a bucket of mostly known series needs no sorting.
 */
export function columnOf(frame: StateFrame, measure: MeasureRef, steps: number, before: Column | null): Column {
  const places = new Map(before?.groups.map((group, i) => [group, i]))
  const known = new Array<Entry | undefined>(places.size)
  const fresh: Entry[] = []
  let untellable = false
  for (const { group, states } of frame.rows) {
    const value = finish(states[0]!, measure, steps)
    if (value === null) continue
    const place = places.get(group)
    if (place !== undefined) known[place] = { group, value }
    else {
      untellable ||= !isTellable(group)
      fresh.push({ group: tellable(group), value })
    }
  }
  fresh.sort((a, b) => compareGroups(a.group, b.group))
  return joined([known, fresh], untellable ? measure : null)
}

/** Two ascending lists in one; equal groups are added up where that may be needed. */
function joined([known, fresh]: readonly [(Entry | undefined)[], Entry[]], adding: MeasureRef | null): Column {
  const builder = new ColumnBuilder()
  const entries = merged(known, fresh)
  if (adding === null) {
    for (const { group, value } of entries) builder.push(group, value)
    return builder.finish()
  }
  let last: Entry | null = null
  for (const entry of entries) {
    if (last !== null && compareGroups(last.group, entry.group) === 0) {
      last = { group: last.group, value: add(numericOfX(adding), last.value, entry.value) }
      continue
    }
    if (last !== null) builder.push(last.group, last.value)
    last = entry
  }
  if (last !== null) builder.push(last.group, last.value)
  return builder.finish()
}

function* merged(known: readonly (Entry | undefined)[], fresh: readonly Entry[]): Generator<Entry> {
  let next = 0
  for (let i = 0; i < known.length; i++) {
    const entry = known[i]
    if (entry === undefined) continue
    while (next < fresh.length && compareGroups(fresh[next]!.group, entry.group) < 0) yield fresh[next++]!
    yield entry
  }
  while (next < fresh.length) yield fresh[next++]!
}

/**
 * Text formats do not tell an empty label from an absent one, and cannot write half of a surrogate pair. Such groups
 * become the one that a reader would take them for, and what becomes the same is added up (space SUM).
 */
const isTellable = (group: Group): boolean =>
  group.every((value) => value === null || (value !== '' && value.isWellFormed()))

const tellable = (group: Group): Group =>
  isTellable(group) ? group : group.map((value) => (value === null || value === '' ? null : value.toWellFormed()))

export function equalColumns(a: Column, b: Column): boolean {
  if (a.groups.length !== b.groups.length) return false
  for (let i = 0; i < a.groups.length; i++) {
    if (a.groups[i] !== b.groups[i] && compareGroups(a.groups[i]!, b.groups[i]!) !== 0) return false
    if (valueAt(a, i) !== valueAt(b, i)) return false
  }
  return true
}

/** Walks over several columns at once, group by group; `places[c]` is its position in column c, -1 where it is not. */
export function* alongside(columns: readonly Column[]): Generator<{ group: Group; places: readonly number[] }> {
  const at = columns.map(() => 0)
  for (;;) {
    let least: Group | undefined
    for (const [c, { groups }] of columns.entries()) {
      const group = groups[at[c]!]
      if (group !== undefined && (least === undefined || isBefore(group, least))) least = group
    }
    if (least === undefined) return
    const group = least
    const places = columns.map(({ groups }, c) => {
      const here = groups[at[c]!]
      return here !== undefined && isSame(here, group) ? at[c]!++ : -1
    })
    yield { group, places }
  }
}

const isSame = (a: Group, b: Group): boolean => a === b || compareGroups(a, b) === 0
const isBefore = (a: Group, b: Group): boolean => a !== b && compareGroups(a, b) < 0
