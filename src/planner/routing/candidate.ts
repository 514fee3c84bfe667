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

/** Facts about the rollups of one catalog version, dataset by dataset, in order of preference. */
export class CatalogFacts {
  readonly #catalog: CatalogVersion
  readonly #datasets = new Map<string, readonly RollupFacts[]>()

  constructor(catalog: CatalogVersion) {
    this.#catalog = catalog
  }

  /**
   * Candidates in order of preference: places in their order, rollups as above. A rollup of another dataset is one
   * only when the question names it, so that the report can say why it was of no use.
   */
  candidates({ dataset, use }: LogicalQuery, places: readonly Place[]): Candidate[] {
    const rollups = [...this.#rollupsOf(dataset), ...this.#foreign(dataset, use ?? [])]
    const found: Candidate[] = []
    for (const [place, { source, serves }] of places.entries()) {
      if (serves === 'raw') found.push({ source, place, rollup: null })
      else for (const rollup of rollups) found.push({ source, place, rollup })
    }
    return found
  }

  #rollupsOf(dataset: string): readonly RollupFacts[] {
    let facts = this.#datasets.get(dataset)
    if (!facts) {
      const versions = this.#catalog.datasets.get(dataset)?.rollups.values() ?? []
      facts = [...versions].map(factsOf).sort(compareRollups)
      this.#datasets.set(dataset, facts)
    }
    return facts
  }

  #foreign(dataset: string, use: readonly string[]): RollupFacts[] {
    const datasets = new Set(use.filter((name) => name.includes('/')).map((name) => name.slice(0, name.indexOf('/'))))
    datasets.delete(dataset)
    const rollups = [...datasets].flatMap((name) => this.#rollupsOf(name))
    return rollups.filter(({ version }) => use.includes(version.id)).sort(compareRollups)
  }
}
