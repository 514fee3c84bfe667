import type { CatalogVersion } from '../model/definition.ts'
import { bucketStart } from '../model/granularity.ts'
import type { LateMark } from '../model/point.ts'
import type { RawChunks } from '../ports/raw.ts'
import type { Books } from './books.ts'
import { BOUNDS } from './bounds.ts'
import { chunkOf } from './raw-book.ts'
import { isFrozen, type RollupBook } from './rollup-book.ts'
import type { Transaction } from './transaction.ts'
import type { Wake } from './unit-book.ts'

export interface ReadMarks {
  readonly marks: readonly LateMark[]
  /** There may be more. */
  readonly more: boolean
}

/**
 * Whole commits only: a commit's marks share one sequence, and reading goes on after a sequence.
 *   limit 4:  7 7 8 9 ▸ 7 7 8, more;  7 7 7 7 ▸ asked again with a higher limit
 */
export async function readMarks(chunks: RawChunks, after: number, limit: number): Promise<ReadMarks> {
  for (let asked = limit; ; asked *= 2) {
    const marks = await chunks.marks(after, asked)
    if (marks.length < asked) return { marks, more: false }
    const last = marks.at(-1)!.seq
    const whole = marks.filter(({ seq }) => seq < last)
    if (whole.length > 0) return { marks: whole, more: true }
  }
}

/** How many marks to read at once, so that what they make dirty fits one transaction. */
export function marksLimit(books: Books): number {
  const rollups = [...Map.groupBy(books.rollups.values(), ({ raw }) => raw).values()].map((group) => group.length)
  return Math.max(1, Math.min(BOUNDS.marksMax, Math.floor(BOUNDS.dirtyMax / Math.max(1, ...rollups))))
}

interface MarkParts {
  readonly catalog: CatalogVersion
  readonly tx: Transaction
  readonly moment: Wake
}

/**
 * Late points are known: versions rise, and every window of every rollup that holds such a step is dirty from this
 * transaction on, unless it was never rolled up.
 */
export function takeMarks(books: Books, marks: readonly LateMark[], { catalog, tx, moment }: MarkParts): void {
  for (const [dataset, own] of Map.groupBy(marks, (mark) => mark.dataset)) {
    const retentionMs = catalog.datasets.get(dataset)?.retentionRawMs ?? Number.POSITIVE_INFINITY
    const raw = books.rawOf(dataset)
    const rollups = [...books.rollups.values()].filter((book) => book.raw === raw)
    for (const { stepMs, seq } of newestOf(own)) {
      const chunkStart = chunkOf(stepMs)
      if (isFrozen(chunkStart, { asOf: moment.asOf, retentionMs })) continue
      if (raw.raise(chunkStart, seq, moment.now)) tx.raised(dataset, chunkStart, seq)
      if (raw.first !== null) raw.foundData(chunkStart)
      for (const book of rollups) markWindow(book, { stepMs, seq }, tx)
    }
  }
  if (marks.length === 0) return
  books.marks = Math.max(books.marks, marks.at(-1)!.seq)
  tx.moved()
}

/** One mark a step: the one with the greatest sequence. */
function newestOf(marks: readonly LateMark[]): { stepMs: number; seq: number }[] {
  const newest = new Map<number, number>()
  for (const { stepMs, seq } of marks) newest.set(stepMs, Math.max(seq, newest.get(stepMs) ?? 0))
  return [...newest].map(([stepMs, seq]) => ({ stepMs, seq }))
}

function markWindow(book: RollupBook, { stepMs, seq }: { stepMs: number; seq: number }, tx: Transaction): void {
  const bucket = bucketStart(book.version.grain, stepMs)
  const unit = book.unitAt(stepMs)
  if (unit?.mayBeSealed(bucket) || book.returned) tx.dirty(book, bucket, seq)
  if (!unit) return
  unit.mark(bucket, seq)
  tx.touch(book, unit)
}
