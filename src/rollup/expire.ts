import type { CatalogVersion } from '../model/definition.ts'
import { DAY_MS } from '../model/granularity.ts'
import type { Books } from './books.ts'
import { chunkOf } from './raw-book.ts'
import { isFrozen } from './rollup-book.ts'
import type { Transaction } from './transaction.ts'

/** Of a dataset that the catalog does not have now. */
const UNKNOWN_RETENTION_MS = 31 * DAY_MS

/** Forgets chunks whose time is over: out of keep, or frozen. Their windows stay where they are pushed to. */
export function expire(
  books: Books,
  { catalog, asOf, tx }: { catalog: CatalogVersion; asOf: number; tx: Transaction },
) {
  const needed = new Map<unknown, number>()
  for (const book of books.rollups.values()) {
    for (const unit of book.expired(asOf)) {
      book.units.delete(unit.chunkStart)
      tx.forget(book.version.id, book.version.defHash, unit.chunkStart)
    }
    for (const { interval } of book.units.values()) {
      needed.set(book.raw, Math.min(interval.start, needed.get(book.raw) ?? Number.POSITIVE_INFINITY))
    }
  }
  for (const [dataset, raw] of books.datasets()) {
    const retentionMs = catalog.datasets.get(dataset)?.retentionRawMs ?? UNKNOWN_RETENTION_MS
    const oldest = raw.chunks().filter((chunk) => isFrozen(chunk, { asOf, retentionMs }))
    if (oldest.length === 0) continue
    for (const chunk of raw.expire(Math.min(Math.max(...oldest) + 1, needed.get(raw) ?? Number.POSITIVE_INFINITY))) {
      tx.forgetRaw(dataset, chunk)
    }
  }
}

/** Whether an hour began since the last time. */
export const isTimeToExpire = (asOf: number, lastMs: number): boolean => chunkOf(asOf) > lastMs
