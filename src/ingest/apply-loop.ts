import { LanewayError } from '../model/errors.ts'
import type { LogDescription, LogRecord, LogSink } from '../ports/log.ts'
import type { ApplyStats, PushApply, PushApplyOptions } from './apply.ts'
import { Definitions } from './apply-definitions.ts'
import { ApplyHealth } from './apply-health.ts'
import { type Positions, Progress } from './apply-progress.ts'
import { RecordApplier } from './apply-records.ts'
import { SnapshotKeeper } from './apply-snapshots.ts'
import { Backoff, pause } from './backoff.ts'
import type { Snapshot } from './snapshot-file.ts'
import { Turns } from './turns.ts'

const REBUILD_PERIOD_MS = 60_000
const EXPIRE_PERIOD_MS = 10_000
/** How often the log's ends are looked at, so that lag and `appliedMs` stay true while nothing arrives. */
const LOOK_PERIOD_MS = 250
const RETRY = { firstMs: 100, maxMs: 10_000 }

/**
 *   snapshot ▸ restore ▸ describe ─ usable? ▸ read on, for ever
 *                          ▲           │ no: recreated topic, position out of range
 *                          └─ drop ◂───┘     (at most one rebuild per period)
 */
export class PushReaderLoop implements PushApply {
  readonly bootstrapped: Promise<void>
  readonly health: ApplyHealth
  readonly #options: PushApplyOptions
  readonly #progress: Progress
  readonly #definitions: Definitions
  readonly #records: RecordApplier
  readonly #snapshots: SnapshotKeeper
  /** Batches and captures, one after the other: a snapshot's positions are those of its data. */
  readonly #turns = new Turns()
  readonly #ended = new AbortController()
  readonly #settleBootstrap: () => void
  #isBootstrapped = false
  /** One waiter, whose targets move with every start of reading. */
  #bootstrapping: Promise<void> | null = null
  #working: Promise<void> | null = null
  #timers: NodeJS.Timeout[] = []
  /** Of the topic that the table's content comes from; null while it has none. */
  #topicId: string | null = null
  #keptMark: string | null = null
  #failure: unknown = null
  #rebuilds = 0
  #lastRebuild: string | null = null
  #lastRebuildMs = Number.NEGATIVE_INFINITY

  constructor(options: PushApplyOptions) {
    const { table, catalog, snapshotPath, clock } = options
    this.#options = options
    this.#definitions = new Definitions(table, catalog)
    this.#records = new RecordApplier(table)
    this.#progress = new Progress(clock())
    this.#snapshots = new SnapshotKeeper(snapshotPath, () => this.#turns.take(() => this.#capture()))
    const bootstrap = Promise.withResolvers<void>()
    this.bootstrapped = bootstrap.promise
    this.#settleBootstrap = () => {
      this.#isBootstrapped = true
      bootstrap.resolve()
    }
    this.health = new ApplyHealth(
      () => ({
        bootstrapped: this.#isBootstrapped,
        failure: this.#failure,
        snapshotProblem: this.#snapshots.problem,
        definitionProblem: this.#definitions.problem,
      }),
      () => this.stats(),
    )
  }

  start(signal: AbortSignal): void {
    if (this.#working || this.#ended.signal.aborted) return
    const until = AbortSignal.any([signal, this.#ended.signal])
    this.#startTimers()
    this.#working = this.#work(until).finally(() => this.#stop())
  }

  appliedMs(): number {
    this.#look()
    return this.#progress.appliedMs
  }

  async caughtUp(): Promise<void> {
    const { tail, clock } = this.#options
    const askedMs = clock()
    const ends = endsOf(await tail.describe())
    await this.#progress.whenReached(ends)
    this.#see(ends, askedMs)
  }

  snapshot(): Promise<void> {
    return this.#snapshots.write()
  }

  async close(): Promise<void> {
    this.#ended.abort()
    await this.#working
    this.#stop()
    await this.#snapshots.write()
  }

  stats(): ApplyStats {
    const { clock } = this.#options
    const appliedMs = this.appliedMs()
    const partitions = this.#progress.lags(clock())
    const { aside, counts } = this.#records
    return {
      ...counts,
      unreadable: aside.count,
      lastUnreadable: aside.last,
      rebuilds: this.#rebuilds,
      lastRebuild: this.#lastRebuild,
      lagRecords: partitions.reduce((sum, { lagRecords }) => sum + lagRecords, 0),
      lagMs: Math.max(0, ...partitions.map(({ lagMs }) => lagMs)),
      appliedMs,
      ...this.#snapshots.facts,
      partitions,
      keptAside: aside.newest,
    }
  }

  async #work(until: AbortSignal): Promise<void> {
    const timeout = setTimeout(() => this.#settleBootstrap(), this.#options.bootstrapMsMax)
    this.#timers.push(timeout)
    await this.#restore()
    const retry = new Backoff(RETRY)
    while (!until.aborted) {
      try {
        const reason = await this.#readUntilUnusable(until, retry)
        if (reason !== null) await this.#rebuild(reason, until)
      } catch (error) {
        this.#failure = error
        await retry.wait(until)
      }
    }
  }

  /** A snapshot that cannot be used leaves the table empty and the positions at the log's start. */
  async #restore(): Promise<void> {
    try {
      const snapshot = await this.#snapshots.read()
      if (!snapshot) return
      this.#options.table.restore(snapshot.table)
      this.#topicId = snapshot.topicId
      const missing = this.#definitions.defined.filter((version) => !snapshot.versions.includes(version))
      if (missing.length === 0) this.#progress.restore(snapshot.positions, snapshot.appliedMs)
      else this.#noteRebuild(`the snapshot lacks ${missing[0]} and ${missing.length - 1} more rollup versions`)
    } catch (error) {
      this.#noteRebuild(messageOf(error))
    }
  }

  /** Resolves with the reason when the content cannot be carried on with this log; null when reading just ended. */
  async #readUntilUnusable(until: AbortSignal, retry: Backoff): Promise<string | null> {
    const { tail } = this.#options
    const description = await tail.describe()
    const known = this.#progress.positions
    const mismatch = whyUnusable(this.#topicId, known, description)
    if (mismatch !== null) return mismatch
    this.#topicId = description.topicId
    this.#progress.begin(description)
    this.#bootstrapping ??= this.#progress.whenReached(endsOf(description)).then(this.#settleBootstrap, () => undefined)
    const unusable = new AbortController()
    const sink = this.#sink(retry, (reason) => unusable.abort(reason))
    await tail.run(known, sink, AbortSignal.any([until, unusable.signal]))
    if (unusable.signal.aborted) return String(unusable.signal.reason)
    if (!until.aborted) throw new LanewayError('SOURCE_FAILED', { detail: 'the log ended its tail' })
    return null
  }

  #sink(retry: Backoff, drop: (reason: string) => void): LogSink {
    return {
      onRecords: (partition, records, next) =>
        this.#turns.take(async () => {
          await this.#applyBatch(partition, records, next)
          retry.reset()
        }),
      onOutOfRange: (partition, start) =>
        drop(
          `position ${this.#progress.positionOf(partition)} of partition ${partition} is out of range, the log starts at ${start}`,
        ),
      onTopicChanged: (oldId, newId) => drop(`the topic was made again: ${oldId} became ${newId}`),
      onPartitionsAdded: (partitions) => this.#progress.add(partitions),
    }
  }

  async #applyBatch(partition: number, records: readonly LogRecord[], next: bigint): Promise<void> {
    this.#definitions.follow()
    const from = this.#progress.positionOf(partition)
    await this.#records.apply(partition, records, { from, next, count: records.length })
    this.#progress.advance(partition, next)
    this.#failure = null
  }

  /** Drops at once: what the table holds may lack changes that the log has lost. */
  async #rebuild(reason: string, until: AbortSignal): Promise<void> {
    this.#options.table.clear()
    this.#progress.forget()
    this.#topicId = null
    const waitMs = this.#lastRebuildMs + (this.#options.rebuildPeriodMs ?? REBUILD_PERIOD_MS) - this.#options.clock()
    this.#noteRebuild(reason)
    if (waitMs > 0) await pause(waitMs, until)
    this.#lastRebuildMs = this.#options.clock()
  }

  #noteRebuild(reason: string): void {
    this.#rebuilds++
    this.#lastRebuild = reason
  }

  /** Runs in a turn of its own, between batches. */
  #capture(): Snapshot | null {
    if (this.#topicId === null) return null
    this.#keptMark = this.#contentMark()
    return {
      topicId: this.#topicId,
      positions: this.#progress.positions,
      versions: this.#definitions.defined,
      appliedMs: this.appliedMs(),
      table: this.#options.table.snapshot(),
    }
  }

  #snapshotIfChanged(): void {
    const isKept = this.#contentMark() === this.#keptMark && this.#snapshots.problem === null
    if (!isKept) void this.snapshot()
  }

  /** Same mark, same content but for what has expired. */
  #contentMark(): string {
    return [...this.#progress.positions, ...this.#definitions.defined].join(' ')
  }

  #startTimers(): void {
    const { table, clock, snapshotPeriodMs } = this.#options
    this.#timers.push(
      setInterval(() => table.expire(clock()), EXPIRE_PERIOD_MS),
      setInterval(() => this.#snapshotIfChanged(), snapshotPeriodMs),
      setInterval(() => this.#look(), LOOK_PERIOD_MS),
    )
  }

  #stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
    this.#progress.stop()
    this.#settleBootstrap()
  }

  /** Learns the log's ends: at once where the tail knows them, else as soon as it has answered. */
  #look(): void {
    const { tail, clock } = this.#options
    const nowMs = clock()
    if ('ends' in tail) this.#see(tail.ends(), nowMs)
    else
      tail.describe().then(
        (found) => this.#see(endsOf(found), nowMs),
        () => undefined,
      )
  }

  #see(ends: Positions, atMs: number): void {
    this.#progress.see(ends, atMs)
    if (this.#progress.isAtEnd) this.#failure = null
  }
}

const endsOf = ({ partitions }: LogDescription): Positions =>
  new Map(partitions.map(({ partition, end }) => [partition, end]))

/** Null when reading can go on from the positions in this log. */
function whyUnusable(
  topicId: string | null,
  positions: Positions,
  { topicId: newId, partitions }: LogDescription,
): string | null {
  if (topicId !== null && topicId !== newId) return `the topic was made again: ${topicId} became ${newId}`
  const bounds = new Map(partitions.map((each) => [each.partition, each]))
  for (const [partition, position] of positions) {
    const known = bounds.get(partition)
    if (!known) return `the log has no partition ${partition} any more`
    if (position > known.end)
      return `position ${position} of partition ${partition} lies beyond the log's end ${known.end}`
    if (position < known.start) {
      return `position ${position} of partition ${partition} lies before the log's start ${known.start}`
    }
  }
  return null
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
