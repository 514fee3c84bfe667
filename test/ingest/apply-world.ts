import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PushTable } from '../../src/cache/push/push-table.ts'
import { openPushApply, type PushApply, type PushApplyOptions } from '../../src/ingest/apply.ts'
import type { LocalLog } from '../../src/ingest/log/local-log.ts'
import { openMemoryLog } from '../../src/ingest/log/memory.ts'
import type { CatalogVersion, RollupVersion } from '../../src/model/definition.ts'
import { encodeRecord } from '../../src/model/records.ts'
import type { LogRecord } from '../../src/ports/log.ts'
import {
  type Delivery,
  NOW,
  PARTITIONS,
  ROLLUP,
  read,
  rolledUp,
  sumsIn,
  tableOf,
  topics,
} from '../cache/push/push-fixture.ts'
import { datasetOf } from './otlp/memory-catalog.ts'

export const TOPIC = 'aggregates'

/** A catalog that a test changes between batches. */
export class TestCatalog {
  #version: CatalogVersion = catalogOf(1, [ROLLUP])

  current(): CatalogVersion {
    return this.#version
  }

  define(rollups: readonly RollupVersion[]): void {
    this.#version = catalogOf(this.#version.version + 1, rollups)
  }
}

const catalogOf = (version: number, rollups: readonly RollupVersion[]): CatalogVersion => {
  const byName = new Map(rollups.map((rollup) => [rollup.name, rollup]))
  return { version, datasets: new Map([['cloud', datasetOf('cloud', { rollups: byName })]]) }
}

export const recordOf = ({ partition, record }: Delivery): LogRecord => {
  const { key, value } = encodeRecord(record)
  return { topic: TOPIC, partition, key: Buffer.from(key), value: Buffer.from(value), timestampMs: NOW }
}

/** Records of whole windows: `{bucket: {topic: value}}` at one epoch. */
export const windowsOf = (
  content: Readonly<Record<number, Readonly<Record<string, number>>>>,
  epoch = 1,
): LogRecord[] =>
  Object.entries(content).flatMap(([bucket, values]) =>
    rolledUp({ bucket: Number(bucket), epoch, rows: topics(values) }).map(recordOf),
  )

export interface Running {
  readonly apply: PushApply
  readonly table: PushTable
}

export interface ApplyWorld {
  readonly log: LocalLog
  readonly catalog: TestCatalog
  readonly clock: { nowMs: number }
  readonly snapshotPath: string
  append(records: readonly LogRecord[]): Promise<void>
  /** A reader with a new table, not started. */
  prepare(change?: Partial<PushApplyOptions>): Running
  /** A reader with a new table that has read to the end. */
  open(change?: Partial<PushApplyOptions>): Promise<Running>
}

/** A memory log, a catalog with one rollup and a folder; what is opened is closed after the test. */
export function applyWorld(t: { after(end: () => Promise<void>): void }): ApplyWorld {
  const folder = mkdtempSync(join(tmpdir(), 'laneway-apply-'))
  const snapshotPath = join(folder, 'push.snapshot')
  const clock = { nowMs: NOW }
  const settings = { name: TOPIC, partitions: PARTITIONS, cleanup: 'delete', retentionMs: 3_600_000 } as const
  const log = openMemoryLog({ clock: () => clock.nowMs, topics: [settings] })
  const catalog = new TestCatalog()
  const opened: PushApply[] = []
  t.after(async () => {
    for (const apply of opened) await apply.close()
    await log.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const prepare = (change: Partial<PushApplyOptions> = {}): Running => {
    const table = tableOf([])
    const options = { table, tail: log.tail(TOPIC), catalog, snapshotPath, clock: () => clock.nowMs }
    const apply = openPushApply({ ...options, snapshotPeriodMs: 3_600_000, bootstrapMsMax: 60_000, ...change })
    opened.push(apply)
    return { apply, table }
  }
  return {
    log,
    catalog,
    clock,
    snapshotPath,
    append: (records) => log.writer.append(records),
    prepare,
    async open(change) {
      const running = prepare(change)
      running.apply.start(new AbortController().signal)
      await running.apply.bootstrapped
      return running
    },
  }
}

/** Sums by topic of one window; undefined when the window is not covered. */
export function sumsAt(table: PushTable, bucket: number, rollup = ROLLUP): Record<string, unknown> | undefined {
  try {
    return sumsIn(read(table, { rollup, intervals: [{ start: bucket, end: bucket + 60_000 }] }))
  } catch {
    return undefined
  }
}
