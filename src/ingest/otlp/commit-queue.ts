/** Runs `run` once after `ms`; the returned function cancels it. */
export type Schedule = (run: () => void, ms: number) => () => void

export const scheduleByTimer: Schedule = (run, ms) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

export interface CommitQueueOptions<T> {
  /** Never called again before it has settled. */
  readonly commit: (items: readonly T[]) => Promise<void>
  readonly weightOf: (item: T) => number
  readonly commitPeriodMs: number
  readonly commitPointsMax: number
  readonly groupPointsMax: number
  readonly schedule: Schedule
}

interface Waiter<T> {
  readonly item: T
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit. Items wait until the period has passed or enough weight waits; then all of them, up to the group's
 * bound, become one commit. Commits run one after the other; a failed one fails exactly its own items.
 */
export class CommitQueue<T> {
  readonly #options: CommitQueueOptions<T>
  #waiters: Waiter<T>[] = []
  #weight = 0
  #running: Promise<void> | null = null
  #cancel: (() => void) | null = null

  constructor(options: CommitQueueOptions<T>) {
    this.#options = options
  }

  /** Resolves when the item's commit is done. */
  add(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ item, resolve, reject })
      this.#weight += this.#options.weightOf(item)
      this.#consider()
    })
  }

  /** Commits what waits without waiting for more. */
  async drain(): Promise<void> {
    while (this.#waiters.length > 0 || this.#running) {
      if (!this.#running) this.#start()
      await this.#running
    }
  }

  #consider(): void {
    if (this.#running || this.#waiters.length === 0) return
    if (this.#weight >= this.#options.commitPointsMax) this.#start()
    else this.#cancel ??= this.#options.schedule(() => this.#start(), this.#options.commitPeriodMs)
  }

  #start(): void {
    this.#cancel?.()
    this.#cancel = null
    if (this.#running || this.#waiters.length === 0) return
    this.#running = this.#run(this.#nextGroup()).finally(() => {
      this.#running = null
      this.#consider()
    })
  }

  async #run(group: readonly Waiter<T>[]): Promise<void> {
    try {
      await this.#options.commit(group.map(({ item }) => item))
      for (const { resolve } of group) resolve()
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  #nextGroup(): readonly Waiter<T>[] {
    let count = 0
    let weight = 0
    while (count < this.#waiters.length && weight < this.#options.groupPointsMax) {
      weight += this.#options.weightOf(this.#waiters[count++]!.item)
    }
    this.#weight -= weight
    return this.#waiters.splice(0, count)
  }
}
