import type { CatalogVersion, DatasetDefinition, RollupVersion } from '../model/definition.ts'
import { bucketEnd, bucketsOf, roughMs } from '../model/granularity.ts'
import type { Books } from './books.ts'
import { RollupBook } from './rollup-book.ts'
import type { Transaction } from './transaction.ts'
import type { Wake } from './unit-book.ts'

/** Brings the books to the catalog: new rollup versions begin, dropped ones end, returned ones begin again. */
export function reconcile(books: Books, catalog: CatalogVersion, { tx, moment }: { tx: Transaction; moment: Wake }) {
  if (books.catalogVersion === catalog.version) return
  books.catalogVersion = catalog.version
  const wanted = new Map<string, { version: RollupVersion; dataset: DatasetDefinition }>()
  for (const dataset of catalog.datasets.values()) {
    for (const version of dataset.rollups.values()) wanted.set(version.id, { version, dataset })
  }
  for (const { rollup, defHash } of books.activeVersions()) {
    if (wanted.get(rollup)?.version.defHash !== defHash) drop(books, { rollup, defHash }, tx)
  }
  for (const { version, dataset } of wanted.values()) {
    const have = books.rollups.get(version.id)
    if (have) have.redefine(version, dataset.retentionRawMs)
    else add(books, { version, dataset, moment }, tx)
  }
  for (const siblings of Map.groupBy(books.rollups.values(), ({ raw }) => raw).values()) findFiner(siblings)
}

/** Hundreds of rollups of one grain, as metrics that registered themselves get them, are not compared. */
function findFiner(siblings: readonly RollupBook[]): void {
  const byWidth = [...Map.groupBy(siblings, ({ version }) => roughMs(version.grain))]
  for (const [width, books] of byWidth) {
    const narrower = byWidth.filter(([other]) => other < width).flatMap(([, finer]) => finer)
    for (const book of books) book.finer = narrower.filter((other) => isFiner(other, book))
  }
}

/** Whether one could be computed from the other, as far as the definitions go; routing knows exactly. */
const isFiner = ({ version: fine }: RollupBook, { version: coarse }: RollupBook): boolean =>
  coarse.labels.every((label) => fine.labels.includes(label))

/** Its windows stay in the log, but nobody asks for them; should it return, it begins with nothing. */
function drop(books: Books, { rollup, defHash }: { rollup: string; defHash: string }, tx: Transaction): void {
  const book = books.rollups.get(rollup)
  const chunks = [...(book?.units.keys() ?? []), ...(books.takeRestored(rollup, defHash)?.units.keys() ?? [])]
  if (book?.version.defHash === defHash) books.rollups.delete(rollup)
  for (const chunkStart of chunks) tx.forget(rollup, defHash, chunkStart)
  const known = { rollup, defHash, active: false, returned: true }
  books.know(known)
  tx.know(known)
}

function add(
  books: Books,
  { version, dataset, moment }: { version: RollupVersion; dataset: DatasetDefinition; moment: Wake },
  tx: Transaction,
): void {
  const { id: rollup, defHash } = version
  const known = books.known(rollup, defHash)
  const returned = known?.returned ?? false
  const book = new RollupBook(version, {
    raw: books.rawOf(dataset.name),
    retentionMs: dataset.retentionRawMs,
    returned,
  })
  books.rollups.set(rollup, book)
  if (known?.active) {
    restoreUnits(books, book, moment.now)
    return
  }
  books.know({ rollup, defHash, active: true, returned })
  tx.know({ rollup, defHash, active: true, returned })
  if (returned) distrust(book, moment, tx)
}

function restoreUnits(books: Books, book: RollupBook, nowMs: number): void {
  const { id, defHash } = book.version
  for (const [chunkStart, state] of books.takeRestored(id, defHash)?.units ?? []) {
    const unit = book.restore(chunkStart, state, nowMs)
    const done = books.restoredDone(id, chunkStart)
    if (done) unit.done(done, book.version, nowMs)
  }
}

/** Late points may have come while nobody marked its windows: whatever is older than its chunk's version is dirty. */
function distrust(book: RollupBook, { asOf }: Wake, tx: Transaction): void {
  const { grain, keep } = book.version
  const kept = { start: asOf - keep.pushMs, end: asOf }
  for (const bucket of bucketsOf(grain, kept)) {
    const version = book.raw.version({ start: bucket, end: bucketEnd(grain, bucket) })
    if (version > 0) tx.dirty(book, bucket, version)
  }
}
