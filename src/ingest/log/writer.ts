import { LanewayError } from '../../model/errors.ts'
import type { LogRecord, LogWriter } from '../../ports/log.ts'
import type { LogCore } from './core.ts'
import type { Fence } from './store.ts'

/**
 * One handle for writing. The first append under a fence id claims the id; from then on every handle that claimed it
 * earlier is shut out for good: its appends fail with STORE_UNWRITABLE, whose `actual` is its epoch and whose `limit`
 * is the owner's. An empty batch claims without writing. Other errors: FIELD_INVALID, NOT_READY (closed).
 */
export class StoreWriter implements LogWriter {
  readonly #core: LogCore
  readonly #fences = new Map<string, Promise<Fence>>()

  constructor(core: LogCore) {
    this.#core = core
  }

  async append(batch: readonly LogRecord[], fence?: { readonly id: string }): Promise<void> {
    const held = fence && (await this.#claimed(fence.id))
    if (batch.length === 0) return
    const outcome = await this.#core.commit(held ? { records: batch, fence: held } : { records: batch })
    if (outcome.kind === 'fenced') throw fencedOut(outcome.fence, outcome.newerEpoch)
  }

  #claimed(id: string): Promise<Fence> {
    const have = this.#fences.get(id)
    if (have) return have
    const claim = this.#core.claim(id)
    this.#fences.set(id, claim)
    claim.catch(() => this.#fences.delete(id))
    return claim
  }
}

const fencedOut = ({ id, epoch }: Fence, newerEpoch: number): LanewayError =>
  new LanewayError('STORE_UNWRITABLE', {
    detail: `a newer owner has claimed the fence "${id}" (epoch ${newerEpoch}, this writer has ${epoch}); nothing was appended`,
    hint: 'Nothing to do: the newer owner carries on. This writer cannot write under the id again.',
    limit: newerEpoch,
    actual: epoch,
  })
