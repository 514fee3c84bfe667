import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { FiledPartition } from './topics.ts'

/** Records looked at in one step: some ms. */
const STEP_RECORDS = 256

/** What a step changed of the partition's bounds, to be kept when its transaction is committed. */
export interface StepResult {
  readonly start: number
  readonly cleaned: number
  /** Whether another step has something to do. */
  readonly more: boolean
}

/** Compaction and retention, each one step at a time; every step is called inside a transaction of its own. */
export class Upkeep {
  readonly #oldest: StatementSync
  readonly #uncleaned: StatementSync
  readonly #remove: StatementSync
  readonly #latest: StatementSync
  readonly #putLatest: StatementSync
  readonly #removeLatest: StatementSync
  readonly #tombstones: StatementSync
  readonly #putBounds: StatementSync

  constructor(db: DatabaseSync) {
    this.#oldest = db.prepare('SELECT offset, time, key FROM records WHERE part = ? ORDER BY offset LIMIT ?')
    this.#uncleaned = db.prepare(
      'SELECT offset, key, value IS NULL AS tombstone FROM records WHERE part = ? AND offset >= ? ORDER BY offset LIMIT ?',
    )
    this.#remove = db.prepare('DELETE FROM records WHERE part = ? AND offset = ?')
    this.#latest = db.prepare('SELECT offset FROM latest WHERE part = ? AND key = ?')
    this.#putLatest = db.prepare(
      'INSERT OR REPLACE INTO latest (part, key, offset, tombstone_since) VALUES (?, ?, ?, ?)',
    )
    this.#removeLatest = db.prepare('DELETE FROM latest WHERE part = ? AND key = ? AND offset = ?')
    this.#tombstones = db.prepare('SELECT key, offset FROM latest WHERE part = ? AND tombstone_since < ? LIMIT ?')
    this.#putBounds = db.prepare('UPDATE partitions SET first = ?, cleaned = ? WHERE id = ?')
  }

  /** Deletes records from the start on while they are older than `before`: the log's start moves. */
  retain({ id, start, cleaned }: FiledPartition, before: number): StepResult {
    const rows = this.#oldest.all(id, STEP_RECORDS)
    const kept = rows.findIndex(({ time }) => Number(time) >= before)
    const gone = kept < 0 ? rows : rows.slice(0, kept)
    for (const { offset, key } of gone) {
      this.#remove.run(id, offset!)
      if (key !== null) this.#removeLatest.run(id, key!, offset!)
    }
    const first = gone.length > 0 ? Number(gone.at(-1)!.offset) + 1 : start
    return this.#bounded(id, { start: first, cleaned: Math.max(cleaned, first), more: gone.length === STEP_RECORDS })
  }

  /** Deletes what newer records with the same key replace; the log's start stays, readers see gaps. */
  compact({ id, start, end, cleaned }: FiledPartition, nowMs: number): StepResult {
    const rows = this.#uncleaned.all(id, cleaned, STEP_RECORDS)
    for (const { offset, key, tombstone } of rows) {
      if (key === null) this.#remove.run(id, offset!)
      else this.#replace(id, key as Uint8Array, Number(offset), tombstone === 1 ? nowMs : null)
    }
    const more = rows.length === STEP_RECORDS
    return this.#bounded(id, { start, cleaned: more ? Number(rows.at(-1)!.offset) + 1 : end, more })
  }

  /** Deletes tombstones that compaction met before `before`. */
  bury({ id, start, cleaned }: FiledPartition, before: number): StepResult {
    const rows = this.#tombstones.all(id, before, STEP_RECORDS)
    for (const { key, offset } of rows) {
      this.#remove.run(id, offset!)
      this.#removeLatest.run(id, key!, offset!)
    }
    return { start, cleaned, more: rows.length === STEP_RECORDS }
  }

  #replace(part: number, key: Uint8Array, offset: number, tombstoneSince: number | null): void {
    const older = this.#latest.get(part, key)?.offset
    if (older !== undefined) this.#remove.run(part, older)
    this.#putLatest.run(part, key, offset, tombstoneSince)
  }

  #bounded(id: number, result: StepResult): StepResult {
    this.#putBounds.run(result.start, result.cleaned, id)
    return result
  }
}
