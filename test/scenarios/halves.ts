import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A dataset whose every batch adds the same to the `left` and to the `right` half, in one request and one step. So in
 * any answer that mixes nothing, left and right are equal in every bucket.
 */
export const HALVES = 'halves'

const CATALOG = `
dataset: halves
metrics:
  orders:
    type: COUNTER_INT64
    labels: [metric.half, metric.topic]
    from: { otlp: orders, labels: { half: metric.half, topic: metric.topic } }
  visits:
    type: COUNTER_INT64
    labels: [metric.half, metric.topic]
    from: { otlp: visits, labels: { half: metric.half, topic: metric.topic } }
rollups:
  topic_1m: { grain: PT1M, labels: [metric.half, metric.topic], measures: [orders, visits] }
  half_1h: { grain: PT1H, labels: [metric.half], measures: [orders, visits] }
`

/** Writes the catalog file into the folder; its path. */
export function writeHalvesCatalog(folder: string): string {
  const path = join(folder, 'halves.yaml')
  writeFileSync(path, CATALOG)
  return path
}

export interface HalvesBatch {
  readonly metric: 'orders' | 'visits'
  /** 1: delta, 2: cumulative. */
  readonly temporality: 1 | 2
  readonly topics: number
  readonly startMs: number
  readonly timeMs: number
  /** The increase (delta) or the total (cumulative) of each topic. */
  readonly value: number
}

const nanos = (ms: number): string => `${Math.round(ms)}000000`

/** OTLP/JSON of one batch. */
export function halvesRequest({ metric, temporality, topics, startMs, timeMs, value }: HalvesBatch): string {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  const dataPoints = ['left', 'right'].flatMap((half) =>
    Array.from({ length: topics }, (_, i) => ({
      attributes: [text('half', half), text('topic', `t${i}`)],
      startTimeUnixNano: nanos(startMs),
      timeUnixNano: nanos(timeMs),
      asInt: String(value),
    })),
  )
  const sum = { aggregationTemporality: temporality, isMonotonic: true, dataPoints }
  return JSON.stringify({
    resourceMetrics: [
      {
        resource: { attributes: [text('laneway.dataset', HALVES)] },
        scopeMetrics: [{ metrics: [{ name: metric, unit: '1', sum }] }],
      },
    ],
  })
}

export interface HalvesRow {
  readonly timestamp: string
  readonly value: number
  readonly 'metric.half': string
}

/** Buckets in which the halves differ: empty unless an answer mixes what does not belong together. */
export function unequalBuckets(rows: readonly HalvesRow[]): string[] {
  const byBucket = Map.groupBy(rows, (row) => row.timestamp)
  return [...byBucket]
    .filter(([, pair]) => pair.length !== 2 || pair[0]!.value !== pair[1]!.value)
    .map(([bucket, pair]) => `${bucket}: ${pair.map((row) => `${row['metric.half']} ${row.value}`).join(', ')}`)
}
