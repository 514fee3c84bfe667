import type { FastifyInstance } from 'fastify'
import { withDefaults } from '../../../src/api/api-limits.ts'
import type { ExportLimits } from '../../../src/api/export/export-limits.ts'
import { exportRoute } from '../../../src/api/export/export-route.ts'
import { openServer } from '../../../src/api/open-server.ts'
import type { StaticKeys } from '../../../src/api/static-keys.ts'
import { PushTable } from '../../../src/cache/push/push-table.ts'
import type { Group } from '../../../src/model/label.ts'
import { createEngine, DEFAULT_QUERY_LIMITS, type Engine } from '../../../src/planner/engine.ts'
import { PushSource } from '../../../src/sources/push/push-source.ts'
import { deliver, rolledUp } from '../../cache/push/push-fixture.ts'
import { catalog, RECEIVED, TEN } from '../api-world.ts'

export const EXPORT = '/v2/metrics/cloud/export'
export const OPENMETRICS = 'application/openmetrics-text;version=1.0.0'
/** How v2 writes it. */
export const EXPORTED = 'confluent_kafka_server_received_bytes'

const rollup = catalog.datasets.get('cloud')!.rollups.get('topic_1m')!
const MINUTE_MS = 60_000

export interface WorldOptions {
  /** In place of the engine's own. */
  readonly settled?: Engine['settled']
  readonly keys?: StaticKeys
  readonly exports?: ExportLimits
}

export interface ExportWorld {
  readonly app: FastifyInstance
  readonly table: PushTable
  readonly engine: Engine
  /** Rolls up the minute that begins `ago` minutes before the clock: values by `cluster/topic`. */
  fill(ago: number, values: Readonly<Record<string, number | string>>, version?: number): void
  get(search?: string, headers?: Record<string, string>): Promise<Got>
  listen(): Promise<string>
}

interface Got {
  readonly status: number
  readonly text: string
  readonly bytes: Buffer
  readonly headers: Record<string, unknown>
}

/** The export alone, over an engine whose push table is filled by hand; the clock stands at ten. */
export async function openExport(options: WorldOptions = {}): Promise<ExportWorld> {
  const table = new PushTable({ bytesMax: 64 * 1024 * 1024 })
  table.define([rollup])
  const engine = createEngine({
    sources: [new PushSource({ table, appliedMs: () => TEN })],
    places: [{ source: 'push', serves: 'rollups' }],
    catalog: { current: () => catalog },
    lanes: { run: () => Promise.reject(new Error('no lane is needed')), classify: () => 'hot' },
    clock: () => TEN,
    limits: DEFAULT_QUERY_LIMITS,
  })
  const limits = withDefaults({
    bodyBytesMax: 1024,
    intakeBodyBytesMax: 1024,
    ...(options.exports && { exports: options.exports }),
  })
  const app = openServer({ limits, keys: options.keys ?? null, logger: false })
  exportRoute(app, {
    engine: { settled: options.settled ?? engine.settled },
    catalog: { current: () => catalog },
    clock: () => TEN,
    limits: limits.exports,
  })
  await app.ready()
  return {
    app,
    table,
    engine,
    fill(ago, values, version = 1) {
      const bucket = TEN - ago * MINUTE_MS
      const rows = Object.entries(values).map(([name, value]) => {
        const [cluster = null, topic = null] = name.split('/')
        const group: Group = [topic, cluster]
        return [group, { [`SUM:${RECEIVED}`]: [value] }] as const
      })
      deliver(table, rolledUp({ bucket, epoch: version, raw: version, rows }, rollup))
    },
    async get(search = '', headers = {}) {
      const response = await app.inject({ method: 'GET', url: `${EXPORT}${search}`, headers })
      return { status: response.statusCode, text: response.body, bytes: response.rawPayload, headers: response.headers }
    },
    listen: () => app.listen({ host: '127.0.0.1', port: 0 }),
  }
}
