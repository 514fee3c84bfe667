import { setImmediate } from 'node:timers/promises'
import { LanewayError } from '../../model/errors.ts'
import type { GroupHandler, LogGroup, LogRecord } from '../../ports/log.ts'
import { Backoff } from '../backoff.ts'
import type { LogCore } from './core.ts'
import { type Member, Members } from './members.ts'
import type { Fence, StoredBatch } from './store.ts'

type GroupOptions = Parameters<LogGroup['run']>[0]

/** Between tries of records whose handling or commit failed. */
const RETRY = { firstMs: 50, maxMs: 10_000 }

/**
 * Groups of a local log. Members of a group divide the partitions; each partition is handled on its own:
 *
 *   claim the fence ▸ assigned ▸ committed offset ▸ ( read ▸ handle ▸ one transaction: what it appended + offset ) …
 *
 * A member that lost a partition while it handled its records is fenced: its transaction does nothing.
 */
export class StoreGroup implements LogGroup {
  readonly #core: LogCore
  readonly #members: Members

  constructor(core: LogCore) {
    this.#core = core
    this.#members = new Members((topic) => core.bells.ring([topic]))
  }

  /** Resolves when aborted and the handler's last call has ended. Error: FIELD_INVALID (no such topic). */
  async run(options: GroupOptions, handler: GroupHandler, signal: AbortSignal): Promise<void> {
    const core = this.#core
    if (!core.store.topic(options.topic)) {
      throw new LanewayError('FIELD_INVALID', { detail: `the log has no topic "${options.topic}"` })
    }
    const member = this.#members.join(options.group, options.topic)
    const until = AbortSignal.any([signal, core.closing])
    const lanes: Promise<void>[] = []
    try {
      while (!until.aborted) {
        const { length } = core.store.topic(options.topic)!.partitions
        while (lanes.length < length) {
          lanes.push(new PartitionShare({ core, options, handler, member, until, partition: lanes.length }).serve())
        }
        await core.bells.next(options.topic, until)
      }
      await Promise.all(lanes)
    } finally {
      member.leave()
    }
  }
}

interface ShareParts {
  readonly core: LogCore
  readonly options: GroupOptions
  readonly handler: GroupHandler
  readonly member: Member
  readonly until: AbortSignal
  readonly partition: number
}

/** One partition as one member sees it: nothing to do while it is another's. */
class PartitionShare {
  readonly #parts: ShareParts
  readonly #retry = new Backoff(RETRY)

  constructor(parts: ShareParts) {
    this.#parts = parts
  }

  async serve(): Promise<void> {
    const { core, options, until } = this.#parts
    while (!until.aborted) {
      if (!this.#isOurs()) await core.bells.next(options.topic, until)
      else if ((await this.#tried(() => this.#own())) === 'fenced') await this.#retry.wait(until)
    }
  }

  /** From taking the partition over to losing it. */
  async #own(): Promise<'lost' | 'fenced'> {
    const { core, options, handler, partition } = this.#parts
    const fence = await core.claim(`${options.transactionalIdPrefix}-${partition}`)
    await handler.assigned(partition)
    while (this.#isOurs()) {
      const outcome = await this.#tried(() => this.#step(fence))
      if (outcome === 'fenced') return outcome
      if (outcome === 'done') this.#retry.reset()
      await setImmediate()
    }
    return 'lost'
  }

  async #step(fence: Fence): Promise<'done' | 'fenced'> {
    const { core, options, until } = this.#parts
    const batch = this.#read()
    if (batch) return await this.#handle(batch, fence)
    await core.bells.next(options.topic, until)
    return 'done'
  }

  /** The next records; null at the end. What retention took before it was handled is passed over. */
  #read(): StoredBatch | null {
    const { core, options, partition } = this.#parts
    const { start, end } = core.store.topic(options.topic)?.partitions[partition] ?? { start: 0, end: 0 }
    const committed = core.store.committed({ ...options, partition }) ?? start
    const position = Math.max(start, committed)
    return position >= end ? null : core.read(options.topic, partition, position, 'groupBatch')
  }

  async #handle({ records, next }: StoredBatch, fence: Fence): Promise<'done' | 'fenced'> {
    const { core, options, handler, partition } = this.#parts
    const appended: LogRecord[] = []
    const append = (batch: readonly LogRecord[]) => {
      for (const record of batch) appended.push(record)
    }
    if (records.length > 0) await handler.handle(partition, records, { append })
    if (!this.#parts.member.owns(partition)) return 'fenced'
    const { group, topic } = options
    const outcome = await core.commit({ records: appended, fence, position: { group, topic, partition, next } })
    core.succeeded('handling')
    return outcome.kind === 'fenced' ? 'fenced' : 'done'
  }

  #isOurs(): boolean {
    const { member, partition, until } = this.#parts
    return !until.aborted && member.owns(partition)
  }

  async #tried<T>(work: () => Promise<T>): Promise<T | 'failed'> {
    try {
      return await work()
    } catch (error) {
      const { core, until } = this.#parts
      if (!until.aborted) core.failed('handling', error)
      await this.#retry.wait(until)
      return 'failed'
    }
  }
}
