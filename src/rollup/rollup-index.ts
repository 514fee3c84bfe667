import type { CatalogVersion, RollupVersion } from '../model/definition.ts'
import { roughMs } from '../model/granularity.ts'
import type { CatalogView } from '../ports/catalog.ts'

/** Rollup versions of the newest catalog by id. */
export class RollupIndex {
  readonly #view: CatalogView
  #catalog: CatalogVersion | null = null
  #byId = new Map<string, RollupVersion>()

  constructor(view: CatalogView) {
    this.#view = view
  }

  find(id: string): RollupVersion | undefined {
    return this.#current().get(id)
  }

  /** Ids of all rollups of the dataset. */
  idsOf(dataset: string): string[] {
    return [...(this.#view.current().datasets.get(dataset)?.rollups.values() ?? [])].map(({ id }) => id)
  }

  /** Ids of those that a rollup must not be computed from: itself, and whatever is no finer, so that no two feed each other. */
  notFinerThan({ dataset, grain }: RollupVersion): string[] {
    const rollups = [...(this.#view.current().datasets.get(dataset)?.rollups.values() ?? [])]
    return rollups.filter((other) => roughMs(other.grain) >= roughMs(grain)).map(({ id }) => id)
  }

  #current(): ReadonlyMap<string, RollupVersion> {
    const catalog = this.#view.current()
    if (catalog !== this.#catalog) {
      this.#catalog = catalog
      const rollups = [...catalog.datasets.values()].flatMap((dataset) => [...dataset.rollups.values()])
      this.#byId = new Map(rollups.map((rollup) => [rollup.id, rollup]))
    }
    return this.#byId
  }
}
