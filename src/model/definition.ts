import type { Filter } from './filter.ts'
import type { Grain } from './granularity.ts'
import type { MetricType, Missing, StateMeasure } from './measure.ts'

/** First 16 hex digits of sha256 over what changes a rollup's numbers. */
export type DefHash = string

export interface LabelDefinition {
  readonly name: string
  readonly description: string
  readonly cardinality: 'normal' | 'high'
}

export interface ResourceDefinition {
  /** `kafka` */
  readonly type: string
  /** `resource.kafka.id` */
  readonly id: string
  readonly description: string
}

/** How the intake recognises a metric and names its labels. Keys are as sent, values are Laneway labels. */
export interface IntakeMapping {
  readonly otlp: string
  readonly labels: Readonly<Record<string, string>>
  readonly resource: Readonly<Record<string, string>>
  /** Points that carry one of these attribute values are left out: they repeat what other points say. */
  readonly skip?: Readonly<Record<string, readonly string[]>>
}

export interface MetricDefinition {
  readonly dataset: string
  readonly name: string
  readonly type: MetricType
  readonly unit: string
  readonly description: string
  readonly resources: readonly string[]
  /** Every label a series of this metric may have, resource labels included, sorted. */
  readonly labels: readonly string[]
  readonly missing: Missing
  readonly exportable: boolean
  readonly lifecycle: 'PREVIEW' | 'GENERAL_AVAILABILITY' | 'DEPRECATED'
  /** Absent for a metric that registered itself. */
  readonly from: IntakeMapping | null
  readonly selfRegistered: boolean
}

/** A rollup as it is now; a changed definition is another version with another hash. */
export interface RollupVersion {
  readonly dataset: string
  readonly name: string
  /** `dataset/name` */
  readonly id: string
  readonly defHash: DefHash
  /** Labels kept, in the order of the records' keys. */
  readonly labels: readonly string[]
  /** Own filter, canonical. */
  readonly filter: Filter
  readonly grain: Grain
  /** Base step of the dataset, ms. */
  readonly stepMs: number
  readonly latenessMs: number
  readonly measures: readonly StateMeasure[]
  readonly keep: { readonly pushMs: number; readonly druidMs: number | null }
}

export interface DatasetDefinition {
  readonly name: string
  readonly stepMs: number
  readonly latenessMs: number
  /** How long a repeated delta or gauge point is recognised, ms. */
  readonly dedupeMs: number
  readonly retentionRawMs: number
  readonly strict: boolean
  /** Resource attributes a sender without `laneway.dataset` must have: name → value, null for any value. */
  readonly match: Readonly<Record<string, string | null>> | null
  readonly resources: ReadonlyMap<string, ResourceDefinition>
  readonly labels: ReadonlyMap<string, LabelDefinition>
  readonly metrics: ReadonlyMap<string, MetricDefinition>
  readonly rollups: ReadonlyMap<string, RollupVersion>
}

/** One immutable state of the registry; a request pins one. */
export interface CatalogVersion {
  readonly version: number
  readonly datasets: ReadonlyMap<string, DatasetDefinition>
}

/** A metric as it registers itself, keyed dataset + metric; first writer wins. */
export interface MetricDescriptor {
  readonly dataset: string
  readonly name: string
  readonly type: MetricType
  readonly unit: string
  readonly description: string
  readonly labels: readonly string[]
}
