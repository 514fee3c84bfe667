import { readSnapshotFile, type Snapshot, writeSnapshotFile } from './snapshot-file.ts'

/** Null when there is nothing to keep yet. */
export type Capture = () => Promise<Snapshot | null>

export interface SnapshotFacts {
  readonly snapshots: number
  readonly snapshotFailures: number
  readonly snapshotBytes: number
}

/** Writes snapshots, one at a time. A failed one is counted and shown; the one before stays. */
export class SnapshotKeeper {
  readonly #path: string
  readonly #capture: Capture
  #running: Promise<void> | null = null
  #next: Promise<void> | null = null
  #counts = { snapshots: 0, snapshotFailures: 0, snapshotBytes: 0 }
  #problem: unknown = null

  constructor(path: string, capture: Capture) {
    this.#path = path
    this.#capture = capture
  }

  get facts(): SnapshotFacts {
    return this.#counts
  }

  /** Why the last write failed; null after one that did not. */
  get problem(): unknown {
    return this.#problem
  }

  /** Null without a file. Error: SNAPSHOT_DAMAGED. */
  read(): Promise<Snapshot | null> {
    return readSnapshotFile(this.#path)
  }

  /** Resolves when what the table holds now is on disk, or the attempt is counted as failed. */
  async write(): Promise<void> {
    if (!this.#running) return await this.#start()
    this.#next ??= this.#running.then(() => this.#start())
    return await this.#next
  }

  #start(): Promise<void> {
    this.#next = null
    this.#running = this.#writeOne().finally(() => (this.#running = null))
    return this.#running
  }

  async #writeOne(): Promise<void> {
    try {
      const snapshot = await this.#capture()
      if (!snapshot) return
      const snapshotBytes = await writeSnapshotFile(this.#path, snapshot)
      this.#counts = { ...this.#counts, snapshots: this.#counts.snapshots + 1, snapshotBytes }
      this.#problem = null
    } catch (error) {
      this.#counts = { ...this.#counts, snapshotFailures: this.#counts.snapshotFailures + 1 }
      this.#problem = error
    }
  }
}
