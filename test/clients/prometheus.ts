import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TOOLS } from './tools.ts'

export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  /** Oldest first: seconds, and the value as text. */
  readonly values: readonly (readonly [number, string])[]
}

export interface Prometheus {
  readonly url: string
  /** What an expression with a range in brackets selects, as it was scraped. */
  select(expression: string): Promise<readonly Sample[]>
  targets(): Promise<readonly Target[]>
  /** Its own counters: name with labels ▸ value. */
  ownMetrics(): Promise<ReadonlyMap<string, number>>
  close(): Promise<void>
}

export interface Target {
  readonly labels: Readonly<Record<string, string>>
  readonly discoveredLabels: Readonly<Record<string, string>>
  readonly scrapeUrl: string
  readonly health: string
  readonly lastError: string
}

/** A Prometheus of its own on a free port, in a folder of its own, its rules copied from another. */
export async function startPrometheus(config: string, rules?: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'laneway-prometheus-'))
  if (rules !== undefined) cpSync(rules, folder, { recursive: true })
  const path = join(folder, 'prometheus.yml')
  writeFileSync(path, config)
  const address = `127.0.0.1:${await freePort()}`
  const args = [
    `--config.file=${path}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
  ]
  const child = spawn(TOOLS.prometheus, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const said: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))
  const url = `http://${address}`
  await ready(child, url, said)
  return {
    url,
    async select(expression) {
      const { result } = await read<Selected>(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`)
      return result.map(({ metric, values }) => ({ labels: metric, values }))
    },
    targets: async () => (await read<{ activeTargets: Target[] }>(`${url}/api/v1/targets?state=active`)).activeTargets,
    ownMetrics: async () => countersIn(await (await fetch(`${url}/metrics`)).text()),
    async close() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Selected {
  readonly result: readonly { readonly metric: Sample['labels']; readonly values: Sample['values'] }[]
}

const read = async <T>(url: string): Promise<T> => ((await (await fetch(url)).json()) as { data: T }).data

async function ready(child: ChildProcess, url: string, said: readonly string[]): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}:\n${said.join('')}`)
    if (await isReady(url)) return
    await sleep(100)
  }
}

const isReady = async (url: string): Promise<boolean> =>
  await fetch(`${url}/-/ready`).then(
    ({ ok }) => ok,
    () => false,
  )

const countersIn = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export interface Forwarder {
  readonly host: string
  /** Content types that were answered. */
  readonly types: ReadonlySet<string>
  close(): Promise<void>
}

/**
 * Hands requests on with another Accept. Prometheus always prefers OpenMetrics; older scrapers, and agents that speak for
 * it, ask for text 0.0.4.
 */
export async function forwarder(to: string, accept: string): Promise<Forwarder> {
  const types = new Set<string>()
  const server: Server = createServer(async (request, response) => {
    const answer = await fetch(`${to}${request.url}`, { headers: { accept } })
    types.add(answer.headers.get('content-type') ?? '')
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    response.end(Buffer.from(await answer.arrayBuffer()))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    types,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
