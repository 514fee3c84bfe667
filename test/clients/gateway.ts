import { setTimeout as sleep } from 'node:timers/promises'
import { replay } from '../../examples/kafka-telemetry/replay.ts'
import type { ConfigKey } from '../../src/config-keys.ts'
import { type House, openHouse } from '../scenarios/house.ts'

export interface Gateway extends House {
  readonly url: string
  /** Resolves with the first answer that fits, asked again and again. */
  eventually<T>(what: string, read: () => Promise<T | null>, msMax?: number): Promise<T>
}

/** A whole Laneway on the real clock, listening on a free port of loopback. */
export async function openGateway(over: Partial<Record<ConfigKey, unknown>> = {}): Promise<Gateway> {
  const house = await openHouse(Date.now, { 'http.port': 0, 'intake.commitPeriodMs': 1, ...over })
  const { url } = await house.laneway.listen()
  return { ...house, url, eventually }
}

const LEAD_MS = 12 * 60_000

/** The same with the recorded telemetry of two Kafka clusters, twelve minutes of it, going on live. */
export async function openLiveGateway(over: Partial<Record<ConfigKey, unknown>> = {}): Promise<Gateway> {
  const gateway = await openGateway(over)
  const ended = new AbortController()
  const run = replay({
    send: async (body) => void (await gateway.laneway.intake.accept(body, 'application/x-protobuf')),
    clock: Date.now,
    loops: 0,
    leadMs: LEAD_MS,
    signal: ended.signal,
  })
  await run.filled
  await gateway.laneway.idle()
  return {
    ...gateway,
    async close() {
      ended.abort()
      await run.done
      await gateway.close()
    },
  }
}

const PERIOD_MS = 250

async function eventually<T>(what: string, read: () => Promise<T | null>, msMax = 60_000): Promise<T> {
  const deadline = Date.now() + msMax
  for (;;) {
    const value = await read()
    if (value !== null) return value
    if (Date.now() > deadline) throw new Error(`${what}: not within ${msMax} ms`)
    await sleep(PERIOD_MS)
  }
}
