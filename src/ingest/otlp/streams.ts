import type { Num } from '../../model/number.ts'
import type { PointIdentity, StreamReading, StreamState } from '../../model/point.ts'
import type { IntakeLimits } from './limits.ts'
import { resourceOfHash, startsLife } from './take-apart.ts'

/** Last reading of a cumulative stream, or the sum of an up-down counter's changes. `startNs` 0: not known. */
export interface Reading {
  readonly startNs: bigint
  readonly timeNs: bigint
  readonly value: Num
  readonly seenMs: number
}

interface Identity {
  readonly hash: string
  readonly startNs: bigint
  readonly timeNs: bigint
}

const identityKey = ({ hash, startNs, timeNs }: Identity): string => `${hash}|${startNs}|${timeNs}`
const lifeKey = (resource: string, startNs: bigint): string => `${resource}|${startNs}`

/**
 * Stream state as committed. Readings and identities lie in the order in which they were last seen, so the ones that
 * expire, or must go when there are too many, are at the front.
 */
export class StreamTable {
  readonly #limits: IntakeLimits
  readonly #readings = new Map<string, Reading>()
  /** identity → when it was seen, epoch ms */
  readonly #identities = new Map<string, number>()
  /** resource and start → time of the first reading with that start */
  readonly #lives = new Map<string, { readonly firstNs: bigint; seenMs: number }>()
  #forgotten = 0

  constructor(limits: IntakeLimits) {
    this.#limits = limits
  }

  get sizes(): { readonly readings: number; readonly identities: number; readonly identitiesForgotten: number } {
    return { readings: this.#readings.size, identities: this.#identities.size, identitiesForgotten: this.#forgotten }
  }

  load(state: StreamState): void {
    for (const reading of [...state.readings].sort((a, b) => a.seenMs - b.seenMs)) {
      const { hash, value, seenMs } = reading
      const startNs = BigInt(reading.startNs || 0)
      this.#put(hash, { startNs, timeNs: BigInt(reading.timeNs), value, seenMs })
    }
    for (const identity of [...state.identities].sort((a, b) => a.seenMs - b.seenMs)) {
      const { hash, seenMs } = identity
      const [startNs, timeNs] = [BigInt(identity.startNs || 0), BigInt(identity.timeNs)]
      this.#identities.set(identityKey({ hash, startNs, timeNs }), seenMs)
      this.#live(hash, startNs, timeNs, seenMs)
    }
    this.#forgetOldest()
  }

  draft(nowMs: number): StreamDraft {
    return new StreamDraft(this, nowMs, this.#limits)
  }

  reading(hash: string): Reading | undefined {
    return this.#readings.get(hash)
  }

  identitySeenMs(key: string): number | undefined {
    return this.#identities.get(key)
  }

  /** Time of the first reading of a stream of this resource with this start. */
  lifeFirstNs(hash: string, startNs: bigint): bigint | undefined {
    return this.#lives.get(lifeKey(resourceOfHash(hash), startNs))?.firstNs
  }

  apply(readings: ReadonlyMap<string, Reading>, identities: Iterable<Identity>, seenMs: number): void {
    for (const [hash, reading] of readings) this.#put(hash, reading)
    for (const identity of identities) {
      const key = identityKey(identity)
      this.#identities.delete(key)
      this.#identities.set(key, seenMs)
      this.#live(identity.hash, identity.startNs, identity.timeNs, seenMs)
    }
    this.#forgetOldest()
  }

  expire(readingsBeforeMs: number, identitiesBeforeMs: number): void {
    for (const [hash, { seenMs }] of this.#readings) {
      if (seenMs >= readingsBeforeMs) break
      this.#readings.delete(hash)
    }
    for (const [key, seenMs] of this.#identities) {
      if (seenMs >= identitiesBeforeMs) break
      this.#identities.delete(key)
    }
    for (const [key, { seenMs }] of this.#lives) if (seenMs < readingsBeforeMs) this.#lives.delete(key)
  }

  #put(hash: string, reading: Reading): void {
    this.#readings.delete(hash)
    this.#readings.set(hash, reading)
    this.#live(hash, reading.startNs, reading.timeNs, reading.seenMs)
  }

  #live(hash: string, startNs: bigint, timeNs: bigint, seenMs: number): void {
    if (startNs === 0n || !startsLife(hash)) return
    const key = lifeKey(resourceOfHash(hash), startNs)
    const known = this.#lives.get(key)
    if (known && known.firstNs <= timeNs) known.seenMs = seenMs
    else if (known || this.#lives.size < this.#limits.streamsMax) this.#lives.set(key, { firstNs: timeNs, seenMs })
  }

  #forgetOldest(): void {
    for (const key of this.#identities.keys()) {
      if (this.#identities.size <= this.#limits.identitiesMax) return
      this.#identities.delete(key)
      this.#forgotten++
    }
  }
}

/** Changes of one commit on top of the table: seen by the points that follow in it, lost when it fails. */
export class StreamDraft {
  readonly nowMs: number
  readonly #table: StreamTable
  readonly #limits: IntakeLimits
  readonly #readings = new Map<string, Reading>()
  readonly #identities = new Map<string, Identity>()
  readonly #lives = new Map<string, bigint>()
  #added = 0

  constructor(table: StreamTable, nowMs: number, limits: IntakeLimits) {
    this.#table = table
    this.nowMs = nowMs
    this.#limits = limits
  }

  reading(hash: string): Reading | undefined {
    return this.#readings.get(hash) ?? this.#table.reading(hash)
  }

  /** Whether one more stream can be remembered. */
  get full(): boolean {
    return this.#table.sizes.readings + this.#added >= this.#limits.streamsMax
  }

  put(hash: string, reading: Omit<Reading, 'seenMs'>): void {
    if (this.reading(hash) === undefined) this.#added++
    this.#readings.set(hash, { ...reading, seenMs: this.nowMs })
    this.#live(hash, reading.startNs, reading.timeNs)
  }

  /** Whether the point was seen within `dedupeMs`. */
  isRepeat(identity: Identity, dedupeMs: number): boolean {
    const key = identityKey(identity)
    if (this.#identities.has(key)) return true
    const seenMs = this.#table.identitySeenMs(key)
    return seenMs !== undefined && seenMs > this.nowMs - dedupeMs
  }

  remember(identity: Identity): void {
    const { hash, startNs, timeNs } = identity
    this.#identities.set(identityKey(identity), { hash, startNs, timeNs })
    this.#live(hash, startNs, timeNs)
  }

  /** Whether a stream of the same resource with this start had a reading before `timeNs`. */
  wasReceived(hash: string, startNs: bigint, timeNs: bigint): boolean {
    const committed = this.#table.lifeFirstNs(hash, startNs)
    const drafted = this.#lives.get(lifeKey(resourceOfHash(hash), startNs))
    return (committed !== undefined && committed < timeNs) || (drafted !== undefined && drafted < timeNs)
  }

  get isEmpty(): boolean {
    return this.#readings.size === 0 && this.#identities.size === 0
  }

  /** As the store keeps it. */
  state(): StreamState {
    const readings: StreamReading[] = []
    for (const [hash, { startNs, timeNs, value, seenMs }] of this.#readings) {
      readings.push({ hash, startNs: nanosText(startNs), timeNs: String(timeNs), value, seenMs })
    }
    const identities: PointIdentity[] = []
    for (const { hash, startNs, timeNs } of this.#identities.values()) {
      identities.push({ hash, startNs: nanosText(startNs), timeNs: String(timeNs), seenMs: this.nowMs })
    }
    return { readings, identities }
  }

  /** After the commit is durable. */
  apply(): void {
    this.#table.apply(this.#readings, this.#identities.values(), this.nowMs)
  }

  #live(hash: string, startNs: bigint, timeNs: bigint): void {
    if (startNs === 0n || !startsLife(hash)) return
    const key = lifeKey(resourceOfHash(hash), startNs)
    const known = this.#lives.get(key)
    if (known === undefined || timeNs < known) this.#lives.set(key, timeNs)
  }
}

const nanosText = (ns: bigint): string => (ns === 0n ? '' : String(ns))
