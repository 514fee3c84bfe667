import type { CatalogVersion, DatasetDefinition } from '../model/definition.ts'
import { compareText } from '../model/label.ts'
import { type CatalogFile, readCatalogFiles } from './catalog-file.ts'
import { readDataset } from './dataset.ts'
import { Problems } from './problems.ts'

/**
 * Reads files and folders (their `.yaml` and `.yml` files, not deeper), one dataset per file; datasets come out
 * sorted by name. Throws LanewayErrors with one CATALOG_INVALID per error of any file, each naming file, line and key.
 */
export function loadCatalogFiles(paths: readonly string[]): CatalogVersion {
  const problems = new Problems()
  const catalog = catalogOf(readCatalogFiles(paths, problems), problems)
  problems.throwIfAny()
  return catalog
}

function catalogOf(files: readonly CatalogFile[], problems: Problems): CatalogVersion {
  const found = new Map<string, { readonly file: CatalogFile; readonly dataset: DatasetDefinition }>()
  for (const file of files) {
    const dataset = readDataset(file, problems)
    if (dataset === undefined) continue
    const first = found.get(dataset.name)
    if (first)
      problems.add(file, ['dataset'], `${dataset.name} is defined in ${first.file.path}; allowed: one file per dataset`)
    else found.set(dataset.name, { file, dataset })
  }
  const sorted = [...found].sort(([a], [b]) => compareText(a, b))
  return { version: 1, datasets: new Map(sorted.map(([name, { dataset }]) => [name, dataset])) }
}
