import type { DiscoveryLimits } from './api/discovery-limits.ts'
import type { ExportLimits } from './api/export/export-limits.ts'
import type { GraphqlOptions } from './api/graphql/options.ts'
import type { StreamLimits } from './api/stream/stream-limits.ts'
import type { EnrolLimits } from './catalog/enrol.ts'
import { CONFIG_KEYS, type Config } from './config-keys.ts'
import { INTAKE_LIMITS, type IntakeLimits } from './ingest/otlp/limits.ts'
import type { LanesOptions } from './lanes/options.ts'
import { LanewayError } from './model/errors.ts'
import { DAY_MS } from './model/granularity.ts'
import { topicNames } from './model/topics.ts'
import {
  DEFAULT_QUERY_LIMITS,
  type PagingLimits,
  type QueryLimits,
  type SettledLimits,
  type WatchLimits,
} from './planner/engine.ts'
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
  regexCharactersMax: config['query.regexCharactersMax'],
})

export const streamLimitsOf = (config: Config): StreamLimits => ({
  heartbeatMs: config['stream.heartbeatMs'],
  connectionsMax: config['stream.connectionsMax'],
  connectionsPerCallerMax: config['stream.connectionsPerCallerMax'],
  eventBytesMax: config['stream.eventBytesMax'],
  stuckMsMax: config['stream.stuckMsMax'],
  resumeMs: config['stream.resumeMs'],
  resumePointsMax: config['stream.resumePointsMax'],
  retryMs: config['stream.retryMs'],
})

export const pagingLimitsOf = (config: Config): PagingLimits => ({
  keptBytesMax: config['paging.keptBytesMax'],
  keptMs: config['paging.keptMs'],
})

export const discoveryLimitsOf = (config: Config): DiscoveryLimits => ({
  resourcesPerTargetMax: config['discovery.resourcesPerTargetMax'],
  resourcesMax: config['discovery.resourcesMax'],
  publicUrl: publicUrlOf(config),
})

/** Error: CONFIG_INVALID. */
function publicUrlOf(config: Config): string | null {
  const url = config['http.publicUrl']
  if (url === null || /^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url
  throw new LanewayError('CONFIG_INVALID', {
    detail: `http.publicUrl must be a URL with http or https, got ${JSON.stringify(url)}`,
    configKey: 'http.publicUrl',
  })
}

export const watchLimitsOf = (config: Config): WatchLimits => ({
  periodMsMin: config['watch.periodMsMin'],
  tailPeriodMs: config['watch.tailPeriodMs'],
  questionsMax: config['watch.questionsMax'],
  watchersMax: config['watch.watchersMax'],
  valuesMax: config['watch.valuesMax'],
})

export const exportLimitsOf = (config: Config): ExportLimits => ({
  seriesMax: config['export.seriesMax'],
  lookbackMsMax: config['export.lookbackMsMax'],
  renderedBytesMax: config['export.renderedBytesMax'],
})

export const settledLimitsOf = (config: Config): SettledLimits => ({
  keptBytesMax: config['export.keptBytesMax'],
  lookbackMsMax: config['export.lookbackMsMax'],
  idleMsMax: config['export.idleMsMax'],
})

export const graphqlOptionsOf = (config: Config): GraphqlOptions => ({
  documentBytesMax: config['graphql.documentBytesMax'],
  tokensMax: config['graphql.tokensMax'],
  depthMax: config['graphql.depthMax'],
  aliasesMax: config['graphql.aliasesMax'],
  costMax: config['graphql.costMax'],
  pointFieldsMax: config['graphql.pointFieldsMax'],
  persistedMax: config['graphql.persistedMax'],
  socketsMax: config['graphql.socketsMax'],
  socketsPerCallerMax: config['graphql.socketsPerCallerMax'],
  subscriptionsMax: config['graphql.subscriptionsMax'],
  messageBytesMax: config['graphql.messageBytesMax'],
  initMsMax: config['graphql.initMsMax'],
  pingPeriodMs: config['graphql.pingPeriodMs'],
  introspection: config['graphql.introspection'],
  graphiql: config['graphql.graphiql'],
  persistedPath: config['graphql.persistedPath'],
  persistedOnly: config['graphql.persistedOnly'],
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
