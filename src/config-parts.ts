import type { EnrolLimits } from './catalog/enrol.ts'
import { CONFIG_KEYS, type Config } from './config-keys.ts'
import { INTAKE_LIMITS, type IntakeLimits } from './ingest/otlp/limits.ts'
import type { LanesOptions } from './lanes/options.ts'
import { DAY_MS } from './model/granularity.ts'
import { topicNames } from './model/topics.ts'
import { DEFAULT_QUERY_LIMITS, type QueryLimits } from './planner/engine.ts'
import type { TopicSettings } from './ports/log.ts'

/** The configuration, part by part, as each zone wants its options. */

export function lanesOf(config: Config): LanesOptions {
  const bounds = (lane: 'hot' | 'slow' | 'rollup' | 'background') => ({
    queueMax: config[`lanes.${lane}.queueMax`],
    deadlineMs: config[`lanes.${lane}.deadlineMs`],
  })
  return {
    slots: config['lanes.slots'],
    hotRowsMax: config['lanes.hotRowsMax'],
    hot: bounds('hot'),
    slow: { ...bounds('slow'), slots: config['lanes.slow.slots'] },
    rollup: { ...bounds('rollup'), slots: config['lanes.rollup.slots'] },
    background: bounds('background'),
  }
}

/** Every limit of the intake that has a key. */
export function intakeLimitsOf(config: Config): Partial<IntakeLimits> {
  const keys = Object.keys(INTAKE_LIMITS).filter((name) => `intake.${name}` in CONFIG_KEYS)
  return Object.fromEntries(keys.map((name) => [name, config[`intake.${name}` as keyof Config]]))
}

export const queryLimitsOf = (config: Config): QueryLimits => ({
  ...DEFAULT_QUERY_LIMITS,
  groupsMax: config['query.groupsMax'],
  valuesMax: config['query.valuesMax'],
  intervalsMax: config['query.intervalsMax'],
  filterDepthMax: config['query.filterDepthMax'],
  filterTermsMax: config['query.filterTermsMax'],
})

export const registryLimitsOf = (config: Config): EnrolLimits & { readonly waitingMax: number } => ({
  strictDatasets: config['catalog.strictDatasets'],
  datasetsMax: config['catalog.datasetsMax'],
  metricsMax: config['catalog.metricsMax'],
  labelsMax: config['catalog.labelsMax'],
  waitingMax: config['catalog.waitingMax'],
})

/** Longer than any rollup is usually kept and raw usually lives; aggregates that are not read any more go then. */
const AGGREGATES_KEPT_MS = 2 * 365 * DAY_MS
const TASKS_KEPT_MS = DAY_MS

/** The topics of one process on its own (docs/pipeline.md). Descriptors and state fit one partition. */
export function embeddedTopics(prefix: string, config: Config): TopicSettings[] {
  const names = topicNames(prefix)
  const partitions = config['log.partitions']
  return [
    { name: names.aggregates, partitions, cleanup: 'compact,delete', retentionMs: AGGREGATES_KEPT_MS },
    { name: names.tasks, partitions, cleanup: 'delete', retentionMs: TASKS_KEPT_MS },
    { name: names.taskState, partitions: 1, cleanup: 'compact', retentionMs: null },
    { name: names.descriptors, partitions: 1, cleanup: 'compact', retentionMs: null },
  ]
}
