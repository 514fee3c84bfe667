import type { ConfigKey } from '../../src/config-keys.ts'
import type { ErrorCode } from '../../src/model/errors.ts'
import { type LimitsWorld, question, type Reply } from './limits-world.ts'

/** One limit: how it is called, what it is, and how it is crossed. docs/limits.md has the same rows. */
export interface Limit {
  readonly what: string
  /** Configuration key; null where the limit is fixed. */
  readonly key: ConfigKey | null
  /** The value in the tests' gateway; of a fixed limit, the value everywhere. */
  readonly value: number | string
  readonly unit: string
  readonly status: number
  /** The error's code; a reason where OTLP points are rejected and the rest is kept. */
  readonly code: ErrorCode | RejectedPoints
  readonly cross: (world: LimitsWorld, limit: Limit) => Promise<Reply>
  /** Crossed on a gateway of its own, configured so: with it, the other limits could not be. */
  readonly alone?: Partial<Record<ConfigKey, unknown>>
}

type RejectedPoints = `points: ${string}`

type Crossing = Limit['cross']

export const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
export const asking =
  (over: (value: number) => object): Crossing =>
  (world, { value }) =>
    world.ask(question(over(Number(value))))
export const sending =
  (body: (value: number) => unknown): Crossing =>
  (world, { value }) =>
    world.send(body(Number(value)))

export const row = (
  what: string,
  [key, value, unit]: readonly [ConfigKey | null, number | string, string],
  [status, code]: readonly [number, Limit['code']],
  cross: Crossing,
  alone?: Limit['alone'],
): Limit => ({ what, key, value, unit, status, code, cross, ...(alone ? { alone } : {}) })

/** Many at once; what the first that was not served was answered. */
export async function refusedOf(replies: readonly Promise<Reply>[]): Promise<Reply> {
  const all = await Promise.all(replies)
  return all.find(({ status, text }) => status !== 200 || text.includes('partialSuccess')) ?? all[0]!
}
