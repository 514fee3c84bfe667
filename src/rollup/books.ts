import type { DefHash } from '../model/definition.ts'
import type { TaskDone } from '../model/task.ts'
import type { TaskStateRecord, UnitState } from '../model/task-records.ts'
import { RawBook } from './raw-book.ts'
import type { RollupBook } from './rollup-book.ts'
import type { UnitBook } from './unit-book.ts'

export interface KnownVersion {
  readonly rollup: string
  readonly defHash: DefHash
  readonly active: boolean
  readonly returned: boolean
}

/** Units of one rollup version as the log had them, until the catalog says whether the version is still there. */
export interface RestoredUnits {
  readonly rollup: string
  readonly defHash: DefHash
  readonly units: Map<number, UnitState>
}

const versionKey = (rollup: string, defHash: DefHash): string => JSON.stringify([rollup, defHash])
const doneKey = (rollup: string, chunkStart: number): string => JSON.stringify([rollup, chunkStart])

/** Everything the task manager knows. `task-state` holds the same, so that a new one starts from there. */
export class Books {
  /** Last epoch issued, of all rollups. */
  epoch = 0
  /** Sequence of the last late mark that was handled. */
  marks = 0
  /** Of the catalog that the rollups below come from. */
  catalogVersion: number | null = null
  /** Active versions, by rollup id. */
  readonly rollups = new Map<string, RollupBook>()
  readonly restored = new Map<string, RestoredUnits>()
  readonly #datasets = new Map<string, RawBook>()
  readonly #versions = new Map<string, KnownVersion>()
  readonly #dones = new Map<string, TaskDone>()

  /** One record of the log, in its order. */
  restore(record: TaskStateRecord, nowMs: number): void {
    switch (record.kind) {
      case 'manager':
        this.epoch = Math.max(this.epoch, record.epoch)
        this.marks = Math.max(this.marks, record.marks)
        return
      case 'version':
        this.know(record)
        return
      case 'raw':
        if (record.version === null) this.rawOf(record.dataset).forget(record.chunkStart)
        else this.rawOf(record.dataset).raise(record.chunkStart, record.version, nowMs)
        return
      case 'unit':
        this.#restoreUnit(record)
        return
      case 'done':
        if (record.done) this.#dones.set(doneKey(record.rollup, record.chunkStart), record.done)
        else this.#dones.delete(doneKey(record.rollup, record.chunkStart))
    }
  }

  rawOf(dataset: string): RawBook {
    const have = this.#datasets.get(dataset) ?? new RawBook()
    this.#datasets.set(dataset, have)
    return have
  }

  datasets(): ReadonlyMap<string, RawBook> {
    return this.#datasets
  }

  know({ rollup, defHash, active, returned }: KnownVersion): void {
    this.#versions.set(versionKey(rollup, defHash), { rollup, defHash, active, returned })
  }

  known(rollup: string, defHash: DefHash): KnownVersion | undefined {
    return this.#versions.get(versionKey(rollup, defHash))
  }

  activeVersions(): KnownVersion[] {
    return [...this.#versions.values()].filter(({ active }) => active)
  }

  /** Units of a version that came back with the log; asked once. */
  takeRestored(rollup: string, defHash: DefHash): RestoredUnits | undefined {
    const found = this.restored.get(versionKey(rollup, defHash))
    this.restored.delete(versionKey(rollup, defHash))
    return found
  }

  /** A worker's last word on the chunk, as the log had it at the start. */
  restoredDone(rollup: string, chunkStart: number): TaskDone | undefined {
    return this.#dones.get(doneKey(rollup, chunkStart))
  }

  *units(): Generator<{ readonly book: RollupBook; readonly unit: UnitBook }> {
    for (const book of this.rollups.values()) for (const unit of book.units.values()) yield { book, unit }
  }

  outstanding(): number {
    let count = 0
    for (const { unit } of this.units()) if (unit.task) count++
    return count
  }

  #restoreUnit({ rollup, defHash, chunkStart, state }: TaskStateRecord & { readonly kind: 'unit' }): void {
    const key = versionKey(rollup, defHash)
    const have = this.restored.get(key) ?? { rollup, defHash, units: new Map() }
    this.restored.set(key, have)
    if (state) have.units.set(chunkStart, state)
    else have.units.delete(chunkStart)
  }
}
