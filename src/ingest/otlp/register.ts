import type { MetricDescriptor } from '../../model/definition.ts'
import { LanewayError, LanewayErrors } from '../../model/errors.ts'
import { compareText } from '../../model/label.ts'
import type { MetricRegistrar } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import type { RejectReason, SentPoint } from './sent.ts'
import type { SeriesResolver } from './series.ts'

/** How long a refusal is believed before the registrar is asked again: a flood of names must not become one of asks. */
const REFUSED_MS = 10_000
const REFUSED_MAX = 10_000

export const metricKey = (dataset: string, metric: string): string => `${dataset}|${metric}`

/** Registers the metrics and labels of a commit before its points are stored. */
export class Registration {
  readonly #registrar: MetricRegistrar
  readonly #resolver: SeriesResolver
  readonly #clock: Clock
  readonly #refused = new Map<string, { readonly reason: RejectReason; readonly untilMs: number }>()

  constructor(registrar: MetricRegistrar, resolver: SeriesResolver, clock: Clock) {
    this.#registrar = registrar
    this.#resolver = resolver
    this.#clock = clock
  }

  /**
   * Afterwards the resolver knows the newest catalog. Resolves with why metrics may not register, by `metricKey`;
   * rejects when the registrar broke (not when it refused).
   */
  async register(points: Iterable<SentPoint>): Promise<ReadonlyMap<string, RejectReason>> {
    this.#resolver.use(this.#registrar.current())
    const refusals = new Map<string, RejectReason>()
    const descriptors = this.#unknown(points, refusals)
    if (descriptors.length === 0) return refusals
    await this.#registerAll(descriptors, refusals)
    this.#resolver.use(this.#registrar.current())
    return refusals
  }

  #unknown(points: Iterable<SentPoint>, refusals: Map<string, RejectReason>): MetricDescriptor[] {
    const wanted = new Map<string, MetricDescriptor>()
    for (const point of points) {
      const dataset = this.#resolver.datasetOf(point.metric.resource)
      for (const part of point.parts) {
        const resolution = this.#resolver.resolve(dataset, point, part)
        if (resolution.kind !== 'unknown') continue
        const { descriptor } = resolution
        const key = metricKey(dataset, descriptor.name)
        const refused = this.#refusal(key)
        if (refused) refusals.set(key, refused)
        else wanted.set(key, withLabels(wanted.get(key), descriptor))
      }
    }
    return [...wanted.values()]
  }

  /** All at once; where one is refused, each by itself, so that it does not hold up the others. */
  async #registerAll(descriptors: readonly MetricDescriptor[], refusals: Map<string, RejectReason>): Promise<void> {
    try {
      await this.#registrar.register(descriptors)
      return
    } catch (error) {
      refusalOf(error)
    }
    for (const descriptor of descriptors) {
      try {
        await this.#registrar.register([descriptor])
      } catch (error) {
        const key = metricKey(descriptor.dataset, descriptor.name)
        const reason = refusalOf(error)
        refusals.set(key, reason)
        this.#remember(key, reason)
      }
    }
  }

  #refusal(key: string): RejectReason | undefined {
    const refused = this.#refused.get(key)
    if (refused === undefined || refused.untilMs > this.#clock()) return refused?.reason
    this.#refused.delete(key)
    return undefined
  }

  #remember(key: string, reason: RejectReason): void {
    if (this.#refused.size >= REFUSED_MAX) this.#refused.clear()
    this.#refused.set(key, { reason, untilMs: this.#clock() + REFUSED_MS })
  }
}

/** The first point decides the type; every point adds its labels. */
function withLabels(known: MetricDescriptor | undefined, descriptor: MetricDescriptor): MetricDescriptor {
  if (known === undefined) return descriptor
  const labels = [...new Set([...known.labels, ...descriptor.labels])]
  return labels.length === known.labels.length ? known : { ...known, labels: labels.sort(compareText) }
}

/** Throws what is no refusal. */
function refusalOf(error: unknown): RejectReason {
  const first = error instanceof LanewayErrors ? error.errors[0] : error
  if (!(first instanceof LanewayError) || first.kind !== 'refuse') throw error
  if (first.code === 'METRIC_CONFLICT') return 'metric_conflict'
  if (first.code === 'DATASET_UNKNOWN') return 'dataset_unknown'
  return first.code === 'CATALOG_FULL' ? 'catalog_full' : 'catalog_refused'
}
