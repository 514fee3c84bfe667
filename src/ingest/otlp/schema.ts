import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'

/** The two messages of the metrics service, ready to read and write. */
export interface OtlpSchema {
  readonly request: protobuf.Type
  readonly response: protobuf.Type
}

const FILES = ['common/v1/common', 'resource/v1/resource', 'metrics/v1/metrics', 'collector/metrics/v1/metrics_service']

/** Fields that decide nothing here. Taken out of the schema they are skipped as unknown: no memory, no time. */
const UNREAD: Readonly<Record<string, readonly string[]>> = {
  'common.v1.InstrumentationScope': ['droppedAttributesCount'],
  'resource.v1.Resource': ['droppedAttributesCount', 'entityRefs'],
  'metrics.v1.ResourceMetrics': ['schemaUrl'],
  'metrics.v1.ScopeMetrics': ['schemaUrl'],
  'metrics.v1.Metric': ['metadata'],
  'metrics.v1.NumberDataPoint': ['exemplars'],
  'metrics.v1.HistogramDataPoint': ['exemplars'],
  'metrics.v1.ExponentialHistogramDataPoint': ['exemplars', 'zeroThreshold'],
}

/** Reads the official .proto files beside this one. */
export function loadSchema(): OtlpSchema {
  const root = new protobuf.Root()
  for (const file of FILES) {
    const text = readFileSync(new URL(`proto/opentelemetry/proto/${file}.proto`, import.meta.url), 'utf8')
    protobuf.parse(text, root)
  }
  for (const [type, fields] of Object.entries(UNREAD)) {
    const message = root.lookupType(`opentelemetry.proto.${type}`)
    for (const field of fields) message.remove(message.fields[field]!)
  }
  root.resolveAll()
  const service = 'opentelemetry.proto.collector.metrics.v1.ExportMetricsService'
  return { request: root.lookupType(`${service}Request`), response: root.lookupType(`${service}Response`) }
}
