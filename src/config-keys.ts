import { DEFAULT_DISCOVERY_LIMITS } from './api/discovery-limits.ts'
import { DEFAULT_GRAPHQL, type GraphqlLimits } from './api/graphql/options.ts'
import { DEFAULT_STREAM_LIMITS } from './api/stream/stream-limits.ts'
import { INTAKE_LIMITS } from './ingest/otlp/limits.ts'
import { DEFAULT_LANES } from './lanes/options.ts'
import { DEFAULT_PAGING_LIMITS } from './planner/engine.ts'

/** One configuration key: what it is, what it is when nobody says, and how long ways of saying it are spelled. */
export interface KeyDefinition {
  readonly kind: 'text' | 'integer' | 'boolean' | 'list'
  readonly fallback: string | number | boolean | readonly string[] | null
  readonly min?: number
  readonly max?: number
  /** Command-line flag, for the common ones. */
  readonly flag?: string
  readonly about: string
}

const text = (fallback: string | null, about: string, flag?: string) =>
  ({ kind: 'text', fallback, about, ...(flag === undefined ? {} : { flag }) }) as const
const integer = (fallback: number | null, min: number, max: number, about: string, flag?: string) =>
  ({ kind: 'integer', fallback, min, max, about, ...(flag === undefined ? {} : { flag }) }) as const
const boolean = (fallback: boolean, about: string, flag?: string) =>
  ({ kind: 'boolean', fallback, about, ...(flag === undefined ? {} : { flag }) }) as const
const list = (fallback: readonly string[], about: string, flag?: string) =>
  ({ kind: 'list', fallback, about, ...(flag === undefined ? {} : { flag }) }) as const

const MIB = 1024 * 1024

/** The bounds of the intake, each with the default of the intake itself. */
function intakeKeys() {
  const bound = (key: keyof typeof INTAKE_LIMITS, min: number, max: number, about: string) =>
    integer(INTAKE_LIMITS[key], min, max, about)
  return {
    'intake.bodyBytesMax': bound('bodyBytesMax', 1024, 256 * MIB, 'Largest OTLP body as sent.'),
    'intake.inflatedBytesMax': bound('inflatedBytesMax', 1024, 1024 * MIB, 'Largest OTLP body after decompression.'),
    'intake.elementsMax': bound('elementsMax', 1, 100_000_000, 'Most messages and array elements in one OTLP body.'),
    'intake.pointsPerRequestMax': bound(
      'pointsPerRequestMax',
      1,
      10_000_000,
      'Points of one request; more are rejected.',
    ),
    'intake.bucketsPerPointMax': bound('bucketsPerPointMax', 1, 100_000, 'Buckets of one histogram point.'),
    'intake.pointsWaitingMax': bound(
      'pointsWaitingMax',
      1,
      100_000_000,
      'Points that may wait for a commit; beyond, senders are told to come back.',
    ),
    'intake.bytesWaitingMax': bound(
      'bytesWaitingMax',
      1024,
      4096 * MIB,
      'Bytes of OTLP bodies that may wait for a commit.',
    ),
    'intake.commitPeriodMs': bound(
      'commitPeriodMs',
      1,
      10_000,
      'Longest time a point waits for others to share its commit.',
    ),
    'intake.commitPointsMax': bound('commitPointsMax', 1, 1_000_000, 'Points after which a commit starts at once.'),
    'intake.groupPointsMax': bound(
      'groupPointsMax',
      1,
      1_000_000,
      'No further request joins a commit of this many points.',
    ),
    'intake.aheadMsMax': bound('aheadMsMax', 0, 86_400_000, 'How far ahead of the clock a point may be.'),
    'intake.labelsMax': bound('labelsMax', 1, 10_000, 'Labels of one point; points with more are rejected.'),
    'intake.labelValueBytesMax': bound('labelValueBytesMax', 1, 1 * MIB, 'Longest label value, UTF-8 bytes.'),
    'intake.seriesMax': bound(
      'seriesMax',
      1,
      100_000_000,
      'Active series of one dataset; points of more are rejected.',
    ),
    'intake.seriesActiveMs': bound(
      'seriesActiveMs',
      60_000,
      604_800_000,
      'How long after its last point a series is active.',
    ),
    'intake.streamsMax': bound('streamsMax', 1, 100_000_000, 'Cumulative streams that are remembered.'),
    'intake.identitiesMax': bound('identitiesMax', 1, 100_000_000, 'Points that are remembered to recognise repeats.'),
  } as const
}

/** Bearer tokens: off while auth.jwt.issuer is not set. */
function tokenKeys() {
  return {
    'auth.jwt.issuer': text(null, 'Issuer of Bearer tokens (`iss`). Tokens are taken when it is set.'),
    'auth.jwt.audience': text(null, 'Audience that tokens must name (`aud`).'),
    'auth.jwt.jwksUrl': text(null, 'Where the issuer publishes its keys (JSON Web Key Set, https).'),
    'auth.jwt.jwksPath': text(null, 'File with the keys of the issuer, instead of auth.jwt.jwksUrl.'),
    'auth.jwt.clockSkewMsMax': integer(30_000, 0, 600_000, 'How far the clock of the issuer may be off.'),
    'auth.jwt.rolesClaim': text('roles', 'Claim with the roles, or a path to it (`realm_access.roles`).'),
    'auth.jwt.tenantClaim': text('tenant', 'Claim with the tenant.'),
    'auth.jwt.datasetsClaim': text('datasets', 'Claim with the datasets that exist for the caller.'),
    'auth.jwt.constraintsClaim': text('constraints', 'Claim with the label constraints: label → values.'),
    'auth.jwt.scopeRequired': boolean(
      true,
      'Whether a token that may read must name a tenant, and constraints or datasets; false: without, it sees all.',
    ),
  } as const
}

function rateKeys() {
  return {
    'rate.costPerMinuteMax': integer(
      1_000_000_000,
      1,
      1e15,
      'Cost a caller may use up in a minute; the unit is in docs/security.md.',
    ),
    'rate.requestsPerMinuteMax': integer(6_000, 1, 1e9, 'Requests a caller may send in a minute.'),
    'rate.burstMs': integer(60_000, 1_000, 3_600_000, 'Allowance that gathers while a caller is quiet, in time.'),
    'rate.callersMax': integer(10_000, 1, 10_000_000, 'Callers whose use is remembered.'),
    'rate.anonymous': boolean(false, 'Limit requests without a key too, by their address.'),
  } as const
}

/** The bounds of streams, each with the default of the route itself. */
function streamKeys() {
  const bound = (key: keyof typeof DEFAULT_STREAM_LIMITS, min: number, max: number, about: string) =>
    integer(DEFAULT_STREAM_LIMITS[key], min, max, about)
  return {
    'stream.heartbeatMs': bound('heartbeatMs', 10, 3_600_000, 'Time between heartbeats of a stream.'),
    'stream.connectionsMax': bound('connectionsMax', 1, 1_000_000, 'Streams open at a time.'),
    'stream.connectionsPerCallerMax': bound('connectionsPerCallerMax', 1, 1_000_000, 'Streams open for one caller.'),
    'stream.eventBytesMax': bound(
      'eventBytesMax',
      1024,
      256 * MIB,
      'Largest event of a stream; no more waits for one reader.',
    ),
    'stream.stuckMsMax': bound(
      'stuckMsMax',
      10,
      3_600_000,
      'Longest time a reader takes nothing before it is cut off.',
    ),
    'stream.resumeMs': bound('resumeMs', 0, 86_400_000, 'How long a stream without a reader can be resumed.'),
    'stream.resumePointsMax': bound(
      'resumePointsMax',
      0,
      100_000_000,
      'Points of streams without a reader that are kept; beyond, the longest unread go.',
    ),
    'stream.retryMs': bound('retryMs', 0, 3_600_000, 'How long clients wait before they connect again.'),
  } as const
}

/** The GraphQL endpoint: limits before anything runs, and its WebSockets. */
function graphqlKeys() {
  const bound = <K extends keyof GraphqlLimits>(key: K, min: number, max: number, about: string) =>
    integer(DEFAULT_GRAPHQL[key], min, max, about)
  return {
    'graphql.documentBytesMax': bound('documentBytesMax', 256, 1 * MIB, 'Longest GraphQL document.'),
    'graphql.tokensMax': bound('tokensMax', 10, 100_000, 'Most tokens (words and signs) of a GraphQL document.'),
    'graphql.depthMax': bound('depthMax', 1, 64, 'Deepest nesting of selected fields.'),
    'graphql.aliasesMax': bound('aliasesMax', 0, 10_000, 'Most aliased fields of one operation.'),
    'graphql.costMax': bound(
      'costMax',
      10,
      100_000_000,
      'Most fields of one operation, those below a connection times its `first`.',
    ),
    'graphql.pointFieldsMax': bound(
      'pointFieldsMax',
      1,
      100_000_000,
      'Most fields of points that an operation answers.',
    ),
    'graphql.persistedMax': bound('persistedMax', 0, 10_000, 'Documents of one caller that are known by their hash.'),
    'graphql.persistedPath': text(null, 'Folder of `.graphql` documents that may be asked for by their hash.'),
    'graphql.persistedOnly': boolean(false, 'Refuse every document that is not in that folder.'),
    'graphql.introspection': boolean(true, 'Answer questions about the GraphQL schema itself.'),
    'graphql.graphiql': boolean(false, 'Serve GraphiQL at /graphiql; its scripts are loaded from unpkg.com.'),
    'graphql.socketsMax': bound('socketsMax', 0, 100_000, 'Open WebSockets.'),
    'graphql.socketsPerCallerMax': bound('socketsPerCallerMax', 1, 100_000, 'Open WebSockets of one caller.'),
    'graphql.subscriptionsMax': bound('subscriptionsMax', 1, 10_000, 'Operations under way on one WebSocket.'),
    'graphql.messageBytesMax': bound('messageBytesMax', 256, 64 * MIB, 'Longest message that a WebSocket may send us.'),
    'graphql.initMsMax': bound('initMsMax', 10, 600_000, 'Longest time from an open WebSocket to connection_init.'),
    'graphql.pingPeriodMs': bound(
      'pingPeriodMs',
      10,
      600_000,
      'Time between pings of a WebSocket; who has not answered by the next one is cut off.',
    ),
  } as const
}

/** Every key there is; docs/configuration.md is generated from this table. Units stand last in the name. */
export const CONFIG_KEYS = {
  'http.host': text('127.0.0.1', 'Address to listen on. Beyond loopback every request needs a key.', 'host'),
  'http.publicUrl': text(
    null,
    'URL that scrapers reach this service by, for /discovery; what the request came by when not set.',
  ),
  'http.port': integer(8080, 0, 65_535, 'Port of the API; 0 picks a free one.', 'port'),
  'http.otlpPort': integer(
    null,
    0,
    65_535,
    'A second port for OTLP/HTTP alone, where SDKs send by default (4318). Off when not set.',
    'otlp-port',
  ),
  'http.anonymous': boolean(false, 'Allow requests without a key also beyond loopback.'),
  'http.bodyBytesMax': integer(1 * MIB, 1024, 64 * MIB, 'Largest body of a question.'),
  'http.answerBytesMax': integer(256 * MIB, 1024, 1024 * MIB, 'Largest answer to a question, encoded.'),
  'http.requestMsMax': integer(30_000, 100, 600_000, 'Longest time from the first byte of a request to its last.'),
  'http.trustProxy': list([], 'Addresses or networks of proxies whose X-Forwarded-For is believed; none unless set.'),
  'http.tls.certPath': text(null, 'Certificate chain (PEM); with http.tls.keyPath the API speaks HTTPS alone.'),
  'http.tls.keyPath': text(null, 'Private key of the certificate (PEM).'),
  'keys.path': text(null, 'File of API keys (see docs/security.md): YAML, or one `id:hash:role,role` a line.', 'keys'),
  'keys.reloadPeriodMs': integer(5_000, 100, 3_600_000, 'Time between looks whether the file of keys has changed.'),
  ...tokenKeys(),
  ...rateKeys(),
  'data.path': text('./laneway-data', 'Folder of the embedded parts: raw data, log, snapshot.', 'data'),
  'catalog.paths': list(['./catalog'], 'Catalog files or folders, one dataset a file.', 'catalog'),
  'catalog.strictDatasets': boolean(false, 'Refuse points of datasets that no catalog file defines.'),
  'catalog.metricsMax': integer(
    10_000,
    1,
    1_000_000,
    'Most metrics a dataset may have, self-registered ones included.',
  ),
  'catalog.datasetsMax': integer(100, 1, 100_000, 'Most datasets, self-registered ones included.'),
  'catalog.labelsMax': integer(64, 1, 10_000, 'Most labels a self-registered metric may have.'),
  'catalog.waitingMax': integer(1_000, 1, 1_000_000, 'Requests that may wait for new metrics to be stored.'),
  ...intakeKeys(),
  'duckdb.memoryBytesMax': integer(1024 * MIB, 64 * MIB, 64 * 1024 * MIB, 'Memory DuckDB may use.'),
  'log.partitions': integer(4, 1, 256, 'Partitions of the aggregates and tasks topics of a new data folder.'),
  'push.bytesMax': integer(
    1024 * MIB,
    1 * MIB,
    64 * 1024 * MIB,
    'Memory of the push table; beyond, the oldest windows go.',
  ),
  'push.snapshotPeriodMs': integer(60_000, 100, 86_400_000, 'Time between snapshots of the push table.'),
  'push.bootstrapMsMax': integer(
    60_000,
    100,
    3_600_000,
    'Longest wait for the push table before the service says it is ready without it.',
  ),
  'query.groupsMax': integer(1_000, 1, 100_000, 'Largest `limit` of a question.'),
  'query.valuesMax': integer(500_000, 1, 100_000_000, 'Most values one answer may hold (groups × buckets).'),
  'query.intervalsMax': integer(32, 1, 10_000, 'Most intervals in one question.'),
  'query.filterDepthMax': integer(16, 1, 100, 'Deepest nesting of a filter.'),
  'query.filterTermsMax': integer(512, 1, 100_000, 'Most comparisons in a filter, in-lists counted value by value.'),
  'query.regexCharactersMax': integer(256, 1, 4_096, 'Longest pattern of a REGEX filter.'),
  'paging.keyPath': text(
    null,
    'File with the key that page tokens are signed with, made when it is not there; `paging.key` in the data folder when not set. Gateways that share it understand each other.',
  ),
  'paging.keptBytesMax': integer(
    DEFAULT_PAGING_LIMITS.keptBytesMax,
    1,
    64 * 1024 * MIB,
    'Memory for answers whose next pages may be asked for.',
  ),
  'paging.keptMs': integer(
    DEFAULT_PAGING_LIMITS.keptMs,
    1_000,
    86_400_000,
    'How long a page token of /query is good, and its answer kept at most.',
  ),
  'discovery.resourcesPerTargetMax': integer(
    DEFAULT_DISCOVERY_LIMITS.resourcesPerTargetMax,
    1,
    1_000,
    'Most resources in one scrape target of /discovery.',
  ),
  'discovery.resourcesMax': integer(
    DEFAULT_DISCOVERY_LIMITS.resourcesMax,
    1,
    1_000_000,
    'Most resources of one type that /discovery offers; more are refused, not cut.',
  ),
  'watch.periodMsMin': integer(
    1_000,
    1,
    3_600_000,
    'Shortest time between two askings of one watched question (stream, subscriptions).',
  ),
  'watch.tailPeriodMs': integer(
    10_000,
    10,
    3_600_000,
    'Time between askings of a watched question whose raw data or newest buckets may change unseen.',
  ),
  'watch.questionsMax': integer(1_000, 1, 1_000_000, 'Different questions watched at a time.'),
  'watch.watchersMax': integer(10_000, 1, 1_000_000, 'Readers of watched questions at a time.'),
  'watch.valuesMax': integer(5_000_000, 1, 1_000_000_000, 'Values of the newest answers of all watched questions.'),
  ...streamKeys(),
  'export.seriesMax': integer(
    60_000,
    1,
    10_000_000,
    'Series of one metric in one export; the rest is counted in laneway_export_truncated.',
  ),
  'export.lookbackMsMax': integer(
    900_000,
    60_000,
    86_400_000,
    'How far back an export reaches with since or lookback.',
  ),
  'export.keptBytesMax': integer(
    256 * MIB,
    1 * MIB,
    64 * 1024 * MIB,
    'Settled values kept for export; beyond, the oldest buckets go, but never the newest of a metric.',
  ),
  'export.renderedBytesMax': integer(
    256 * MIB,
    1 * MIB,
    64 * 1024 * MIB,
    'Finished exports kept as bytes; one longer than a quarter of this is encoded anew for each scrape.',
  ),
  'export.idleMsMax': integer(
    3_600_000,
    60_000,
    604_800_000,
    'Totals of a series without points, and what nobody exports any more, are forgotten after this time.',
  ),
  'lanes.slots': integer(
    DEFAULT_LANES.slots,
    2,
    1_000,
    'Upstream calls in flight for hot, slow and background together.',
  ),
  'lanes.hotRowsMax': integer(DEFAULT_LANES.hotRowsMax, 1, 1e12, 'Estimated rows up to which a question is hot.'),
  'lanes.hot.queueMax': integer(DEFAULT_LANES.hot.queueMax, 1, 100_000, 'Questions that may wait in the hot lane.'),
  'lanes.hot.deadlineMs': integer(
    DEFAULT_LANES.hot.deadlineMs,
    10,
    600_000,
    'Longest time to the answer of a hot question.',
  ),
  'lanes.slow.slots': integer(DEFAULT_LANES.slow.slots, 1, 500, 'Slots slow may use: at most half of lanes.slots.'),
  'lanes.slow.queueMax': integer(DEFAULT_LANES.slow.queueMax, 1, 100_000, 'Questions that may wait in the slow lane.'),
  'lanes.slow.deadlineMs': integer(
    DEFAULT_LANES.slow.deadlineMs,
    10,
    3_600_000,
    'Longest time to the answer of a slow question.',
  ),
  'lanes.rollup.slots': integer(DEFAULT_LANES.rollup.slots, 1, 500, 'Slots of the roll-ups, their own.'),
  'lanes.rollup.queueMax': integer(DEFAULT_LANES.rollup.queueMax, 1, 100_000, 'Roll-up questions that may wait.'),
  'lanes.rollup.deadlineMs': integer(
    DEFAULT_LANES.rollup.deadlineMs,
    10,
    3_600_000,
    'Longest time of one roll-up question.',
  ),
  'lanes.background.queueMax': integer(
    DEFAULT_LANES.background.queueMax,
    1,
    100_000,
    'Background questions that may wait.',
  ),
  'lanes.background.deadlineMs': integer(
    DEFAULT_LANES.background.deadlineMs,
    10,
    3_600_000,
    'Longest time of a background question.',
  ),
  ...graphqlKeys(),
  'log.level': text('info', 'Level of the service log: trace, debug, info, warn, error or silent.', 'log-level'),
} as const satisfies Record<string, KeyDefinition>

export type ConfigKey = keyof typeof CONFIG_KEYS
type Definition<K extends ConfigKey> = (typeof CONFIG_KEYS)[K]
type Kinds = { text: string; integer: number; boolean: boolean; list: readonly string[] }
type ValueOf<K extends ConfigKey> =
  | Kinds[Definition<K>['kind']]
  | (Definition<K>['fallback'] extends null ? null : never)

/** The effective configuration: flat, frozen, by full key name. */
export type Config = { readonly [K in ConfigKey]: ValueOf<K> }
