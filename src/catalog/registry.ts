import type { CatalogVersion, MetricDescriptor } from '../model/definition.ts'
import { LanewayError, LanewayErrors } from '../model/errors.ts'
import type { DescriptorStore, MetricRegistrar } from '../ports/catalog.ts'
import { loadCatalogFiles } from './catalog-files.ts'
import { type EnrolLimits, enrol } from './enrol.ts'

export interface RegistryOptions extends Partial<EnrolLimits> {
  /** Catalog files and folders. */
  readonly paths: readonly string[]
  readonly store: DescriptorStore
  /** Calls of `register` that may wait for the store. */
  readonly waitingMax?: number
}

const DEFAULT_LIMITS: EnrolLimits = { strictDatasets: false, datasetsMax: 100, metricsMax: 10_000, labelsMax: 64 }
const WAITING_MAX = 1000

/**
 * The live registry: what the files say, what the store kept, and what registers itself from then on. Every change
 * is a new immutable CatalogVersion with the next number; it is published after the store has it.
 */
export class Registry implements MetricRegistrar {
  readonly #store: DescriptorStore
  readonly #limits: EnrolLimits
  readonly #waitingMax: number
  #current: CatalogVersion
  #ignored: readonly LanewayError[] = []
  #waiting = 0
  /** Ends when the last call that waits for the store has its turn behind it; never rejects. */
  #turn: Promise<void> = Promise.resolve()

  /** Reads the files; `open` is the way in. Throws LanewayErrors (CATALOG_INVALID). */
  constructor({ paths, store, waitingMax = WAITING_MAX, ...limits }: RegistryOptions) {
    this.#store = store
    this.#limits = { ...DEFAULT_LIMITS, ...limits }
    this.#waitingMax = waitingMax
    this.#current = loadCatalogFiles(paths)
  }

  /** Files first, then what the store kept: a stored metric that the files contradict is ignored, see `ignored`. */
  static async open(options: RegistryOptions): Promise<Registry> {
    const registry = new Registry(options)
    const stored = await options.store.load()
    const { catalog, refused } = enrol(registry.#current, stored, registry.#limits)
    registry.#current = catalog
    registry.#ignored = refused
    return registry
  }

  current(): CatalogVersion {
    return this.#current
  }

  /** Why stored metrics are not in the catalog: it is stricter, smaller or of another mind than when they came. */
  get ignored(): readonly LanewayError[] {
    return this.#ignored
  }

  /**
   * Good descriptors are saved and published even when others are refused. Then it throws the one LanewayError, or
   * LanewayErrors for several; `pointer` is the position in the call, `/3`. Errors: METRIC_CONFLICT, DATASET_UNKNOWN
   * and METRIC_UNKNOWN (strict), CATALOG_FULL, FIELD_INVALID (a name), INTAKE_BUSY, and whatever the store throws:
   * then nothing is published and the next call tries again.
   */
  async register(descriptors: readonly MetricDescriptor[]): Promise<void> {
    const { added, refused } = enrol(this.#current, descriptors, this.#limits)
    if (added.length === 0) return throwRefused(refused)
    if (this.#waiting >= this.#waitingMax) throw busy(this.#waitingMax)
    this.#waiting++
    const turn = this.#turn.then(() => this.#registerNow(descriptors)).finally(() => this.#waiting--)
    this.#turn = turn.then(
      () => {},
      () => {},
    )
    return turn
  }

  /** One at a time, so what an earlier call registered is known here and not saved again. */
  async #registerNow(descriptors: readonly MetricDescriptor[]): Promise<void> {
    const { catalog, added, refused } = enrol(this.#current, descriptors, this.#limits)
    if (added.length > 0) {
      await this.#store.save(added)
      this.#current = catalog
    }
    throwRefused(refused)
  }
}

function throwRefused(refused: readonly LanewayError[]): void {
  if (refused.length === 1) throw refused[0]
  if (refused.length > 1) throw new LanewayErrors(refused)
}

const busy = (limit: number): LanewayError =>
  new LanewayError('INTAKE_BUSY', {
    detail: `${limit} calls already wait for new metrics to be stored`,
    limit,
    configKey: 'catalog.waitingMax',
    retryAfterSeconds: 1,
  })
