import { HOUR_MS } from '../../model/granularity.ts'
import { floorTo, type Interval } from '../../model/interval.ts'
import { compareText, type LabelSet, labelSetKey } from '../../model/label.ts'
import type { Chunk, Point, StepRef } from '../../model/point.ts'

/** One series in memory: what its number is, and until when it has points. */
export interface SeriesEntry {
  readonly id: number
  readonly labelsKey: string
  readonly metric: MetricEntry
  /** Greatest step of its points, epoch ms. */
  lastStepMs: number
}

export interface MetricEntry {
  /** By `labelSetKey`. */
  readonly series: Map<string, SeriesEntry>
  /** Start of the hour ▸ points in it. */
  readonly hours: Map<number, number>
}

interface DatasetEntry {
  readonly metrics: Map<string, MetricEntry>
  /** Start of the hour ▸ sequence of its last late mark. */
  readonly marks: Map<number, number>
  /** Steps before this moment were deleted. */
  expiredMs: number
}

/** A commit on its way: known and new series of its points. Nothing of it is in the book before `enter`. */
export interface CommitDraft {
  readonly seq: number
  readonly points: readonly Point[]
  /** One per point. */
  readonly entries: readonly SeriesEntry[]
  readonly added: readonly { readonly entry: SeriesEntry; readonly point: Point }[]
  readonly late: readonly StepRef[]
}

/**
 * What must be known without asking the store: numbers of series, points per metric and hour, versions of chunks, how
 * far data was deleted. Read from the store at start, then moved on after each commit, never before.
 */
export class RawBook {
  readonly #datasets = new Map<string, DatasetEntry>()
  readonly #keys = new WeakMap<LabelSet, string>()
  #nextId = 1
  #seq = 0
  #series = 0
  #points = 0

  /** Sequence of the last commit. */
  get seq(): number {
    return this.#seq
  }

  get sizes(): { readonly series: number; readonly points: number; readonly datasets: number } {
    return { series: this.#series, points: this.#points, datasets: this.#datasets.size }
  }

  draft(points: readonly Point[], late: readonly StepRef[]): CommitDraft {
    const staged = new Map<MetricEntry, Map<string, SeriesEntry>>()
    const added: { entry: SeriesEntry; point: Point }[] = []
    const entries = points.map((point) => {
      const metric = this.#metric(point.dataset, point.metric)
      const labelsKey = this.#keyOf(point.labels)
      const known = metric.series.get(labelsKey) ?? staged.get(metric)?.get(labelsKey)
      if (known) return known
      const entry = { id: this.#nextId + added.length, labelsKey, metric, lastStepMs: point.stepMs }
      added.push({ entry, point })
      stagedOf(staged, metric).set(labelsKey, entry)
      return entry
    })
    return { seq: this.#seq + 1, points, entries, added, late }
  }

  /** After the commit is durable. */
  enter({ seq, points, entries, added, late }: CommitDraft): void {
    this.#seq = seq
    for (const { entry } of added) this.addSeries(entry)
    for (const [i, { stepMs }] of points.entries()) {
      const entry = entries[i]!
      entry.lastStepMs = Math.max(entry.lastStepMs, stepMs)
      this.addPoints(entry.metric, floorTo(stepMs, HOUR_MS), 1)
    }
    for (const { dataset, stepMs } of late) this.addMark(dataset, floorTo(stepMs, HOUR_MS), seq)
  }

  // what restoring and entering share

  beginAfter(seq: number): void {
    this.#seq = seq
  }

  metric(dataset: string, metric: string): MetricEntry {
    return this.#metric(dataset, metric)
  }

  addSeries(entry: SeriesEntry): void {
    entry.metric.series.set(entry.labelsKey, entry)
    this.#nextId = Math.max(this.#nextId, entry.id + 1)
    this.#series++
  }

  addPoints(metric: MetricEntry, hour: number, count: number): void {
    metric.hours.set(hour, (metric.hours.get(hour) ?? 0) + count)
    this.#points += count
  }

  addMark(dataset: string, hour: number, seq: number): void {
    const { marks } = this.#dataset(dataset)
    marks.set(hour, Math.max(marks.get(hour) ?? 0, seq))
  }

  // what coverage, chunks and retention ask

  datasetNames(): string[] {
    return [...this.#datasets.keys()]
  }

  /** Steps of the dataset before this moment may be gone, epoch ms. */
  expiredMs(dataset: string): number {
    return this.#datasets.get(dataset)?.expiredMs ?? Number.NEGATIVE_INFINITY
  }

  setExpired(dataset: string, beforeMs: number): void {
    const entry = this.#dataset(dataset)
    entry.expiredMs = Math.max(entry.expiredMs, beforeMs)
  }

  /** Points of the metrics by hour, hours ascending; of all metrics when none is named. */
  pointsByHour(dataset: string, metrics: ReadonlySet<string>): ReadonlyMap<number, number> {
    const hours = new Map<number, number>()
    for (const [name, metric] of this.#datasets.get(dataset)?.metrics ?? []) {
      if (metrics.size > 0 && !metrics.has(name)) continue
      for (const [hour, count] of metric.hours) hours.set(hour, (hours.get(hour) ?? 0) + count)
    }
    return new Map([...hours].sort(([a], [b]) => a - b))
  }

  /** Hours with points or marks that touch the interval, ascending. */
  chunks(dataset: string, { start, end }: Interval): Chunk[] {
    const entry = this.#datasets.get(dataset)
    if (!entry) return []
    const hours = new Set(entry.marks.keys())
    for (const metric of entry.metrics.values()) for (const hour of metric.hours.keys()) hours.add(hour)
    return [...hours]
      .filter((hour) => hour < end && hour + HOUR_MS > start)
      .sort((a, b) => a - b)
      .map((hour) => ({ dataset, start: hour, end: hour + HOUR_MS, raw: entry.marks.get(hour) ?? 0 }))
  }

  /** Ids of series whose last point lies before the moment. */
  seriesBefore(dataset: string, beforeMs: number): SeriesEntry[] {
    const out: SeriesEntry[] = []
    for (const metric of this.#datasets.get(dataset)?.metrics.values() ?? []) {
      for (const entry of metric.series.values()) if (entry.lastStepMs < beforeMs) out.push(entry)
    }
    return out
  }

  dropSeries(entries: readonly SeriesEntry[]): void {
    for (const { metric, labelsKey } of entries) if (metric.series.delete(labelsKey)) this.#series--
  }

  dropHour(dataset: string, hour: number): void {
    const entry = this.#dataset(dataset)
    entry.marks.delete(hour)
    for (const metric of entry.metrics.values()) {
      this.#points -= metric.hours.get(hour) ?? 0
      metric.hours.delete(hour)
    }
  }

  #dataset(name: string): DatasetEntry {
    let entry = this.#datasets.get(name)
    if (!entry) {
      entry = { metrics: new Map(), marks: new Map(), expiredMs: Number.NEGATIVE_INFINITY }
      this.#datasets.set(name, entry)
    }
    return entry
  }

  /** An entry without series and points says nothing, so it may be made before its first commit is durable. */
  #metric(dataset: string, name: string): MetricEntry {
    const { metrics } = this.#dataset(dataset)
    let entry = metrics.get(name)
    if (!entry) metrics.set(name, (entry = { series: new Map(), hours: new Map() }))
    return entry
  }

  /** The intake sends the same label set object again and again. */
  #keyOf(labels: LabelSet): string {
    let key = this.#keys.get(labels)
    if (key === undefined) this.#keys.set(labels, (key = storedKey(labels)))
    return key
  }
}

/** The store keeps UTF-8, which has no lone surrogates: two sets that it cannot tell apart are one series. */
export const storedKey = (labels: LabelSet): string => labelSetKey(storedLabels(labels))

export const storedLabels = (labels: LabelSet): LabelSet =>
  Object.fromEntries(
    Object.keys(labels)
      .sort(compareText)
      .map((name) => [name.toWellFormed(), labels[name]!.toWellFormed()]),
  )

function stagedOf(staged: Map<MetricEntry, Map<string, SeriesEntry>>, metric: MetricEntry): Map<string, SeriesEntry> {
  let series = staged.get(metric)
  if (!series) staged.set(metric, (series = new Map()))
  return series
}
