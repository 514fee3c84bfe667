import type { RejectReason } from './sent.ts'

/** What happened to points beside rejection. */
export type Note =
  /** data points received */
  | 'points'
  /** rows handed to the store, before rows of one series and step are folded */
  | 'stored'
  | 'repeats'
  | 'notLater'
  | 'resets'
  | 'baselines'
  | 'noValue'
  /** left out by the catalog's `skip` */
  | 'skipped'
  /** attributes that can be no label: arrays, maps, bytes */
  | 'attributesDropped'
  /** parts of stored histograms and summaries that were left out */
  | 'partsDropped'
  | 'late'
  | 'rejected'

export type Counts = Readonly<Record<string, number>>

/** Counts by dataset of one request, joined into the totals when its commit is durable. */
export class Tally {
  readonly #datasets = new Map<string, Map<string, number>>()
  readonly #rejected = new Map<RejectReason, { count: number; example: string }>()
  #totals = new Map<string, number>()

  note(dataset: string, note: Note, count = 1): void {
    if (count === 0) return
    this.#add(dataset, note, count)
    this.#totals.set(note, (this.#totals.get(note) ?? 0) + count)
  }

  reject(dataset: string, reason: RejectReason, metric: string): void {
    this.note(dataset, 'rejected')
    this.#add(dataset, reason, 1)
    const known = this.#rejected.get(reason)
    if (known) known.count++
    else this.#rejected.set(reason, { count: 1, example: metric.slice(0, 100) })
  }

  total(note: Note): number {
    return this.#totals.get(note) ?? 0
  }

  get rejected(): Counts {
    return Object.fromEntries([...this.#rejected].map(([reason, { count }]) => [reason, count]))
  }

  /** One sentence for the sender; '' when nothing was rejected. */
  get message(): string {
    if (this.#rejected.size === 0) return ''
    const reasons = [...this.#rejected].map(([reason, { count, example }]) => `${count} ${reason} (as in ${example})`)
    return `Rejected ${this.total('rejected')} of ${this.total('points')} points: ${reasons.join(', ')}.`
  }

  join(other: Tally): void {
    for (const [dataset, counts] of other.#datasets) {
      for (const [name, count] of counts) this.#add(dataset, name, count)
    }
  }

  byDataset(): Readonly<Record<string, Counts>> {
    return Object.fromEntries([...this.#datasets].map(([dataset, counts]) => [dataset, Object.fromEntries(counts)]))
  }

  #add(dataset: string, name: string, count: number): void {
    const counts = this.#datasets.get(dataset) ?? new Map<string, number>()
    counts.set(name, (counts.get(name) ?? 0) + count)
    this.#datasets.set(dataset, counts)
  }
}
