import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/config.ts'
import type { ConfigKey } from '../../src/config-keys.ts'
import { type Laneway, openLaneway } from '../../src/main.ts'

export interface House {
  readonly laneway: Laneway
  readonly folder: string
  /** Asks like a client; the whole answer as text, so that bytes can be compared. */
  ask(dataset: string, body: unknown): Promise<{ status: number; text: string }>
  close(): Promise<void>
}

/** A whole Laneway on embedded parts in a folder of its own, without a port. */
export async function openHouse(clock: () => number, over: Partial<Record<ConfigKey, unknown>> = {}): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'laneway-test-'))
  const flags = { 'data.path': folder, 'log.level': 'silent', ...over }
  const { config } = loadConfig({ environment: {}, flags })
  const laneway = await openLaneway(config, { clock })
  return {
    laneway,
    folder,
    async ask(dataset, body) {
      const url = `/v2/metrics/${dataset}/query`
      const response = await laneway.app.inject({ method: 'POST', url, payload: body as object })
      return { status: response.statusCode, text: response.body }
    },
    async close() {
      await laneway.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
