import { existsSync, statSync } from 'node:fs'
import { access, constants, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { loadStaticKeys } from '../../api/static-keys.ts'
import { loadCatalogFiles } from '../../catalog/catalog-files.ts'
import type { EffectiveConfig } from '../../config.ts'
import type { Config } from '../../config-keys.ts'
import { isLoopbackHost } from '../../guards.ts'
import { LanewayError, LanewayErrors } from '../../model/errors.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const NODE_NEEDED = 24
const MIB = 1024 * 1024
const FREE_BYTES_FAIL = 100 * MIB
const FREE_BYTES_WARN = 1024 * MIB
/** Bits of a file's mode that let anybody but its owner read or write. */
const OTHERS = 0o077

export function checkNode(version: string): Finding {
  if (Number(version.replace(/^v/, '').split('.')[0]) >= NODE_NEEDED) return ok('node', version)
  return fail(
    'node',
    `${version}, Laneway needs ${NODE_NEEDED}`,
    `npm ci brings Node ${NODE_NEEDED} on Linux; elsewhere install it`,
  )
}

export function checkConfig({ origins }: EffectiveConfig): Finding {
  const said = Object.entries(origins).filter(([, origin]) => origin !== 'default')
  if (said.length === 0) return ok('configuration', 'defaults only')
  return ok('configuration', `${said.length} keys set: ${said.map(([key, origin]) => `${key} (${origin})`).join(', ')}`)
}

/** Every problem of a configuration or catalog, one finding each. */
export function problemsOf(name: string, error: unknown): Finding[] {
  const errors = error instanceof LanewayErrors ? error.errors : [error]
  return errors.map((each) =>
    each instanceof LanewayError ? fail(name, each.message, each.hint) : fail(name, messageOf(each), 'see the message'),
  )
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export function checkCatalog(config: Config): Finding[] {
  try {
    const { datasets } = loadCatalogFiles(config['catalog.paths'])
    const counts = [...datasets.values()].map(
      ({ name, metrics, rollups }) => `${name} (${metrics.size} metrics, ${rollups.size} rollups)`,
    )
    if (counts.length > 0) return [ok('catalog', counts.join(', '))]
    const fix = 'fine when datasets shall register themselves; else name files with --catalog'
    return [warn('catalog', `no dataset in ${config['catalog.paths'].join(', ')}`, fix)]
  } catch (error) {
    return problemsOf('catalog', error)
  }
}

export function checkKeys(config: Config): Finding[] {
  const path = config['keys.path']
  const isOpen = !isLoopbackHost(config['http.host'])
  if (path === null) return [withoutKeys(config, isOpen)]
  try {
    const { callers } = loadStaticKeys(path)
    const mode = statSync(path).mode & 0o777
    const loaded = ok('keys', `${callers.length} in ${path}`)
    if ((mode & OTHERS) === 0) return [loaded]
    return [warn('keys', `${path} is open to others (mode ${mode.toString(8)})`, `chmod 600 ${path}`)]
  } catch (error) {
    return problemsOf('keys', error)
  }
}

function withoutKeys(config: Config, isOpen: boolean): Finding {
  if (config['auth.jwt.issuer'] !== null) return ok('keys', `tokens of ${config['auth.jwt.issuer']}`)
  if (!isOpen) return ok('keys', `none needed: ${config['http.host']} is loopback`)
  const where = `http.host ${config['http.host']} lies beyond loopback`
  if (config['http.anonymous'])
    return warn('keys', `${where} and everyone may ask`, 'set keys.path, unset http.anonymous')
  return fail('keys', `${where} and keys.path is not set`, 'make a key with "laneway keys add" and set keys.path')
}

export async function checkFolder(config: Config): Promise<Finding[]> {
  const folder = resolve(config['data.path'])
  const there = nearest(folder)
  try {
    await access(there, constants.W_OK | constants.X_OK)
  } catch {
    return [
      fail('data', `${there} cannot be written by this user`, 'name another folder with --data, or change its owner'),
    ]
  }
  const { bavail, bsize } = await statfs(there)
  const free = space(bavail * bsize, folder)
  return [there === folder ? ok('data', `${folder}, writable`) : ok('data', `${folder} will be made`), free]
}

/** The folder itself, or the first above it that is there. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder))
}

function space(bytes: number, folder: string): Finding {
  const detail = `${Math.floor(bytes / MIB)} MiB free`
  const fix = `free space where ${folder} lies, or name another folder with --data`
  if (bytes < FREE_BYTES_FAIL) return fail('disk', detail, fix)
  return bytes < FREE_BYTES_WARN ? warn('disk', detail, fix) : ok('disk', detail)
}

/** Files that are there, each opened as the gateway opens it and closed again. */
export async function checkFiles(config: Config, clock: () => number): Promise<Finding[]> {
  const folder = config['data.path']
  const found: Finding[] = []
  for (const [name, open] of await openers(config, clock)) {
    const path = join(folder, name)
    if (existsSync(path)) found.push(await checkFile(name, () => open(path)))
  }
  return found
}

type Opener = (path: string) => Promise<string>

/** What each says of itself. Loaded only here, for the stores are most of what a start loads. */
async function openers(config: Config, clock: () => number): Promise<[string, Opener][]> {
  const [{ openEmbeddedLog }, { Database }, { readSnapshotFile }] = await Promise.all([
    import('../../ingest/log/embedded/open.ts'),
    import('../../sources/duckdb/database.ts'),
    import('../../ingest/snapshot-file.ts'),
  ])
  return [
    [
      'raw.duckdb',
      async (path) => {
        const database = await Database.open({ path, memoryBytesMax: config['duckdb.memoryBytesMax'] })
        await database.close()
        return 'opens, of the schema this Laneway reads'
      },
    ],
    [
      'log.sqlite',
      async (path) => {
        await openEmbeddedLog({ path, clock, topics: [] }).close()
        return 'opens, of the layout this Laneway reads'
      },
    ],
    [
      'push.snapshot',
      async (path) => {
        const snapshot = await readSnapshotFile(path)
        return `whole, of ${new Date(snapshot!.appliedMs).toISOString()}`
      },
    ],
  ]
}

async function checkFile(name: string, open: () => Promise<string>): Promise<Finding> {
  try {
    return ok(name, await open())
  } catch (error) {
    if (!(error instanceof LanewayError)) return fail(name, messageOf(error), 'see the message')
    if (error.code === 'DATA_FOLDER_LOCKED') return ok(name, 'in use by a process that runs; not looked into')
    if (error.code === 'SNAPSHOT_DAMAGED') return warn(name, error.message, error.hint)
    return fail(name, error.message, error.hint)
  }
}

/** Whether the port is free; what takes it is asked by `checkGateway`. */
export async function isFree(host: string, port: number): Promise<boolean | string> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    return code === 'EADDRINUSE' ? false : code
  } finally {
    server.close()
  }
}

export async function checkPort(name: string, host: string, port: number): Promise<Finding> {
  const free = port === 0 ? true : await isFree(host, port)
  if (free === true) return ok(name, port === 0 ? 'any free one' : `${host}:${port} is free`)
  if (free !== false)
    return fail(name, `${host}:${port} cannot be listened on (${free})`, 'name another --host or --port')
  if (await isLaneway(urlOf(host, port))) return ok(name, `${host}:${port} is taken by a Laneway that answers`)
  return fail(name, `${host}:${port} is taken by another process`, `stop it, or name another --port`)
}

/** Where this machine reaches what listens on the host: on any address also on loopback. */
export function urlOf(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

const ANSWER_MS_MAX = 2000

async function isLaneway(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
    // A port for OTLP alone has no health, but answers like a Laneway all the same.
    return (
      response.headers.has('x-request-id') &&
      response.headers.get('content-type')?.startsWith('application/json') === true
    )
  } catch {
    return false
  }
}
