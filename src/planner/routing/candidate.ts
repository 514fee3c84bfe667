import type { CatalogVersion, RollupVersion } from '../../model/definition.ts'
import { conjuncts, type Filter, pinnedLabels } from '../../model/filter.ts'
import { filterKey } from '../../model/filter-canonical.ts'
import { roughMs } from '../../model/granularity.ts'
import { compareText } from '../../model/label.ts'
import { measureKey, type StateMeasure } from '../../model/measure.ts'
import { atBaseStep } from '../../model/written-state.ts'
import type { SourceId } from '../../ports/source.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { Place } from './route.ts'

/** A rollup version with what the rules ask of it, found once per catalog version. */
export interface RollupFacts {
  readonly version: RollupVersion
  readonly kept: ReadonlySet<string>
  /** Conjuncts of its own filter by their keys. */
  readonly conjuncts: ReadonlyMap<string, Filter>
  /** Labels that its own filter pins to one value. */
  readonly pinned: ReadonlyMap<string, string>
  /** Of these, the ones it does not keep: a scan must be told their value. */
  readonly told: Readonly<Record<string, string>>
  readonly measures: ReadonlyMap<string, StateMeasure>
  /** Its rows hold one base step each, so groups may be folded again. */
  readonly base: boolean
}

/** One place and what it would answer from: a rollup version, or its raw points (null). */
export interface Candidate {
  readonly source: SourceId
  /** Position of its place in the world's order of preference. */
  readonly place: number
  readonly rollup: RollupFacts | null
}

export function factsOf(version: RollupVersion): RollupFacts {
  const kept = new Set(version.labels)
  const pinned = pinnedLabels(version.filter)
  return {
    version,
    kept,
    conjuncts: new Map(conjuncts(version.filter).map((each) => [filterKey(each), each])),
    pinned,
    told: Object.fromEntries([...pinned].filter(([label]) => !kept.has(label))),
    measures: new Map(version.measures.map((measure) => [measureKey(measure), measure])),
    base: atBaseStep(version),
  }
}

/** At an equal price: coarser grain, fewer labels, id. Never the order in which the catalog lists them. */
function compareRollups(a: RollupFacts, b: RollupFacts): number {
  return (
    roughMs(b.version.grain) - roughMs(a.version.grain) ||
    a.kept.size - b.kept.size ||
    compareText(a.version.id, b.version.id) ||
    compareText(a.version.defHash, b.version.defHash)
  )
}

/** Rollups of one dataset in order of preference, and those that store a measure by its key. */
interface DatasetFacts {
  readonly rollups: readonly RollupFacts[]
  readonly storing: ReadonlyMap<string, readonly RollupFacts[]>
}

/** Facts about the rollups of one catalog version, dataset by dataset. */
export class CatalogFacts {
  readonly #catalog: CatalogVersion
  readonly #datasets = new Map<string, DatasetFacts>()

  constructor(catalog: CatalogVersion) {
    this.#catalog = catalog
  }

  /** Candidates in order of preference: places in their order, rollups as above; with every rollup there is. */
  all({ dataset, use }: LogicalQuery, places: readonly Place[]): Candidate[] {
    const { rollups } = this.#factsOf(dataset)
    return candidatesAt(places, [...rollups, ...this.#foreign(dataset, use)])
  }

  /** Only those with rollups that store one of the measures under its key: the others cannot serve. */
  storing({ dataset, use }: LogicalQuery, places: readonly Place[], keys: readonly string[]): Candidate[] {
    const { storing } = this.#factsOf(dataset)
    const [first, ...rest] = keys.map((key) => storing.get(key) ?? [])
    const rollups = rest.length === 0 ? (first ?? []) : [...new Set([first!, ...rest].flat())].sort(compareRollups)
    const foreign = this.#foreign(dataset, use)
    return candidatesAt(places, foreign.length === 0 ? rollups : [...rollups, ...foreign])
  }

  /** How many `all` would give. */
  countOf({ dataset, use }: LogicalQuery, places: readonly Place[]): number {
    const rollups = this.#factsOf(dataset).rollups.length + this.#foreign(dataset, use).length
    return places.reduce((sum, { serves }) => sum + (serves === 'raw' ? 1 : rollups), 0)
  }

  #factsOf(dataset: string): DatasetFacts {
    let facts = this.#datasets.get(dataset)
    if (!facts) {
      const versions = this.#catalog.datasets.get(dataset)?.rollups.values() ?? []
      const rollups = [...versions].map(factsOf).sort(compareRollups)
      this.#datasets.set(dataset, (facts = { rollups, storing: storingOf(rollups) }))
    }
    return facts
  }

  /**
   * A rollup of another dataset is a candidate only when the question names it, so that the report can say why it was
   * of no use.
   */
  #foreign(dataset: string, use: readonly string[] | null): readonly RollupFacts[] {
    if (use === null) return []
    const datasets = new Set(use.filter((name) => name.includes('/')).map((name) => name.slice(0, name.indexOf('/'))))
    datasets.delete(dataset)
    const rollups = [...datasets].flatMap((name) => this.#factsOf(name).rollups)
    return rollups.filter(({ version }) => use.includes(version.id)).sort(compareRollups)
  }
}

function storingOf(rollups: readonly RollupFacts[]): DatasetFacts['storing'] {
  const storing = new Map<string, RollupFacts[]>()
  for (const rollup of rollups) {
    for (const key of rollup.measures.keys()) {
      const have = storing.get(key)
      if (have) have.push(rollup)
      else storing.set(key, [rollup])
    }
  }
  return storing
}

function candidatesAt(places: readonly Place[], rollups: readonly RollupFacts[]): Candidate[] {
  const found: Candidate[] = []
  for (const [place, { source, serves }] of places.entries()) {
    if (serves === 'raw') found.push({ source, place, rollup: null })
    else for (const rollup of rollups) found.push({ source, place, rollup })
  }
  return found
}
