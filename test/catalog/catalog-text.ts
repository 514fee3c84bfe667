import { parseCatalogText } from '../../src/catalog/catalog-file.ts'
import { readDataset } from '../../src/catalog/dataset.ts'
import { Problems } from '../../src/catalog/problems.ts'
import type { CatalogVersion, DatasetDefinition, MetricDescriptor } from '../../src/model/definition.ts'
import { LanewayErrors } from '../../src/model/errors.ts'

/** One catalog file from its text; throws LanewayErrors. */
export function datasetFrom(text: string): DatasetDefinition {
  const problems = new Problems()
  const file = parseCatalogText('a.yaml', text, problems)
  const dataset = file && readDataset(file, problems)
  problems.throwIfAny()
  return dataset!
}

/** What is wrong with a text, in words; [] when nothing is. */
export function problemsOf(read: () => unknown): string[] {
  try {
    read()
    return []
  } catch (error) {
    if (error instanceof LanewayErrors) return error.errors.map((each) => `${each.facts.detail}`)
    throw error
  }
}

export const catalogOf = (...texts: readonly string[]): CatalogVersion => ({
  version: 1,
  datasets: new Map(texts.map(datasetFrom).map((dataset) => [dataset.name, dataset])),
})

export const descriptor = (change: Partial<MetricDescriptor> = {}): MetricDescriptor => ({
  dataset: 'shop',
  name: 'orders',
  type: 'COUNTER_INT64',
  unit: '1',
  description: '',
  labels: [],
  ...change,
})
