import type { CatalogVersion, DatasetDefinition } from '../model/definition.ts'
import { LanewayError } from '../model/errors.ts'
import { compareText } from '../model/label.ts'
import { shown } from './shown.ts'

const NAMES_MAX = 20

/** Of the catalog as the caller sees it. Error: DATASET_UNKNOWN. */
export function datasetIn({ datasets }: CatalogVersion, name: string): DatasetDefinition {
  const dataset = datasets.get(name)
  if (dataset) return dataset
  const names = [...datasets.keys()].sort(compareText).slice(0, NAMES_MAX)
  throw new LanewayError('DATASET_UNKNOWN', {
    detail: `No dataset is called ${shown(name)}; there are ${names.join(', ') || 'none'}.`,
  })
}
