import { LanewayError } from '../../model/errors.ts'
import type { HealthPart, PartStatus } from '../../ports/health.ts'
import type { LogCore } from './core.ts'

/** Down when the log cannot be read, degraded while writing, handling or maintenance fails. */
export class LogHealth implements HealthPart {
  readonly name = 'log'
  readonly gate = true
  readonly #core: LogCore

  constructor(core: LogCore) {
    this.#core = core
  }

  ready(): boolean {
    return !this.#core.closing.aborted
  }

  status(): PartStatus {
    const { troubles, store, closing } = this.#core
    if (closing.aborted) return { state: 'down', detail: 'The log is closed.' }
    const facts = { ...this.#core.facts, topics: [...store.topics()].length, bytes: store.bytes() }
    const [trouble] = troubles
    if (!trouble) return { state: 'ok', detail: 'Reads and writes work.', facts }
    const [activity, error] = trouble
    const state = isDamage(error) ? 'down' : 'degraded'
    return { state, detail: `The last ${activity} failed: ${textOf(error)}`, facts }
  }
}

const isDamage = (error: unknown): boolean => error instanceof LanewayError && error.code === 'DATA_FOLDER_DAMAGED'

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
