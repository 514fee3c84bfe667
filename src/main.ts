import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiServer } from './api/build-api.ts'
import { PushTable } from './cache/push/push-table.ts'
import { Registry } from './catalog/registry.ts'
import type { Config } from './config-keys.ts'
import {
  embeddedTopics,
  intakeLimitsOf,
  lanesOf,
  pagingLimitsOf,
  queryLimitsOf,
  registryLimitsOf,
  settledLimitsOf,
  watchLimitsOf,
} from './config-parts.ts'
import { type FrontDoor, openFrontDoor } from './front-door.ts'
import { openPushApply, type PushApply } from './ingest/apply.ts'
import { LogDescriptorStore } from './ingest/descriptor-store.ts'
import { type EmbeddedLog, openEmbeddedLog } from './ingest/log/embedded/open.ts'
import { openIntake, type RunningIntake } from './ingest/otlp/open.ts'
import { Lanes } from './lanes/lanes.ts'
import { topicNames } from './model/topics.ts'
import { gaugesOf } from './own-gauges.ts'
import { createEngine, type Engine } from './planner/engine.ts'
import type { CatalogView } from './ports/catalog.ts'
import type { Clock } from './ports/clock.ts'
import type { Arrivals } from './ports/raw.ts'
import { openTaskManager, type TaskManager } from './rollup/task-manager.ts'
import { runWorker } from './rollup/worker.ts'
import { type DuckDbStore, openDuckDb } from './sources/duckdb/open.ts'
import { PushSource } from './sources/push/push-source.ts'
import { openLog } from './telemetry/log.ts'
import { openTelemetry } from './telemetry/telemetry.ts'

export interface World {
  readonly clock: Clock
  /** Only for the control run of the kill test, which must fail with it (see PushTableOptions). */
  readonly ignoreEpochs?: boolean
  /** Where log lines go; standard output unless given. */
  readonly logTo?: { write(line: string): void }
}

/** A running Laneway on embedded parts: everything in one process and one data folder. */
export interface Laneway extends FrontDoor {
  readonly app: ApiServer
  readonly engine: Engine
  readonly intake: RunningIntake
  readonly catalog: CatalogView
  readonly store: DuckDbStore
  readonly table: PushTable
  readonly log: EmbeddedLog
  /** Resolves when, at the clock's current moment, every roll-up that is due is done and visible. */
  idle(): Promise<void>
  /** Commits what was accepted, writes the snapshot, closes files. */
  close(): Promise<void>
}

const MAINTENANCE_PERIOD_MS = 60_000
const POLL_MS = 5
const TOPIC_PREFIX = 'laneway.'

/**
 * Connects the parts, from the files up to the front door. Errors: CATALOG_INVALID, CONFIG_INVALID,
 * DATA_FOLDER_LOCKED, DATA_FOLDER_DAMAGED; whatever was opened by then is closed again.
 */
export async function openLaneway(config: Config, world: World): Promise<Laneway> {
  const opened = new AsyncDisposableStack()
  try {
    return await compose(config, world, opened)
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
}

async function compose(config: Config, world: World, opened: AsyncDisposableStack): Promise<Laneway> {
  const { clock } = world
  const folder = config['data.path']
  mkdirSync(folder, { recursive: true })
  const log = openEmbeddedLog({ path: join(folder, 'log.sqlite'), clock, topics: embeddedTopics(TOPIC_PREFIX, config) })
  opened.defer(() => log.close())
  const catalog = await openRegistry(config, log)
  const { store, intake } = await openRaw(config, clock, catalog)
  opened.defer(() => store.close())
  const { table, apply } = openPush(config, world, { log, catalog })
  opened.defer(() => apply.close())

  const lanes = new Lanes(lanesOf(config), clock)
  const engine = createEngine({
    sources: [new PushSource({ table, appliedMs: () => apply.appliedMs() }), store.source],
    places: [
      { source: 'push', serves: 'rollups' },
      { source: 'duckdb', serves: 'raw' },
    ],
    catalog,
    lanes,
    clock,
    limits: queryLimitsOf(config),
    changes: table,
    paging: pagingLimitsOf(config),
    watch: watchLimitsOf(config),
    settled: settledLimitsOf(config),
  })

  const pipeline = openPipeline(config, clock, { log, catalog, store, engine, apply })
  opened.defer(() => pipeline.stop())
  opened.defer(() => intake.close())
  const logger = openLog(config['log.level'], world.logTo)
  const gauges = gaugesOf({ table, apply, lanes, store, intake, manager: pipeline.manager })
  const telemetry = openTelemetry({ clock, gauges })
  opened.defer(() => telemetry.close())
  const health = [store.health, log.health, apply.health, pipeline.manager.health]
  const door = await openFrontDoor(config, { engine, catalog, intake, health, telemetry, logger, clock })
  opened.defer(() => door.close())

  opened.defer(startMaintenance({ clock, log, store }))
  await pipeline.start()
  return {
    ...door,
    engine,
    intake,
    catalog,
    store,
    table,
    log,
    idle: () => pipeline.idle(),
    close: () => opened.disposeAsync(),
  }
}

async function openRegistry(config: Config, log: EmbeddedLog): Promise<Registry> {
  const topic = topicNames(TOPIC_PREFIX).descriptors
  const store = new LogDescriptorStore({ tail: log.tail(topic), writer: log.writer, topic })
  return await Registry.open({ paths: config['catalog.paths'], store, ...registryLimitsOf(config) })
}

/** Raw shows everything that arrived before its oldest point that still waits, so store and intake need each other. */
async function openRaw(config: Config, clock: Clock, registry: Registry) {
  const arrivals: { book: Arrivals | null } = { book: null }
  let asOfMs = 0
  const asOf = () => (asOfMs = Math.max(asOfMs, arrivals.book?.oldestWaitingMs() ?? clock()))
  const store = await openDuckDb({
    path: join(config['data.path'], 'raw.duckdb'),
    memoryBytesMax: config['duckdb.memoryBytesMax'],
    clock,
    asOf,
    catalog: registry,
  })
  try {
    const intake = await openIntake({
      writer: store.writer,
      registrar: registry,
      clock,
      limits: intakeLimitsOf(config),
    })
    arrivals.book = intake
    return { store, intake }
  } catch (error) {
    await store.close()
    throw error
  }
}

function openPush(config: Config, world: World, parts: { log: EmbeddedLog; catalog: CatalogView }) {
  const { clock, ignoreEpochs = false } = world
  const table = new PushTable({ bytesMax: config['push.bytesMax'], ignoreEpochs })
  const apply = openPushApply({
    table,
    tail: parts.log.tail(topicNames(TOPIC_PREFIX).aggregates),
    catalog: parts.catalog,
    snapshotPath: join(config['data.path'], 'push.snapshot'),
    clock,
    snapshotPeriodMs: config['push.snapshotPeriodMs'],
    bootstrapMsMax: config['push.bootstrapMsMax'],
  })
  return { table, apply }
}

interface Pipeline {
  readonly manager: TaskManager
  start(): Promise<void>
  idle(): Promise<void>
  stop(): Promise<void>
}

interface PipelineParts {
  readonly log: EmbeddedLog
  readonly catalog: CatalogView
  readonly store: DuckDbStore
  readonly engine: Engine
  readonly apply: PushApply
}

/** Task manager, worker and the reader of their records; they start in the order in which they need each other. */
function openPipeline(config: Config, clock: Clock, { log, catalog, store, engine, apply }: PipelineParts): Pipeline {
  const topics = topicNames(TOPIC_PREFIX)
  const partitions = { tasks: config['log.partitions'], aggregates: config['log.partitions'] }
  const ended = new AbortController()
  const { writer } = log
  const manager = openTaskManager({
    catalog,
    chunks: store.chunks,
    writer,
    stateTail: log.tail(topics.taskState),
    topics,
    partitions,
    clock,
  })
  let working: Promise<void> = Promise.resolve()
  return {
    manager,
    async start() {
      apply.start(ended.signal)
      await manager.start(ended.signal)
      working = runWorker({ group: log.group, engine, catalog, topics, partitions, clock }, ended.signal)
    },
    async idle() {
      await apply.bootstrapped
      do {
        await manager.tick()
        while (manager.outstanding() > 0) await sleep(POLL_MS)
        await apply.caughtUp()
      } while (manager.due() && !ended.signal.aborted)
    },
    async stop() {
      ended.abort()
      await working
    },
  }
}

function startMaintenance({ clock, log, store }: { clock: Clock; log: EmbeddedLog; store: DuckDbStore }): () => void {
  const timer = setInterval(() => {
    log.maintain(clock())
    void store.expire(clock()).catch(() => undefined)
  }, MAINTENANCE_PERIOD_MS)
  return () => clearInterval(timer)
}
