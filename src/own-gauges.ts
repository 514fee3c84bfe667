import type { PushTable } from './cache/push/push-table.ts'
import type { PushApply } from './ingest/apply.ts'
import type { RunningIntake } from './ingest/otlp/open.ts'
import type { Lanes } from './lanes/lanes.ts'
import type { TaskManager } from './rollup/task-manager.ts'
import type { DuckDbStore } from './sources/duckdb/open.ts'
import type { Gauge } from './telemetry/telemetry.ts'

export interface GaugedParts {
  readonly table: PushTable
  readonly apply: PushApply
  readonly lanes: Lanes
  readonly store: DuckDbStore
  readonly intake: RunningIntake
  readonly manager: TaskManager
}

const gauge = (name: string, help: string, value: number, labels?: Gauge['labels']): Gauge => ({
  name: `laneway_${name}`,
  help,
  value,
  ...(labels && { labels }),
})

/** What the parts know of themselves, read at each scrape; docs/own-metrics.md lists it. */
export const gaugesOf = (parts: GaugedParts) => (): readonly Gauge[] => [
  ...tableGauges(parts),
  ...pipelineGauges(parts),
  ...storeGauges(parts),
  ...parts.lanes.status().map(({ lane, queued }) => gauge('lane_queued', 'questions that wait', queued, { lane })),
]

function tableGauges({ table, apply }: GaugedParts): Gauge[] {
  const stats = table.stats()
  const read = apply.stats()
  return [
    gauge('push_bytes', 'memory of the push table', stats.bytes),
    gauge('push_windows', 'windows covered by a complete epoch', stats.windows),
    gauge('push_windows_staged', 'windows with an epoch that is not complete yet', stats.stagedWindows),
    gauge('push_windows_dirty', 'windows that lack late data', stats.dirtyWindows),
    gauge('push_windows_evicted', 'windows dropped for lack of memory since the start', stats.evictedWindows),
    gauge('push_series', 'series in the push table', stats.series),
    gauge('push_rows', 'series-buckets in the push table', stats.rows),
    gauge('push_lag_records', 'records of the aggregates topic not applied yet', read.lagRecords),
    gauge('push_lag_seconds', 'age of the oldest record not applied yet', read.lagMs / 1000),
    gauge('push_records_unreadable', 'records of the aggregates topic kept aside since the start', read.unreadable),
    gauge('push_rebuilds', 'times the table was read from the start of the log', read.rebuilds),
  ]
}

function pipelineGauges({ manager }: GaugedParts): Gauge[] {
  const stats = manager.stats()
  const causes = Object.entries(stats.tasks)
  return [
    gauge('rollup_tasks_outstanding', 'roll-up tasks issued and not done', stats.outstanding),
    gauge('rollup_tasks_parked', 'roll-up tasks given up until a late point or a person', stats.parked),
    gauge('rollup_due_seconds', 'age of the oldest roll-up that is due and not done', stats.oldestDueMs / 1000),
    ...causes.map(([cause, count]) => gauge('rollup_tasks_issued', 'tasks issued since the start', count, { cause })),
  ]
}

function storeGauges({ store, intake }: GaugedParts): Gauge[] {
  const stats = intake.stats()
  return [
    gauge(
      'raw_as_of_seconds',
      'moment up to whose arrivals raw shows everything, Unix time',
      store.chunks.asOf() / 1000,
    ),
    gauge('intake_points_waiting', 'points that wait for a commit', stats.pointsWaiting),
    gauge('intake_bytes_waiting', 'bytes of requests that wait for a commit', stats.bytesWaiting),
    gauge('intake_streams', 'cumulative streams remembered', stats.readings),
    gauge('intake_identities', 'points remembered to recognise repeats', stats.identities),
  ]
}
