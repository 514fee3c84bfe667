import type { Schedule } from '../../../src/ingest/otlp/commit-queue.ts'
import type { IntakeLimits } from '../../../src/ingest/otlp/limits.ts'
import { openIntake, type RunningIntake } from '../../../src/ingest/otlp/open.ts'
import type { IntakeReply } from '../../../src/ports/intake.ts'
import { MemoryCatalog } from './memory-catalog.ts'
import { MemoryRawWriter } from './memory-raw-writer.ts'
import { toJson } from './requests.ts'

/** 2026-11-21T10:00:00Z, a whole minute. */
export const NOON = Date.UTC(2026, 10, 21, 10)
export const MINUTE = 60_000

export interface World {
  readonly writer: MemoryRawWriter
  readonly catalog: MemoryCatalog
  readonly clock: { nowMs: number }
  readonly intake: RunningIntake
  /** Sends OTLP/JSON at a time; the clock stays there. */
  send(message: unknown, atMs?: number): Promise<IntakeReply>
  /** Counts of the dataset `default`. */
  count(name: string): number
  /** Another intake on the same store and catalog, as after a crash. */
  restart(): Promise<World>
}

export interface WorldOptions {
  readonly limits?: Partial<IntakeLimits>
  readonly catalog?: MemoryCatalog
  readonly writer?: MemoryRawWriter
  readonly nowMs?: number
  readonly schedule?: Schedule
}

/** Commits as soon as the event loop turns. */
export const soon: Schedule = (run) => {
  const handle = setImmediate(run)
  return () => clearImmediate(handle)
}

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const { catalog = new MemoryCatalog(), writer = new MemoryRawWriter(), limits = {}, schedule = soon } = options
  const clock = { nowMs: options.nowMs ?? NOON }
  const intake = await openIntake({ writer, registrar: catalog, clock: () => clock.nowMs, limits, schedule })
  return {
    writer,
    catalog,
    clock,
    intake,
    send: (message, atMs = clock.nowMs) => {
      clock.nowMs = atMs
      return intake.accept(toJson(message), 'application/json')
    },
    count: (name) => intake.stats().datasets.default?.[name] ?? 0,
    restart: () => openWorld({ ...options, catalog, writer, nowMs: clock.nowMs }),
  }
}
