import type {
  CatalogVersion,
  DatasetDefinition,
  IntakeMapping,
  MetricDefinition,
  MetricDescriptor,
} from '../../../src/model/definition.ts'
import { LanewayError } from '../../../src/model/errors.ts'
import type { MetricType } from '../../../src/model/measure.ts'
import type { MetricRegistrar } from '../../../src/ports/catalog.ts'

export function datasetOf(name: string, change: Partial<DatasetDefinition> = {}): DatasetDefinition {
  return {
    name,
    stepMs: 60_000,
    latenessMs: 90_000,
    dedupeMs: 3_600_000,
    retentionRawMs: 7 * 86_400_000,
    strict: false,
    match: null,
    resources: new Map(),
    labels: new Map(),
    metrics: new Map(),
    rollups: new Map(),
    ...change,
  }
}

export interface Written {
  readonly type: MetricType
  readonly labels: readonly string[]
  readonly from: Partial<IntakeMapping> & { readonly otlp: string }
}

/** Metrics as a catalog file defines them, by name. */
export const metricsOf = (dataset: string, metrics: Readonly<Record<string, Written>>): DatasetDefinition['metrics'] =>
  new Map(
    Object.entries(metrics).map(([name, { type, labels, from }]) => [
      name,
      {
        ...descriptorOf({ dataset, name, type, labels }),
        from: { labels: {}, resource: {}, ...from },
        selfRegistered: false,
      },
    ]),
  )

const descriptorOf = (
  part: Pick<MetricDefinition, 'dataset' | 'name' | 'type' | 'labels'> & Partial<MetricDefinition>,
): MetricDefinition => ({
  unit: '',
  description: '',
  resources: [],
  missing: 'absent',
  exportable: false,
  lifecycle: 'PREVIEW',
  from: null,
  selfRegistered: true,
  ...part,
})

/** Registers in memory under the rules of the port: first writer wins, another type or unit is refused. */
export class MemoryCatalog implements MetricRegistrar {
  #version: CatalogVersion
  readonly registered: MetricDescriptor[] = []
  readonly #metricsMax: number
  asked = 0

  constructor(datasets: readonly DatasetDefinition[] = [], metricsMax = 1_000) {
    this.#version = { version: 1, datasets: new Map(datasets.map((dataset) => [dataset.name, dataset])) }
    this.#metricsMax = metricsMax
  }

  current(): CatalogVersion {
    return this.#version
  }

  async register(descriptors: readonly MetricDescriptor[]): Promise<void> {
    this.asked++
    const datasets = new Map(this.#version.datasets)
    for (const descriptor of descriptors) {
      const dataset = datasets.get(descriptor.dataset) ?? datasetOf(descriptor.dataset)
      const known = dataset.metrics.get(descriptor.name)
      if (known && (known.type !== descriptor.type || known.unit !== descriptor.unit)) {
        throw new LanewayError('METRIC_CONFLICT', { detail: descriptor.name })
      }
      if (!known && dataset.metrics.size >= this.#metricsMax) {
        throw new LanewayError('CATALOG_FULL', { detail: descriptor.name })
      }
      const metrics = new Map(dataset.metrics).set(descriptor.name, descriptorOf(descriptor))
      datasets.set(descriptor.dataset, { ...dataset, metrics })
    }
    this.registered.push(...descriptors)
    this.#version = { version: this.#version.version + 1, datasets }
  }
}
