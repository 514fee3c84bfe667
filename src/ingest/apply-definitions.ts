import type { PushWriter } from '../cache/push/contract.ts'
import type { CatalogVersion, RollupVersion } from '../model/definition.ts'
import type { CatalogView } from '../ports/catalog.ts'

/** How a snapshot names a rollup version it holds. */
export const versionName = ({ id, defHash }: RollupVersion): string => `${id}@${defHash}`

/** Keeps the push table defined as the catalog is. */
export class Definitions {
  readonly #table: PushWriter
  readonly #catalog: CatalogView
  #seen: CatalogVersion | null = null
  #defined: readonly string[] = []
  #problem: unknown = null

  /** Error: CONFIG_INVALID when the table cannot hold what the catalog defines. */
  constructor(table: PushWriter, catalog: CatalogView) {
    this.#table = table
    this.#catalog = catalog
    this.#define(catalog.current())
  }

  /** Names of the versions that are defined now. */
  get defined(): readonly string[] {
    return this.#defined
  }

  /** Why the newest catalog could not be taken over; the one before goes on then. */
  get problem(): unknown {
    return this.#problem
  }

  follow(): void {
    const newest = this.#catalog.current()
    if (newest === this.#seen) return
    try {
      this.#define(newest)
    } catch (error) {
      this.#problem = error
    }
  }

  #define(catalog: CatalogVersion): void {
    this.#seen = catalog
    const rollups = [...catalog.datasets.values()].flatMap((dataset) => [...dataset.rollups.values()])
    this.#table.define(rollups)
    this.#defined = rollups.map(versionName)
    this.#problem = null
  }
}
