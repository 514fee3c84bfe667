import type { CatalogVersion, MetricDescriptor } from '../model/definition.ts'

/** The live registry as everyone but the catalog zone sees it. */
export interface CatalogView {
  /** The newest immutable version; cheap, call once per request. */
  current(): CatalogVersion
}

/** Where metrics register themselves; first writer wins. */
export interface MetricRegistrar extends CatalogView {
  /**
   * Registers a metric, a dataset that nobody defined, or labels not seen before. Resolves when it is durable.
   * Errors: METRIC_CONFLICT (another type or unit), DATASET_UNKNOWN when the catalog is strict.
   */
  register(descriptors: readonly MetricDescriptor[]): Promise<void>
}

/** Keeps self-registered metrics across restarts (`descriptors` topic). */
export interface DescriptorStore {
  load(): Promise<readonly MetricDescriptor[]>
  save(descriptors: readonly MetricDescriptor[]): Promise<void>
}
