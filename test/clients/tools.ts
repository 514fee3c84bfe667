import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

const CACHE = resolve('.cache/clients')

/** The outside clients as scripts/clients-setup.sh lays them. */
export const TOOLS = {
  prometheus: '/usr/bin/prometheus',
  promtool: '/usr/bin/promtool',
  python: `${CACHE}/python/bin/python`,
  schemathesis: `${CACHE}/python/bin/schemathesis`,
  telemetrygen: `${CACHE}/bin/telemetrygen`,
} as const

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly input?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** Runs a program to its end, the gateway of this process answering meanwhile. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { input = '', env = {}, cwd = process.cwd() } = options
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // a program that does not read to the end of its input is judged by what it says
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? -1, out: Buffer.concat(out).toString('utf8'), err: Buffer.concat(err).toString('utf8') }
}
