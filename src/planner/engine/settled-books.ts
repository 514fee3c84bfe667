import type { DefHash } from '../../model/definition.ts'
import { SettledBook } from './settled-book.ts'
import type { SettledLimits } from './settled-contract.ts'
import type { FamilyPlan } from './settled-families.ts'

/** The books of all metrics that somebody exports. Reads happen in turns, so that each bucket is read once. */
export class SettledBooks {
  readonly limits: SettledLimits
  /** Dataset and metric ▸ one for each rollup version that serves it. */
  readonly #books = new Map<string, Map<DefHash, SettledBook>>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(limits: SettledLimits) {
    this.limits = limits
  }

  /** Runs when all work before it has ended. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }

  /** A new version of a rollup goes on behind what the one before has told. */
  of(plan: FamilyPlan): SettledBook {
    const key = JSON.stringify([plan.rollup.dataset, plan.metric.name])
    let versions = this.#books.get(key)
    if (!versions) this.#books.set(key, (versions = new Map()))
    let book = versions.get(plan.rollup.defHash)
    if (!book) {
      const floor = Math.max(...[...versions.values()].map(({ told }) => told ?? Number.NEGATIVE_INFINITY))
      book = new SettledBook(plan, this.limits, floor)
      versions.set(plan.rollup.defHash, book)
    }
    return book
  }

  /** Forgets what nobody asks for any more, then the oldest buckets until the rest fits. */
  keepWithinLimits(now: number): void {
    const idleMsMax = Math.max(this.limits.idleMsMax, this.limits.lookbackMsMax)
    for (const [key, versions] of this.#books) {
      for (const [defHash, book] of versions) if (book.usedMs < now - idleMsMax) versions.delete(defHash)
      if (versions.size === 0) this.#books.delete(key)
    }
    const books = [...this.#books.values()].flatMap((versions) => [...versions.values()])
    let bytes = books.reduce((sum, book) => sum + book.bytes, 0)
    while (bytes > this.limits.keptBytesMax) {
      const droppable = books.filter(({ oldest }) => oldest !== null)
      if (droppable.length === 0) return
      const book = droppable.reduce((a, b) => (b.oldest! < a.oldest! ? b : a))
      bytes -= book.bytes
      book.dropOldest()
      bytes += book.bytes
    }
  }
}
