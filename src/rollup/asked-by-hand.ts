import { LanewayError } from '../model/errors.ts'
import { bucketsOf, roughMs } from '../model/granularity.ts'
import { type Interval, lengthMs } from '../model/interval.ts'
import type { Books } from './books.ts'
import type { Transaction } from './transaction.ts'

/** Windows that one request may name. */
const WINDOWS_MAX = 50_000

interface Answering {
  readonly answer: { readonly resolve: (count: number) => void; readonly reject: (error: unknown) => void }
}

/** What a person may ask of the task manager. */
export type Wish =
  | { readonly kind: 'again'; readonly rollup: string; readonly interval: Interval }
  | { readonly kind: 'retry'; readonly rollup: string | null }
export type ManualRequest = Answering & { readonly wish: Wish }

/** Why it cannot be done; undefined when it can. */
function objection(books: Books, wish: Wish): LanewayError | undefined {
  if (wish.rollup === null) return undefined
  const book = books.rollups.get(wish.rollup)
  if (!book) return invalid(`the catalog has no rollup ${JSON.stringify(wish.rollup)}`)
  if (wish.kind === 'retry') return undefined
  const windows = lengthMs(wish.interval) / roughMs(book.version.grain)
  if (windows <= WINDOWS_MAX) return undefined
  return invalid(`the interval has ${Math.ceil(windows)} windows of ${wish.rollup}, the limit is ${WINDOWS_MAX}`)
}

const invalid = (detail: string): LanewayError => new LanewayError('FIELD_INVALID', { detail })

/** Notes it in the books; the tick that does so issues it. How many windows, or parked tasks; or why not. */
export function granted(books: Books, wish: Wish, tx: Transaction): number | LanewayError {
  const refused = objection(books, wish)
  if (refused) return refused
  return wish.kind === 'again' ? again(books, wish, tx) : unpark(books, wish.rollup, tx)
}

function again(
  books: Books,
  { rollup, interval }: { readonly rollup: string; readonly interval: Interval },
  tx: Transaction,
): number {
  const book = books.rollups.get(rollup)!
  let count = 0
  for (const bucket of bucketsOf(book.version.grain, interval)) {
    const unit = book.obtain(bucket)
    unit.manual.add(bucket)
    unit.unpark()
    tx.touch(book, unit)
    count++
  }
  return count
}

function unpark(books: Books, rollup: string | null, tx: Transaction): number {
  let count = 0
  for (const { book, unit } of books.units()) {
    if (!unit.parked || (rollup !== null && book.version.id !== rollup)) continue
    for (const span of unit.parked.intervals) {
      for (const bucket of bucketsOf(book.version.grain, span)) unit.manual.add(bucket)
    }
    unit.unpark()
    tx.touch(book, unit)
    count++
  }
  return count
}
