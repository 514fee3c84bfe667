import { LanewayError } from '../../../src/model/errors.ts'
import { numericOf } from '../../../src/model/measure.ts'
import { add, type Num } from '../../../src/model/number.ts'
import type { Point, PointBatch, PointIdentity, StepRef, StreamReading, StreamState } from '../../../src/model/point.ts'
import type { RawWriter } from '../../../src/ports/raw.ts'

export interface Commit {
  readonly batch: PointBatch
  readonly streams: StreamState
  readonly late: readonly StepRef[]
}

/** Keeps commits in memory: each whole or not at all, and what it kept can be restored by another intake. */
export class MemoryRawWriter implements RawWriter {
  readonly commits: Commit[] = []
  readonly #readings = new Map<string, StreamReading>()
  readonly #identities = new Map<string, PointIdentity>()
  /** Fails the next commits, before or after they became durable. */
  failing: 'before' | 'after' | null = null
  /** Commits wait for this. */
  gate: Promise<void> = Promise.resolve()

  async append(batch: PointBatch, streams: StreamState, late: readonly StepRef[]): Promise<number> {
    await this.gate
    if (this.failing === 'before') throw new LanewayError('STORE_UNWRITABLE', { detail: 'disk full' })
    this.commits.push(structuredClone({ batch, streams, late }))
    for (const reading of streams.readings) this.#readings.set(reading.hash, reading)
    for (const id of streams.identities) this.#identities.set(`${id.hash}|${id.startNs}|${id.timeNs}`, id)
    if (this.failing === 'after') throw new LanewayError('STORE_UNWRITABLE', { detail: 'the answer was lost' })
    return this.commits.length
  }

  async restore(sinceMs: number): Promise<StreamState> {
    return structuredClone({
      readings: [...this.#readings.values()],
      identities: [...this.#identities.values()].filter(({ seenMs }) => seenMs >= sinceMs),
    })
  }

  get points(): readonly Point[] {
    return this.commits.flatMap(({ batch }) => batch.points)
  }

  get late(): readonly StepRef[] {
    return this.commits.flatMap((commit) => commit.late)
  }

  of(metric: string): readonly Point[] {
    return this.points.filter((point) => point.metric === metric)
  }

  /** Level 1 of a counter over everything: the sum of its increases. */
  sum(metric: string, keep: (point: Point) => boolean = () => true): Num {
    return this.of(metric)
      .filter(keep)
      .reduce<Num>((sum, { type, value }) => add(numericOf(type), sum, value), 0)
  }
}
