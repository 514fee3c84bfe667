import { ValueType } from '@opentelemetry/api'
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter as JsonExporter,
} from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'

type ExporterConfig = NonNullable<ConstructorParameters<typeof JsonExporter>[0]>

export interface SenderOptions {
  readonly url: string
  readonly dataset: string
  readonly encoding: 'protobuf' | 'json'
  readonly temporality: 'delta' | 'cumulative'
  readonly gzip: boolean
}

export interface Sender {
  /** Changes every instrument; each round by other amounts. */
  record(round: number): void
  /** Sends what was recorded since the last time. */
  flush(): Promise<void>
  /** Everything since the start, as the SDK itself sums it up. */
  recorded(): Promise<readonly MetricData[]>
  close(): Promise<void>
}

const PERIOD_MS = 5000

/** An application with the OpenTelemetry SDK as its users set it up. */
export function openSender(options: SenderOptions): Sender {
  const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const inMemory = new PeriodicExportingMetricReader({ exporter: memory, exportIntervalMillis: 3_600_000 })
  const exporting = new PeriodicExportingMetricReader({
    exporter: exporterOf(options),
    exportIntervalMillis: PERIOD_MS,
    exportTimeoutMillis: PERIOD_MS,
  })
  const provider = new MeterProvider({
    resource: resourceFromAttributes({
      'laneway.dataset': options.dataset,
      'service.name': 'checkout',
      'service.instance.id': options.dataset,
    }),
    readers: [exporting, inMemory],
    views: [{ instrumentName: 'payment.duration', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  })
  const record = instrumentsOf(provider)
  return {
    record,
    flush: () => exporting.forceFlush(),
    async recorded() {
      memory.reset()
      await inMemory.forceFlush()
      return memory.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    },
    close: () => provider.shutdown(),
  }
}

function exporterOf({ url, encoding, temporality, gzip }: SenderOptions): JsonExporter | ProtobufExporter {
  const { DELTA, CUMULATIVE } = AggregationTemporalityPreference
  const config = {
    url: `${url}/v1/metrics`,
    temporalityPreference: temporality === 'delta' ? DELTA : CUMULATIVE,
    compression: (gzip ? 'gzip' : 'none') as NonNullable<ExporterConfig['compression']>,
  }
  return encoding === 'json' ? new JsonExporter(config) : new ProtobufExporter(config)
}

/** One instrument of every kind. */
function instrumentsOf(provider: MeterProvider): (round: number) => void {
  const meter = provider.getMeter('sdk-test')
  const orders = meter.createCounter('orders', { unit: '{order}', valueType: ValueType.INT })
  const revenue = meter.createCounter('revenue', { unit: 'EUR' })
  const waiting = meter.createUpDownCounter('waiting', { unit: '{order}', valueType: ValueType.INT })
  const price = meter.createGauge('price', { unit: 'EUR' })
  const size = meter.createHistogram('order.size', { advice: { explicitBucketBoundaries: [1, 10, 100] } })
  const payment = meter.createHistogram('payment.duration', { unit: 's' })
  let now = 0
  meter.createObservableCounter('pages').addCallback((result) => {
    result.observe(1000 * now, { path: '/' })
    result.observe(7 * now, { path: '/größe' })
  })
  meter.createObservableUpDownCounter('sessions').addCallback((result) => result.observe(50 - 20 * now))
  meter.createObservableGauge('temperature', { unit: 'Cel' }).addCallback((result) => result.observe(20.5 + now / 10))
  return (round) => {
    now = round
    orders.add(3 * round, { product: 'tea' })
    orders.add(1, { product: 'coffee', express: true })
    orders.add(2 ** 40)
    revenue.add(0.1 * round, { product: 'tea' })
    waiting.add(round % 2 === 0 ? -2 : 5, { queue: 'in' })
    price.record(1.25 * round, { product: 'tea' })
    for (const each of [0.5, 5 * round, 50, 5000]) size.record(each, { product: 'tea' })
    for (const each of [0.01, 0.2 * round]) payment.record(each)
  }
}

/** One number that Laneway must answer. */
export interface Expected {
  readonly metric: string
  /** How it is asked for over the whole time: a counter's sum, a gauge's last reading, least or greatest. */
  readonly time: 'SUM' | 'LAST' | 'MIN' | 'MAX'
  readonly attributes: Readonly<Record<string, string>>
  readonly value: number
}

/** Everything the SDK recorded, as Laneway's metrics. */
export const expectedOf = (recorded: readonly MetricData[]): Expected[] =>
  recorded.flatMap((metric) => metric.dataPoints.flatMap((_, i) => numbersOf(metric, i)))

function numbersOf(metric: MetricData, i: number): Expected[] {
  const { name } = metric.descriptor
  const attributes = textsOf(metric.dataPoints[i]!.attributes)
  const number = (suffix: string, time: Expected['time'], value: number, extra = {}): Expected => ({
    metric: name + suffix,
    time,
    attributes: { ...attributes, ...extra },
    value,
  })
  switch (metric.dataPointType) {
    case DataPointType.SUM:
      return [number('', metric.isMonotonic ? 'SUM' : 'LAST', metric.dataPoints[i]!.value)]
    case DataPointType.GAUGE:
      return [number('', 'LAST', metric.dataPoints[i]!.value)]
    case DataPointType.HISTOGRAM: {
      const { buckets } = metric.dataPoints[i]!.value
      const les = [...buckets.boundaries.map(String), '+Inf']
      const upTo = (last: number) => buckets.counts.slice(0, last + 1).reduce((a, b) => a + b, 0)
      return [
        ...summaryOf(metric.dataPoints[i]!.value, number),
        ...les.map((le, last) => number('.bucket', 'SUM', upTo(last), { le })),
      ]
    }
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return summaryOf(metric.dataPoints[i]!.value, number)
  }
}

interface Summary {
  readonly count: number
  readonly sum?: number
  readonly min?: number
  readonly max?: number
}

const summaryOf = (
  { count, sum = 0, min = 0, max = 0 }: Summary,
  number: (suffix: string, time: Expected['time'], value: number) => Expected,
): Expected[] => [
  number('.count', 'SUM', count),
  number('.sum', 'SUM', sum),
  number('.min', 'MIN', min),
  number('.max', 'MAX', max),
]

const textsOf = (attributes: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)]))
