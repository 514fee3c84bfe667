import { INTAKE_LIMITS } from './ingest/otlp/limits.ts'
import { DEFAULT_LANES } from './lanes/options.ts'

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
