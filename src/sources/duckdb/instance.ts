import { rmSync, statSync } from 'node:fs'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { LanewayError } from '../../model/errors.ts'
import { messageOf } from './failure.ts'

export interface InstanceOptions {
  /** The database file; its folder exists. */
  readonly path: string
  readonly memoryBytesMax: number
  /** Size of the log of changes at which a commit folds it into the file. */
  readonly walBytesMax?: number
}

const WAL_BYTES_MAX = 16 * 1024 * 1024

/** Bytes that queries larger than memory may put beside the file, as a multiple of the memory. */
const SPILL_FACTOR = 8
/** A database in memory, attached under this name to the instance that is in use: a second owner trips over it. */
const OWNER = 'laneway_owner'

/**
 * One thread: sums of doubles come out the same every time. Nothing is loaded from elsewhere, and no statement can
 * reach another file or change a setting. (The folder for spilling must be named before files are closed off.)
 */
const settingsOf = ({
  path,
  memoryBytesMax,
  walBytesMax = WAL_BYTES_MAX,
}: InstanceOptions): Record<string, string> => ({
  threads: '1',
  memory_limit: `${memoryBytesMax}B`,
  temp_directory: `${path}.tmp`,
  max_temp_directory_size: `${memoryBytesMax * SPILL_FACTOR}B`,
  checkpoint_threshold: `${walBytesMax}B`,
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  enable_external_access: 'false',
  lock_configuration: 'true',
})

export interface OpenInstance {
  readonly instance: DuckDBInstance
  /** The first connection; it holds the claim. */
  readonly connection: DuckDBConnection
}

/** Opens the file for this owner alone. Errors: DATA_FOLDER_LOCKED, DATA_FOLDER_DAMAGED. */
export async function openInstance(options: InstanceOptions): Promise<OpenInstance> {
  let instance: DuckDBInstance
  dropEmpty(options.path)
  try {
    instance = await DuckDBInstance.fromCache(options.path, settingsOf(options))
  } catch (error) {
    throw isLocked(error) ? locked(options.path, error) : damaged(options.path, messageOf(error), error)
  }
  const connection = await instance.connect()
  try {
    await connection.run(`ATTACH ':memory:' AS ${OWNER}`)
  } catch (error) {
    connection.closeSync()
    instance.closeSync()
    throw locked(options.path, error)
  }
  return { instance, connection }
}

/** A kill during the very first start may leave a file without a byte; there is nothing in it to keep. */
function dropEmpty(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.size === 0) rmSync(path)
}

/** Another process holds the file's lock, or this one has it open with other settings. */
const isLocked = (error: unknown): boolean =>
  /Could not set lock on file|different configuration than existing connections/.test(messageOf(error))

const locked = (path: string, cause: unknown): LanewayError =>
  new LanewayError('DATA_FOLDER_LOCKED', {
    detail: `${path} is open elsewhere${holderIn(messageOf(cause))}`,
    cause,
  })

/** ` by process 42`, where the message names it. */
function holderIn(message: string): string {
  const holder = /\(PID (\d+)\)/.exec(message)?.[1]
  return holder === undefined ? '' : ` by process ${holder}`
}

export const damaged = (path: string, why: string, cause?: unknown): LanewayError =>
  new LanewayError('DATA_FOLDER_DAMAGED', { detail: `${path} cannot be used: ${why}`, cause })
