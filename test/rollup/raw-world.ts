import { HOUR_MS, MINUTE_MS } from '../../src/model/granularity.ts'
import type { Interval } from '../../src/model/interval.ts'
import { floorTo } from '../../src/model/interval.ts'
import type { LabelSet } from '../../src/model/label.ts'
import type { Chunk, LateMark } from '../../src/model/point.ts'
import type { RawChunks } from '../../src/ports/raw.ts'
import type { SeriesReading } from '../cache/push/naive-oracle.ts'
import type { HandClock } from '../hand-clock.ts'

const EARLY_MS = 5_000

interface Waiting {
  readonly arrivedMs: number
  readonly readings: readonly SeriesReading[]
}

/** Raw data in memory: a list of readings, late marks in the commit of their points, asOf that waits for arrivals. */
export class RawWorld implements RawChunks {
  readonly dataset: string
  readonly readings: SeriesReading[] = []
  readonly lateMarks: LateMark[] = []
  listed = 0
  /** Throws it instead of answering. */
  failure: Error | null = null
  readonly #clock: HandClock
  readonly #waiting: Waiting[] = []
  readonly #listeners = new Set<() => void>()
  #seq = 0
  #asOf = 0

  constructor(clock: HandClock, dataset = 'cloud') {
    this.#clock = clock
    this.dataset = dataset
  }

  /** Points arrive now; they are committed by `commit`. */
  arrive(readings: readonly SeriesReading[]): void {
    this.#waiting.push({ arrivedMs: this.#clock(), readings })
  }

  /** One commit of the oldest batch that waits; late is decided by arrival. */
  commit(): void {
    const batch = this.#waiting.shift()
    if (!batch) return
    this.#seq++
    this.readings.push(...batch.readings)
    const steps = new Set(batch.readings.map(({ step }) => step))
    const late = [...steps].filter((step) => batch.arrivedMs > step + MINUTE_MS + EARLY_MS)
    for (const stepMs of late) this.lateMarks.push({ dataset: this.dataset, stepMs, seq: this.#seq })
    if (late.length > 0) for (const listener of this.#listeners) setImmediate(listener)
  }

  /** Arrives and is committed at once. */
  add(step: number, labels: LabelSet, value: number | bigint): void {
    this.arrive([{ step, labels, value }])
    while (this.#waiting.length > 0) this.commit()
  }

  async list(dataset: string, interval: Interval): Promise<readonly Chunk[]> {
    this.#check()
    this.listed++
    const starts = new Set(this.readings.map(({ step }) => floorTo(step, HOUR_MS)))
    return [...starts]
      .filter((start) => dataset === this.dataset && start + HOUR_MS > interval.start && start < interval.end)
      .sort((a, b) => a - b)
      .map((start) => ({ dataset, start, end: start + HOUR_MS, raw: this.version({ start, end: start + HOUR_MS }) }))
  }

  async marks(after: number, limit: number): Promise<readonly LateMark[]> {
    this.#check()
    return this.lateMarks.filter(({ seq }) => seq > after).slice(0, limit)
  }

  asOf(): number {
    this.#asOf = Math.max(this.#asOf, this.#waiting[0]?.arrivedMs ?? this.#clock())
    return this.#asOf
  }

  onMarks(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Greatest over the hours that the interval touches. */
  version({ start, end }: Interval): number {
    const touched = (step: number) => step >= floorTo(start, HOUR_MS) && floorTo(step, HOUR_MS) < end
    return Math.max(0, ...this.lateMarks.filter(({ stepMs }) => touched(stepMs)).map(({ seq }) => seq))
  }

  #check(): void {
    if (this.failure) throw this.failure
  }
}
