import { readFileSync } from 'node:fs'

/** What really happened in the recorded clusters; `otlp…` was computed from the recording by another program. */
export interface Facts {
  readonly recording: { readonly files: number; readonly points: number }
  readonly clusters: Readonly<Record<string, ClusterFacts>>
  /** By `cluster/topic`. */
  readonly topics: Readonly<Record<string, TopicFacts>>
  /** By `cluster/client/topic`. */
  readonly consumed: Readonly<
    Record<string, { readonly consumedByOwnCount: number; readonly otlpRecordsConsumed?: number }>
  >
}

interface ClusterFacts {
  readonly producedRecords: number
  readonly otlpMessagesIn: number
  readonly otlpBytesIn: number
}

export interface TopicFacts {
  readonly cluster: string
  readonly topic: string
  /** Counted by the producers from acknowledged sends. */
  readonly producedRecords: number
  readonly replicationFactor: number
  /** By partition, read by an admin client after the load. */
  readonly adminEndOffsets: readonly number[]
  readonly otlpBytesIn: number
  readonly otlpBytesOut: number
  readonly otlpProduceRequests: number
  readonly otlpProducerRecordsSent?: number
  readonly otlpFinalSizeAllReplicas: number
  /** Read from the brokers' file systems at the end. */
  readonly logFileBytesAllReplicas: number
}

export const readFacts = (): Facts =>
  JSON.parse(readFileSync(new URL('../../examples/kafka-telemetry/facts.json', import.meta.url), 'utf8')) as Facts
