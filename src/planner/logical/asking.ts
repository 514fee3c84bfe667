import type { CatalogVersion, DatasetDefinition } from '../../model/definition.ts'
import type { Scope } from '../../model/scope.ts'
import type { QueryLimits } from './limits.ts'
import { listed, type Problems, shown } from './problems.ts'
import type { QueryRequest } from './question.ts'

/** The world as one request finds it: one catalog version and one `now`, however long it takes. */
export interface LogicalWorld {
  readonly catalog: CatalogVersion
  /** Epoch ms. */
  readonly now: number
  readonly limits: QueryLimits
  /** What the caller may see. */
  readonly scope: Scope
  /** Ids of the sources there are. */
  readonly sources: readonly string[]
}

/** A request being read. Readers add problems and go on; what depends on something unknown is left out. */
export interface Asking extends LogicalWorld {
  readonly request: QueryRequest
  readonly dataset: DatasetDefinition | undefined
  readonly problems: Problems
}

export function readDataset(name: string, catalog: CatalogVersion, problems: Problems): DatasetDefinition | undefined {
  const dataset = catalog.datasets.get(name)
  if (!dataset) {
    const names = listed([...catalog.datasets.keys()].sort())
    problems.add('DATASET_UNKNOWN', { detail: `dataset ${shown(name)} does not exist; there are: ${names}` })
  }
  return dataset
}
