import { channel } from 'node:diagnostics_channel'
import { setImmediate } from 'node:timers/promises'
import { CHANNELS } from '../../model/channels.ts'
import { LanewayError } from '../../model/errors.ts'
import { MINUTE_MS } from '../../model/granularity.ts'
import type { MetricRegistrar } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import type { IntakeReply, OtlpIntake } from '../../ports/intake.ts'
import type { Arrivals, RawWriter } from '../../ports/raw.ts'
import { alignRequest, DATASET_DEFAULTS, faultOf } from './align.ts'
import { type Arrival, ArrivalBook } from './arrivals.ts'
import { BatchBuilder } from './batch.ts'
import { checkBodySize, compressionOf, type Encoding, encodingOf, inflated } from './body.ts'
import { CommitQueue, type Schedule } from './commit-queue.ts'
import { decodeRequest } from './decode.ts'
import type { IntakeLimits } from './limits.ts'
import { Registration } from './register.ts'
import { renderReply } from './reply.ts'
import type { OtlpSchema } from './schema.ts'
import type { SentPoint } from './sent.ts'
import { SeriesResolver } from './series.ts'
import { SeriesGuard } from './series-guard.ts'
import { StreamTable } from './streams.ts'
import { takeApart } from './take-apart.ts'
import { type Counts, Tally } from './tally.ts'

export interface IntakeParts {
  readonly writer: RawWriter
  readonly registrar: MetricRegistrar
  readonly clock: Clock
  readonly schedule: Schedule
  readonly limits: IntakeLimits
  readonly schema: OtlpSchema
}

export interface IntakeStats {
  /** Since start: points, stored, rejected, each reason, repeats, … by dataset ('' for names that are none). */
  readonly datasets: Readonly<Record<string, Counts>>
  readonly requests: number
  readonly commits: number
  readonly pointsWaiting: number
  readonly bytesWaiting: number
  /** Streams and identities in memory, and identities that had to go before their time. */
  readonly readings: number
  readonly identities: number
  readonly identitiesForgotten: number
}

/** A decoded request on its way to a commit. */
interface Waiting {
  readonly points: readonly SentPoint[]
  readonly weight: number
  readonly arrivedMs: number
  readonly tally: Tally
}

const requestChannel = channel(CHANNELS.intake)
const EXPIRE_PERIOD_MS = MINUTE_MS
const RETRY_AFTER_SECONDS = 1

/**
 * OTLP/HTTP metrics ▸ decode ▸ wait for a group ▸ register ▸ align ▸ one commit ▸ reply.
 * Groups are aligned when they are committed, one after the other, so stream state is never ahead of the store.
 */
export class Intake implements OtlpIntake, Arrivals {
  readonly #parts: IntakeParts
  readonly #arrivals: ArrivalBook
  readonly #streams: StreamTable
  readonly #resolver: SeriesResolver
  readonly #registration: Registration
  readonly #guard: SeriesGuard
  readonly #queue: CommitQueue<Waiting>
  readonly #totals = new Tally()
  /** Bodies are read one after the other: in order of arrival, and only one is inflated at a time. */
  #reading: Promise<unknown> = Promise.resolve()
  #pointsWaiting = 0
  #bytesWaiting = 0
  #requests = 0
  #commits = 0
  #expiredMs = 0
  #closed = false

  constructor(parts: IntakeParts) {
    const { registrar, clock, limits, schedule } = parts
    this.#parts = parts
    this.#arrivals = new ArrivalBook(clock)
    this.#streams = new StreamTable(limits)
    this.#resolver = new SeriesResolver(registrar.current(), limits)
    this.#registration = new Registration(registrar, this.#resolver, clock)
    this.#guard = new SeriesGuard(limits)
    const commit = (group: readonly Waiting[]) => this.#commit(group)
    this.#queue = new CommitQueue({ ...limits, commit, weightOf: ({ weight }) => weight, schedule })
  }

  /** Brings back what is needed to recognise repeats and to go on with cumulative streams. */
  async restore(): Promise<void> {
    const { writer, clock } = this.#parts
    this.#streams.load(await writer.restore(clock() - this.#longest('dedupeMs')))
  }

  async accept(body: Uint8Array, contentType: string, contentEncoding?: string): Promise<IntakeReply> {
    const arrival = this.#arrivals.begin()
    try {
      return await this.#take(body, contentType, contentEncoding, arrival)
    } finally {
      this.#arrivals.end(arrival)
    }
  }

  oldestWaitingMs(): number | null {
    return this.#arrivals.oldestWaitingMs()
  }

  stats(): IntakeStats {
    return {
      datasets: this.#totals.byDataset(),
      requests: this.#requests,
      commits: this.#commits,
      pointsWaiting: this.#pointsWaiting,
      bytesWaiting: this.#bytesWaiting,
      ...this.#streams.sizes,
    }
  }

  /** Takes no more requests and resolves when the last commit is done. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#arrivals.oldestWaitingMs() !== null) {
      await this.#reading
      await this.#queue.drain()
      await setImmediate()
    }
  }

  async #take(body: Uint8Array, contentType: string, contentEncoding: string | undefined, arrival: Arrival) {
    if (this.#closed) throw new LanewayError('NOT_READY', { detail: 'The intake is closing.' })
    const { limits, schema } = this.#parts
    const encoding = encodingOf(contentType)
    const isGzip = compressionOf(contentEncoding) === 'gzip'
    checkBodySize(body, limits)
    const held = this.#hold(body.byteLength)
    try {
      const plain = isGzip ? await this.#inOrder(() => inflated(body, limits)) : await this.#inOrder(async () => body)
      held.grow(plain.byteLength)
      const tally = await this.#store(encoding, plain, arrival)
      const [rejected, points] = [tally.total('rejected'), tally.total('points')]
      return renderReply(schema, encoding, { accepted: points - rejected, rejected }, tally.message)
    } finally {
      held.release()
    }
  }

  /** Error: INTAKE_BUSY. A body is always let in when no other waits. */
  #hold(bytes: number): { grow(toBytes: number): void; release(): void } {
    if (this.#bytesWaiting > 0 && this.#bytesWaiting + bytes > this.#parts.limits.bytesWaitingMax) {
      throw busy('bytesWaitingMax', this.#parts.limits.bytesWaitingMax)
    }
    let held = bytes
    this.#bytesWaiting += bytes
    const resize = (toBytes: number) => {
      this.#bytesWaiting += toBytes - held
      held = toBytes
    }
    const grow = (toBytes: number) => {
      resize(toBytes)
      const { bytesWaitingMax } = this.#parts.limits
      if (this.#bytesWaiting > Math.max(toBytes, bytesWaitingMax)) throw busy('bytesWaitingMax', bytesWaitingMax)
    }
    return { grow, release: () => resize(0) }
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#reading.then(work)
    this.#reading = run.catch(() => undefined)
    return run
  }

  async #store(encoding: Encoding, body: Uint8Array, { arrivedMs }: Arrival): Promise<Tally> {
    const { limits, schema } = this.#parts
    const points = takeApart(decodeRequest(schema, encoding, body, limits), limits)
    const weight = points.reduce((sum, point) => sum + Math.max(1, point.parts.length), 0)
    if (this.#pointsWaiting > 0 && this.#pointsWaiting + weight > limits.pointsWaitingMax) {
      throw busy('pointsWaitingMax', limits.pointsWaitingMax)
    }
    const waiting = { points, weight, arrivedMs, tally: new Tally() }
    this.#pointsWaiting += weight
    try {
      if (points.length > 0) await this.#queue.add(waiting)
    } finally {
      this.#pointsWaiting -= weight
    }
    this.#count(waiting.tally)
    return waiting.tally
  }

  #count(tally: Tally): void {
    this.#requests++
    this.#totals.join(tally)
    if (!requestChannel.hasSubscribers) return
    const accepted = tally.total('points') - tally.total('rejected')
    const repeated = tally.total('repeats') + tally.total('notLater')
    requestChannel.publish({ accepted, rejected: tally.rejected, repeated })
  }

  /** Error: STORE_UNWRITABLE; then nothing of the group was kept, in the store or here. */
  async #commit(group: readonly Waiting[]): Promise<void> {
    const { writer, clock, limits } = this.#parts
    const resolver = this.#resolver
    try {
      const refusals = await this.#registration.register(this.#storable(group))
      const draft = this.#streams.draft(clock())
      const batch = new BatchBuilder()
      const world = { limits, resolver, guard: this.#guard, draft, batch, refusals }
      for (const { points, arrivedMs, tally } of group) alignRequest(points, arrivedMs, tally, world)
      const points = batch.points
      if (points.length > 0 || !draft.isEmpty) {
        await writer.append({ points, arrivedMs: group[0]!.arrivedMs }, draft.state(), batch.late)
        draft.apply()
        this.#commits++
      }
    } catch (error) {
      throw unwritable(error)
    }
    this.#expire()
  }

  *#storable(group: readonly Waiting[]): Generator<SentPoint> {
    const world = { limits: this.#parts.limits, resolver: this.#resolver }
    for (const { points, arrivedMs } of group) {
      for (const point of points) if (faultOf(point, arrivedMs, world) === null) yield point
    }
  }

  #expire(): void {
    const nowMs = this.#parts.clock()
    if (Math.abs(nowMs - this.#expiredMs) < EXPIRE_PERIOD_MS) return
    this.#expiredMs = nowMs
    this.#streams.expire(nowMs - this.#longest('retentionRawMs'), nowMs - this.#longest('dedupeMs'))
    this.#guard.expire(nowMs)
  }

  /** Streams do not know their dataset, so the longest time of all datasets holds for their memory. */
  #longest(time: 'dedupeMs' | 'retentionRawMs'): number {
    const datasets = this.#parts.registrar.current().datasets.values()
    return Math.max(DATASET_DEFAULTS[time], ...[...datasets].map((dataset) => dataset[time]))
  }
}

const busy = (key: keyof IntakeLimits, limit: number): LanewayError =>
  new LanewayError('INTAKE_BUSY', {
    detail: `More waits for a commit than ${key}, ${limit}; nothing of this request was kept.`,
    limit,
    configKey: `intake.${key}`,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })

const unwritable = (error: unknown): LanewayError =>
  error instanceof LanewayError && error.kind === 'fail'
    ? error
    : new LanewayError('STORE_UNWRITABLE', {
        detail: `The commit failed: ${error instanceof Error ? error.message : String(error)}.`,
        cause: error,
      })
