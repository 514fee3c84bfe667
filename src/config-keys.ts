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

/** Every key there is; docs/configuration.md is generated from this table. Units stand last in the name. */
export const CONFIG_KEYS = {
  'http.host': text('127.0.0.1', 'Address to listen on. Beyond loopback every request needs a key.', 'host'),
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
  'keys.path': text(null, 'File of API keys, one `id:hash:role,role` a line (see `laneway keys`).', 'keys'),
  'data.path': text('./laneway-data', 'Folder of the embedded parts: raw data, log, snapshot.', 'data'),
  'catalog.paths': list(['./catalog'], 'Catalog files or folders, one dataset a file.', 'catalog'),
  'catalog.strictDatasets': boolean(false, 'Refuse points of datasets that no catalog file defines.'),
  'catalog.metricsMax': integer(
    10_000,
    1,
    1_000_000,
    'Most metrics a dataset may have, self-registered ones included.',
  ),
  'intake.bodyBytesMax': integer(8 * MIB, 1024, 256 * MIB, 'Largest OTLP body as sent.'),
  'intake.inflatedBytesMax': integer(64 * MIB, 1024, 1024 * MIB, 'Largest OTLP body after decompression.'),
  'intake.pointsWaitingMax': integer(
    1_000_000,
    1,
    100_000_000,
    'Points that may wait for a commit; beyond, senders are told to come back.',
  ),
  'intake.commitPeriodMs': integer(20, 1, 10_000, 'Longest time a point waits for others to share its commit.'),
  'intake.commitPointsMax': integer(1_000, 1, 1_000_000, 'Points after which a commit starts at once.'),
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
  'lanes.slots': integer(4, 2, 1_000, 'Upstream calls in flight for hot, slow and background together.'),
  'lanes.hotRowsMax': integer(500_000, 1, 1e12, 'Estimated rows up to which a question is hot.'),
  'lanes.hot.queueMax': integer(256, 1, 100_000, 'Questions that may wait in the hot lane.'),
  'lanes.hot.deadlineMs': integer(2_000, 10, 600_000, 'Longest time to the answer of a hot question.'),
  'lanes.slow.slots': integer(1, 1, 500, 'Slots slow may use: at most half of lanes.slots.'),
  'lanes.slow.queueMax': integer(64, 1, 100_000, 'Questions that may wait in the slow lane.'),
  'lanes.slow.deadlineMs': integer(30_000, 10, 3_600_000, 'Longest time to the answer of a slow question.'),
  'lanes.rollup.slots': integer(1, 1, 500, 'Slots of the roll-ups, their own.'),
  'lanes.rollup.deadlineMs': integer(60_000, 10, 3_600_000, 'Longest time of one roll-up question.'),
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
