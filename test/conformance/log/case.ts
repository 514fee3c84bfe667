import { test } from 'node:test'
import type { LocalLog } from '../../../src/ingest/log/local-log.ts'
import { LIMITS, type OpenLog, T0, TOPICS } from './log-under-test.ts'

export interface World {
  readonly log: LocalLog
  /** The log's clock. */
  readonly clock: { nowMs: number }
}

export type Case = (title: string, run: (world: World) => Promise<void>) => void

/** Each case gets a log of its own. */
export function casesOn(name: string, openLog: OpenLog): Case {
  return (title, run) =>
    void test(`${name}: ${title}`, { timeout: 20_000 }, async () => {
      const clock = { nowMs: T0 }
      const { log, remove } = await openLog({ clock: () => clock.nowMs, topics: TOPICS, limits: LIMITS })
      try {
        await run({ log, clock })
      } finally {
        await log.close()
        remove()
      }
    })
}
