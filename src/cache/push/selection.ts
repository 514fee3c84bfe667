import { allOf, conjuncts, evaluate, type Filter, patternsIn } from '../../model/filter.ts'
import { filterKey } from '../../model/filter-canonical.ts'
import { type Group, groupKey } from '../../model/label.ts'
import { Patterns } from '../../model/patterns.ts'
import type { UnmatchedValues } from './contract.ts'
import type { SeriesIndex } from './series-index.ts'

const SELECTIONS_MAX = 64
/** Selected ids kept for reuse: some per series of the index, and never less than this. */
const IDS_KEPT_MIN = 65_536
const IDS_KEPT_PER_SERIES = 8
/** Rough heap bytes of one group: its array and the entry that finds it. */
const GROUP_BYTES = 128

export interface SelectionRequest {
  readonly groupBy: readonly string[]
  readonly pinned: Readonly<Record<string, string>>
  readonly filter: Filter
}

/** The series a filter lets through, ascending, and for each the position of its answer group. Immutable. */
export interface Selection {
  readonly ids: Int32Array
  readonly groupOf: Int32Array
  readonly groups: readonly Group[]
}

interface Kept {
  readonly selection: Selection
  /** Series the index had. */
  readonly seen: number
  readonly positions: Map<string, number>
}

/** Remembers selections of one index. Series that came since are added when a selection is asked for again. */
export class SelectionCache {
  readonly #index: SeriesIndex
  readonly #kept = new Map<string, Kept>()
  #ids = 0
  #groups = 0

  constructor(index: SeriesIndex) {
    this.#index = index
  }

  get bytes(): number {
    return this.#ids * 8 + this.#groups * GROUP_BYTES
  }

  /** Throws TypeError for a label that is neither stored nor pinned: the planner never asks that. */
  select(request: SelectionRequest, patterns = new Patterns()): Selection {
    const key = keyOf(request)
    const have = this.#kept.get(key)
    if (have && have.seen === this.#index.count) return this.#touch(key, have)
    const kept = selected(this.#index, request, { before: have, patterns })
    this.#forget(key)
    this.#keep(key, kept)
    return kept.selection
  }

  /** Distinct values that `select` would match with patterns: none where it remembers, few where series came since. */
  unmatched(request: SelectionRequest): readonly UnmatchedValues[] {
    const wanted = patternsIn(request.filter)
    if (wanted.length === 0) return []
    const plain = allOf(conjuncts(request.filter).filter((each) => patternsIn(each).length === 0))
    const labelValue = valuesIn(this.#index, request.pinned)
    const from = this.#kept.get(keyOf(request))?.seen ?? 0
    // Values of series that the rest of the filter leaves out cost nothing, and so tell nothing (of other tenants).
    const ids = [...candidates(this.#index, request.filter, from)].filter(
      (id) => evaluate(plain, (label) => labelValue(label, id)) === true,
    )
    return wanted.map(({ label, pattern }) => ({ label, pattern, values: distinctValues(this.#index, label, ids) }))
  }

  #touch(key: string, kept: Kept): Selection {
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    return kept.selection
  }

  #keep(key: string, kept: Kept): void {
    const idsMax = Math.max(IDS_KEPT_MIN, this.#index.count * IDS_KEPT_PER_SERIES)
    this.#kept.set(key, kept)
    this.#count(kept, 1)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= SELECTIONS_MAX && this.#ids <= idsMax) break
      this.#forget(oldest)
    }
  }

  #forget(key: string): void {
    const kept = this.#kept.get(key)
    if (!kept) return
    this.#kept.delete(key)
    this.#count(kept, -1)
  }

  #count({ selection }: Kept, sign: number): void {
    this.#ids += sign * selection.ids.length
    this.#groups += sign * selection.groups.length
  }
}

function keyOf({ groupBy, pinned, filter }: SelectionRequest): string {
  return `${JSON.stringify([groupBy, Object.entries(pinned).sort()])}${filterKey(filter)}`
}

/** Each value once; none for a label that is not stored. */
function distinctValues(index: SeriesIndex, label: string, ids: readonly number[]): string[] {
  const place = index.labels.indexOf(label)
  const dictionary = index.dictionaries[place]
  if (!dictionary) return []
  const seen = new Uint8Array(dictionary.size)
  for (const id of ids) seen[index.codeAt(id, place)] = 1
  return dictionary.values().filter((_, i) => seen[i + 1] === 1)
}

/** Label ▸ its value in a series: stored, or known without looking. */
type LabelValue = (label: string, id: number) => string | null

interface Selecting {
  /** What was selected when the index had fewer series. */
  readonly before: Kept | undefined
  readonly patterns: Patterns
}

function selected(index: SeriesIndex, request: SelectionRequest, { before, patterns }: Selecting): Kept {
  const labelValue = valuesIn(index, request.pinned)
  const groups: Group[] = [...(before?.selection.groups ?? [])]
  const positions = before?.positions ?? new Map<string, number>()
  const ids: number[] = []
  const groupOf: number[] = []
  for (const id of candidates(index, request.filter, before?.seen ?? 0)) {
    if (evaluate(request.filter, (label) => labelValue(label, id), patterns) !== true) continue
    const group = request.groupBy.map((label) => labelValue(label, id))
    ids.push(id)
    groupOf.push(positionOf(group, groups, positions))
  }
  const selection = {
    ids: joined(before?.selection.ids, ids),
    groupOf: joined(before?.selection.groupOf, groupOf),
    groups,
  }
  return { selection, seen: index.count, positions }
}

function positionOf(group: Group, groups: Group[], positions: Map<string, number>): number {
  const key = groupKey(group)
  let position = positions.get(key)
  if (position === undefined) {
    position = groups.push(group) - 1
    positions.set(key, position)
  }
  return position
}

function joined(before: Int32Array | undefined, after: readonly number[]): Int32Array {
  const all = new Int32Array((before?.length ?? 0) + after.length)
  if (before) all.set(before)
  all.set(after, before?.length ?? 0)
  return all
}

function valuesIn(index: SeriesIndex, pinned: SelectionRequest['pinned']): LabelValue {
  const places = new Map(index.labels.map((label, place) => [label, place]))
  return (label, id) => {
    const place = places.get(label)
    if (place !== undefined) return index.valueAt(id, place)
    if (Object.hasOwn(pinned, label)) return pinned[label]!
    throw new TypeError(`label ${label} is neither stored nor pinned`)
  }
}

/** Ids from `from` on that may pass the filter, ascending: the shortest postings of an equality, else all. */
function candidates(index: SeriesIndex, filter: Filter, from: number): Iterable<number> {
  let best: { place: number; codes: number[]; count: number } | null = null
  for (const each of from === 0 ? conjuncts(filter) : []) {
    const posting = postingOf(index, each)
    if (posting && (!best || posting.count < best.count)) best = posting
  }
  if (!best || best.count * 2 > index.count) return range(from, index.count)
  const ids: number[] = []
  for (const code of best.codes) index.dictionaries[best.place]!.collect(code, ids)
  return ids.sort((a, b) => a - b)
}

function postingOf(index: SeriesIndex, filter: Filter): { place: number; codes: number[]; count: number } | null {
  if (filter.kind !== 'eq' && filter.kind !== 'in') return null
  const place = index.labels.indexOf(filter.label)
  const dictionary = index.dictionaries[place]
  if (!dictionary) return null
  const values = new Set(filter.kind === 'eq' ? [filter.value] : filter.values)
  const codes = [...values].map((value) => dictionary.find(value)).filter((code) => code !== undefined)
  return { place, codes, count: codes.reduce((sum, code) => sum + dictionary.countOf(code), 0) }
}

function* range(from: number, to: number): Generator<number> {
  for (let id = from; id < to; id++) yield id
}
